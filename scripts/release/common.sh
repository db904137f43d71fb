# Sourced by every step of a release: where things are, and what must be set.
#   REGISTRY   address of the OCI registry, with its folder: REGION-docker.pkg.dev/PROJECT/flight-delay
#   BUCKET     name of the bucket that holds bundles, SBOMs and provenance
#   NAMESPACE  of the release (default: flight-delay)
#   VALUES     file with the environment's values for the chart; neither versions nor the image are in it
#   DATA       table of flights to train on
#   AGAIN      1: judge a bundle that was refused before once more
#   ROLLOUT_ARGS  further arguments of `rollout run`
#   COMMIT     what is released (default: HEAD); PLAIN_HTTP=1 for a registry without TLS
# shellcheck shell=bash
# Exit codes: 0 done, 1 refused or gone back to what was served, 2 nothing could be decided.
set -eEuo pipefail
trap 'exit 2' ERR
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
export PATH="$PWD/.venv/bin:$PATH"

need() { # need NAME...
    local name
    for name in "$@"; do
        [ -n "${!name:-}" ] || {
            echo "$name is not set: scripts/release/common.sh says what it is." >&2
            exit 2
        }
    done
}
result() { # result NAME: what an earlier step has left
    [ -f "$out/$1" ] || {
        echo "$out/$1 is not there: the step that writes it comes first." >&2
        exit 2
    }
    cat "$out/$1"
}
say() { echo "release: $*" >&2; }
refusal() { echo "gs://$BUCKET/refused/$1"; } # refusal VERSION: where it is noted
refuse() { # refuse VERSION CHAMPION: note it, and say so
    echo "$1" >"$out/refused"
    python -m scripts.release.bucket put "$out/refused" "$(refusal "$1")"
    say "$1 is refused: $2 stays"
}

namespace="${NAMESPACE:-flight-delay}"
release=flight-delay
commit="${COMMIT:-$(git rev-parse HEAD)}"
number="$(sed -n 's/^version = "\(.*\)"$/\1/p' pyproject.toml)"
version="$number-g${commit:0:12}"  # of image and chart: a commit has one
out="${RELEASE_OUT:-build/release}"
plain=()
[ -z "${PLAIN_HTTP:-}" ] || plain=(--plain-http)
mkdir -p "$out"
