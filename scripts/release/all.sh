#!/usr/bin/env bash
# The whole way, from a commit and a table to a promoted version. Each step may be run again.
. "$(dirname "$0")/common.sh"
need REGISTRY BUCKET VALUES DATA
for step in image chart deploy bundle roll_out; do
    say "step $step"
    "scripts/release/$step.sh" || exit $?
done
say "done"
