#!/usr/bin/env bash
# Brings the bundle in and takes it through its steps. Exits with 1 if it was rolled back: what was served stays.
. "$(dirname "$0")/common.sh"
bundle="$(result bundle)"
read -r challenger address <<<"$bundle"
read -r champion _ < <(python -m scripts.release.served "$namespace" "$release")
if [ "$challenger" = "$champion" ]; then
    say "$champion has all the traffic"
    exit 0
fi
options=(--namespace "$namespace" --release "$release" --chart "$out/chart.tgz")
python -m rollout start "$challenger" --bundle "$address" "${options[@]}" || exit $?
# shellcheck disable=SC2086
python -m rollout run "$challenger" "${options[@]}" --out "$out/rollout.html" ${ROLLOUT_ARGS:-} || exit $?
