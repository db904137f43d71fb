#!/usr/bin/env bash
# Builds the transformer's, the runtime's and the load test's image, labelled with version and commit, and prints their names.
# CONTAINER_TOOL: docker (the default), podman, buildah, or any command that takes `build -t NAME -f FILE CONTEXT`;
# IMAGE_PREFIX: what stands before the names, such as a registry and folder with a slash; RUNTIME_IMAGE: another name for
# the runtime's image, such as the one that a ClusterServingRuntime asks for; PLATFORM: linux/amd64 or linux/arm64
# (default: this machine's).
# Where KUBECONFIG is set and the test cluster's scripts lie beside the repository, images go into that cluster.
set -euo pipefail
cd "$(dirname "$0")/.."
cluster=../shared/cluster/cluster
if [ -z "${CONTAINER_TOOL:-}" ] && [ -n "${KUBECONFIG:-}" ] && [ -x "$cluster" ]; then
    CONTAINER_TOOL="$cluster image"
    : "${IMAGE_PREFIX:=localhost/}" "${RUNTIME_IMAGE:=kserve/xgbserver:v0.20.0}"
fi
read -ra tool <<<"${CONTAINER_TOOL:-docker}"
command -v "${tool[0]}" >/dev/null || {
    echo "${tool[0]} is not installed: CONTAINER_TOOL names the program that builds images." >&2
    exit 1
}
version="$(sed -n 's/^version = "\(.*\)"$/\1/p' pyproject.toml)"
revision="$(git rev-parse HEAD)$(git diff --quiet HEAD || echo -dirty)"

build() { # build NAME DOCKERFILE
    "${tool[@]}" build ${PLATFORM:+--platform "$PLATFORM"} --build-arg "VERSION=$version" \
        --build-arg "REVISION=$revision" -t "$1" -f "$2" .
    echo "$1"
}
build "${IMAGE_PREFIX:-}flight-delay-transformer:$version" Dockerfile.transformer
build "${RUNTIME_IMAGE:-${IMAGE_PREFIX:-}flight-delay-xgbserver:$version}" model_server/Dockerfile
build "${IMAGE_PREFIX:-}flight-delay-loadtest:$version" loadtest/Dockerfile
