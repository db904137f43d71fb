#!/usr/bin/env bash
# The tests on a cluster that has KServe (Standard mode), Envoy Gateway and a bundle store. It needs
#   KUBECONFIG             which cluster
#   STORAGE_EMULATOR_HOST  where gs:// bundles are uploaded to
#   PROMETHEUS_URL         a Prometheus that scrapes the pods
# and in the cluster the images localhost/flight-delay-transformer:<version> and kserve/xgbserver, from `make image`.
set -euo pipefail
cd "$(dirname "$0")/.."
for name in KUBECONFIG STORAGE_EMULATOR_HOST PROMETHEUS_URL; do
    [ -n "${!name:-}" ] || {
        echo "$name is not set: scripts/e2e.sh says what is needed." >&2
        exit 1
    }
done
PATH="$PWD/.venv/bin:$PATH" exec .venv/bin/python -m pytest -m cluster tests/e2e
