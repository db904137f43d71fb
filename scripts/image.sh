#!/usr/bin/env bash
# Builds both images, labelled with version and commit.
# CONTAINER_TOOL: docker, podman or buildah; IMAGE_PREFIX: what stands before the names, such as a registry and folder
# with a slash; PLATFORM: linux/amd64 or linux/arm64 (default: this machine's).
set -euo pipefail
cd "$(dirname "$0")/.."
tool="${CONTAINER_TOOL:-docker}"
version="$(sed -n 's/^version = "\(.*\)"$/\1/p' pyproject.toml)"
revision="$(git rev-parse HEAD)$(git diff --quiet HEAD || echo -dirty)"
for image in transformer:Dockerfile.transformer xgbserver:model_server/Dockerfile; do
    name="${IMAGE_PREFIX:-}flight-delay-${image%%:*}:$version"
    "$tool" build ${PLATFORM:+--platform "$PLATFORM"} --build-arg "VERSION=$version" --build-arg "REVISION=$revision" \
        --tag "$name" --file "${image#*:}" .
    echo "$name"
done
