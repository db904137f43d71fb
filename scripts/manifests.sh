#!/usr/bin/env bash
# Renders k8s/ from the chart: a file per object kind, for `kubectl apply -k`. usage: scripts/manifests.sh [FOLDER]
set -euo pipefail
cd "$(dirname "$0")/.."
PATH="$PWD/.venv/bin:$PATH"
out="${1:-k8s}"
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT

render() { # render FOLDER [HELM OPTION]...
    local to="$1" file
    shift
    helm template flight-delay helm/flight-delay --namespace flight-delay --values k8s/values.yaml --skip-tests \
        "$@" --output-dir "$folder/$to" >/dev/null
    rm -rf "${out:?}/$to"
    mkdir -p "$out/$to"
    {
        echo "# Rendered from helm/flight-delay by \`make manifests\`: change the chart or k8s/values.yaml, not this."
        echo "apiVersion: kustomize.config.k8s.io/v1beta1"
        echo "kind: Kustomization"
        echo "namespace: flight-delay"
        echo "resources:"
    } >"$out/$to/kustomization.yaml"
    for file in "$folder/$to"/flight-delay/templates/*.yaml; do
        # who applies these is not Helm
        sed '/^ *app.kubernetes.io\/managed-by: Helm$/d' "$file" >"$out/$to/${file##*/}"
        echo "  - ${file##*/}" >>"$out/$to/kustomization.yaml"
    done
}
render base
render gke --values helm/flight-delay/values-gke.yaml
