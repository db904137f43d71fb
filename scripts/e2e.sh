#!/usr/bin/env bash
# The tests on a cluster that has KServe (Standard mode), Envoy Gateway and a bundle store. It needs
#   KUBECONFIG             which cluster
#   STORAGE_EMULATOR_HOST  where gs:// bundles are uploaded to
#   PROMETHEUS_URL         a Prometheus that scrapes the pods
#   REGISTRY               an OCI registry without TLS, at the same address from here and from the nodes
#   PROMETHEUS_IN_CLUSTER  where KEDA in the cluster finds Prometheus, if not in the namespace monitoring
# and in the cluster the images localhost/flight-delay-transformer:<version> and kserve/xgbserver, from `make image`.
# What is given goes on to pytest: scripts/e2e.sh tests/e2e/test_tokens.py
set -euo pipefail
cd "$(dirname "$0")/.."
for name in KUBECONFIG STORAGE_EMULATOR_HOST PROMETHEUS_URL REGISTRY; do
    [ -n "${!name:-}" ] || {
        echo "$name is not set: scripts/e2e.sh says what is needed." >&2
        exit 1
    }
done
export PATH="$PWD/.venv/bin:$PATH"
if [ $# -gt 0 ]; then
    exec python -m pytest -m cluster "$@"
fi
# Most of them wait most of the time. A rollout judges latencies, and a release builds images: each has the cluster for
# itself. Of the others the longest begin first: one that came last would be waited for alone.
alone=(tests/e2e/test_{rollout,release}.py)
longest=(tests/e2e/test_{rollout_killed,scaling_hpa,load,scaling_keda}.py)
mapfile -t rest < <(printf '%s\n' tests/e2e/test_*.py | grep --invert-match --line-regexp --fixed-strings \
    --file <(printf '%s\n' "${alone[@]}" "${longest[@]}"))
python -m pytest -m cluster "${longest[@]}" "${rest[@]}" \
    --numprocesses 4 --dist loadscope --no-loadscope-reorder --durations 10
python -m pytest -m cluster "${alone[@]}" --durations 10
