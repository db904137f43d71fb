#!/usr/bin/env bash
# Scans the charts' manifests, the Dockerfiles, Terraform and the workflow with checkov, from an environment of its own:
# it pins old packages.
set -euo pipefail
cd "$(dirname "$0")/.."
PATH="$PWD/.venv/bin:$PATH"
lock=requirements/scan.txt
if ! cmp -s "$lock" .venv/installed-scan.txt; then
    uv venv --quiet --clear --python .venv/bin/python .venv/scan
    uv pip install --quiet --python .venv/scan/bin/python --require-hashes -r "$lock"
    cp "$lock" .venv/installed-scan.txt
fi
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
python -m scripts.scanned "$folder"
for scanned in "--framework kubernetes --directory $folder" \
    "--framework dockerfile --file Dockerfile.transformer model_server/Dockerfile loadtest/Dockerfile" \
    "--framework dockerfile --directory deploy/builder" \
    "--framework terraform --directory deploy/terraform" "--framework github_actions --directory .github"; do
    # shellcheck disable=SC2086
    .venv/scan/bin/checkov --config-file .checkov.yaml $scanned
done
echo "checkov: nothing that is not answered"
