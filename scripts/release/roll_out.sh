#!/usr/bin/env bash
# Brings the bundle in and takes it through its steps. Exits with 1 if it was rolled back: what was served stays.
. "$(dirname "$0")/common.sh"
need BUCKET
bundle="$(result bundle)"
read -r challenger address <<<"$bundle"
read -r champion _ < <(python -m scripts.release.served "$namespace" "$release")
if [ "$challenger" = "$champion" ]; then
    say "$champion has all the traffic"
    exit 0
fi
options=(--namespace "$namespace" --release "$release" --chart "$out/chart.tgz")
refused_or() { # refused_or CODE: what to leave, and exit with
    [ "$1" -ne 1 ] || refuse "$challenger" "$champion"
    exit "$1"
}
python -m rollout start "$challenger" --bundle "$address" "${options[@]}" || refused_or $?
# shellcheck disable=SC2086
python -m rollout run "$challenger" "${options[@]}" --out "$out/rollout.html" ${ROLLOUT_ARGS:-} || refused_or $?
