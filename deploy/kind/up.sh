#!/usr/bin/env bash
# A cluster for `make e2e` in Docker: kind with KServe in Standard mode, Envoy Gateway, KEDA, Prometheus, an imitation
# of Cloud Storage and an OCI registry, and the images of `make image` in it. It needs docker, kind, helm and kubectl.
# Prints, as NAME=VALUE, what scripts/e2e.sh asks for:  deploy/kind/up.sh >build/kind.env
# Away with it: kind delete cluster --name flight-delay; docker rm --force flight-delay-registry
set -euo pipefail
cd "$(dirname "$0")/../.."
export PATH="$PATH:$PWD/.venv/bin"
version="$(sed -n 's/^version = "\(.*\)"$/\1/p' pyproject.toml)"
kserve=v0.20.0
address_of() { docker inspect "$1" --format '{{.NetworkSettings.Networks.kind.IPAddress}}'; }
{
    kind create cluster --name flight-delay --image kindest/node:v1.34.0 --wait 3m
    for image in transformer loadtest; do
        kind load docker-image --name flight-delay "localhost/flight-delay-$image:$version"
    done
    kind load docker-image --name flight-delay "kserve/xgbserver:$kserve"

    # Gateways get addresses out of the end of kind's own network, which this machine reaches.
    kubectl apply --filename \
        https://raw.githubusercontent.com/metallb/metallb/v0.15.2/config/manifests/metallb-native.yaml
    kubectl --namespace metallb-system rollout status deployment/controller --timeout 3m
    network="$(address_of flight-delay-control-plane | cut -d. -f1-2)"
    sed "s/NETWORK/$network/" deploy/kind/addresses.yaml | kubectl apply --filename -

    # A registry in kind's network, without TLS: this machine and the node reach it at one address.
    docker run --detach --name flight-delay-registry --network kind registry:2.8.3
    registry="$(address_of flight-delay-registry):5000"
    docker exec flight-delay-control-plane mkdir -p "/etc/containerd/certs.d/$registry"
    echo "server = \"http://$registry\"" |
        docker exec --interactive flight-delay-control-plane tee "/etc/containerd/certs.d/$registry/hosts.toml"

    helm install cert-manager oci://quay.io/jetstack/charts/cert-manager --version v1.18.2 --namespace cert-manager \
        --create-namespace --set crds.enabled=true --wait
    helm install eg oci://docker.io/envoyproxy/gateway-helm --version v1.8.0 --namespace envoy-gateway-system \
        --create-namespace --wait
    kubectl apply --filename deploy/kind/gatewayclass.yaml
    helm install kserve-crd oci://ghcr.io/kserve/charts/kserve-crd --version "$kserve" --namespace kserve \
        --create-namespace
    helm install kserve oci://ghcr.io/kserve/charts/kserve-resources --version "$kserve" --namespace kserve --wait \
        --set kserve.controller.deploymentMode=Standard --set kserve.controller.gateway.disableIngressCreation=true
    helm install kserve-runtimes oci://ghcr.io/kserve/charts/kserve-runtime-configs --version "$kserve" \
        --namespace kserve --set kserve.servingruntime.enabled=true
    helm install keda keda --repo https://kedacore.github.io/charts --version 2.21.0 --namespace keda \
        --create-namespace --wait

    kubectl apply --filename deploy/kind/store.yaml --filename deploy/kind/prometheus.yaml
    kubectl patch clusterstoragecontainer default --type merge --patch-file deploy/kind/storage_initializer.yaml
    kubectl --namespace fake-gcs rollout status deployment/fake-gcs --timeout 3m
    kubectl --namespace monitoring rollout status deployment/prometheus --timeout 3m
} >&2
node="$(address_of flight-delay-control-plane)"
echo "KUBECONFIG=${KUBECONFIG:-$HOME/.kube/config}"
echo "STORAGE_EMULATOR_HOST=http://$node:30443"
echo "PROMETHEUS_URL=http://$node:30090"
echo "REGISTRY=$registry"
