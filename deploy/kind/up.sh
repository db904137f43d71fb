#!/usr/bin/env bash
# A cluster for `make e2e` in Docker: kind with KServe in Standard mode, Envoy Gateway, KEDA, Prometheus, an imitation of
# Cloud Storage and an OCI registry, and the images of `make image` in it. It needs docker, kind, helm and kubectl.
# Prints, as NAME=VALUE, what scripts/e2e.sh asks for:  deploy/kind/up.sh >build/kind.env
# Away with it: kind delete cluster --name flight-delay
set -euo pipefail
cd "$(dirname "$0")/../.."
export PATH="$PATH:$PWD/.venv/bin"
version="$(sed -n 's/^version = "\(.*\)"$/\1/p' pyproject.toml)"
kserve=v0.20.0
{
    kind create cluster --name flight-delay --image kindest/node:v1.34.0 --wait 3m
    for image in transformer loadtest; do
        kind load docker-image --name flight-delay "localhost/flight-delay-$image:$version"
    done
    kind load docker-image --name flight-delay "kserve/xgbserver:$kserve"

    # Gateways get addresses out of the end of kind's own network, which this machine reaches.
    kubectl apply --filename https://raw.githubusercontent.com/metallb/metallb/v0.15.2/config/manifests/metallb-native.yaml
    kubectl --namespace metallb-system rollout status deployment/controller --timeout 3m
    network="$(docker network inspect kind --format '{{range .IPAM.Config}}{{println .Subnet}}{{end}}' | grep -F . | cut -d. -f1-2)"
    sed "s/NETWORK/$network/" deploy/kind/addresses.yaml | kubectl apply --filename -

    helm install cert-manager oci://quay.io/jetstack/charts/cert-manager --version v1.18.2 --namespace cert-manager \
        --create-namespace --set crds.enabled=true --wait
    helm install eg oci://docker.io/envoyproxy/gateway-helm --version v1.8.0 --namespace envoy-gateway-system \
        --create-namespace --wait
    kubectl apply --filename deploy/kind/gatewayclass.yaml
    helm install kserve-crd oci://ghcr.io/kserve/charts/kserve-crd --version "$kserve" --namespace kserve --create-namespace
    helm install kserve oci://ghcr.io/kserve/charts/kserve-resources --version "$kserve" --namespace kserve --wait \
        --set kserve.controller.deploymentMode=Standard --set kserve.controller.gateway.disableIngressCreation=true
    helm install kserve-runtimes oci://ghcr.io/kserve/charts/kserve-runtime-configs --version "$kserve" \
        --namespace kserve --set kserve.servingruntime.enabled=true
    helm install keda keda --repo https://kedacore.github.io/charts --version 2.21.0 --namespace keda --create-namespace --wait

    kubectl apply --filename deploy/kind/store.yaml --filename deploy/kind/prometheus.yaml
    kubectl patch clusterstoragecontainer default --type merge --patch-file deploy/kind/storage_initializer.yaml
    kubectl --namespace fake-gcs rollout status deployment/fake-gcs --timeout 3m
    kubectl --namespace monitoring rollout status deployment/prometheus --timeout 3m
} >&2
node="$(docker inspect flight-delay-control-plane --format '{{.NetworkSettings.Networks.kind.IPAddress}}')"
echo "KUBECONFIG=${KUBECONFIG:-$HOME/.kube/config}"
echo "STORAGE_EMULATOR_HOST=http://$node:30443"
echo "PROMETHEUS_URL=http://$node:30090"
