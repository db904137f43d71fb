#!/usr/bin/env bash
# The tests on a cluster that has KServe (Standard mode), Envoy Gateway and a bundle store. It needs
#   KUBECONFIG             which cluster
#   STORAGE_EMULATOR_HOST  where gs:// bundles are uploaded to
#   PROMETHEUS_URL         a Prometheus that scrapes the pods
#   PROMETHEUS_IN_CLUSTER  where KEDA in the cluster finds Prometheus, if not in the namespace monitoring
# and in the cluster the images localhost/flight-delay-transformer:<version> and kserve/xgbserver, from `make image`.
# What is given goes on to pytest: scripts/e2e.sh -k tokens
set -euo pipefail
cd "$(dirname "$0")/.."
for name in KUBECONFIG STORAGE_EMULATOR_HOST PROMETHEUS_URL; do
    [ -n "${!name:-}" ] || {
        echo "$name is not set: scripts/e2e.sh says what is needed." >&2
        exit 1
    }
done
PATH="$PWD/.venv/bin:$PATH" exec .venv/bin/python -m pytest -m cluster tests/e2e \
    --numprocesses 3 --dist loadscope --durations 10 "$@"
