#!/usr/bin/env bash
# Fuzzes every target of tests/fuzz for its share of the seconds; stops at the first that finds something.
# usage: scripts/fuzz.sh SECONDS
set -euo pipefail
cd "$(dirname "$0")/.."
targets=(rest-bytes grpc-bytes field-text rest ways grpc field)
for target in "${targets[@]}"; do
    echo "fuzzing $target" >&2
    .venv/bin/python -m tests.fuzz "$target" "$((($1 + ${#targets[@]} - 1) / ${#targets[@]}))" 2>&1 | tail -n 12
done
