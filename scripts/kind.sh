#!/usr/bin/env bash
# A kind cluster with what `make e2e` needs, for machines with Docker and the internet, such as GitHub's; KServe and
# Envoy Gateway in the versions that docs/gke.md names. Where GITHUB_ENV is set, later steps get the variables from it.
set -euo pipefail
cd "$(dirname "$0")/.."
export PATH="$PWD/.venv/bin:$(go env GOPATH)/bin:$PATH"
kserve=v0.20.0 envoy=v1.8.0 cert_manager=v1.18.2 metallb=v0.15.2 keda=2.18.0 prometheus=27.39.0
runtime="kserve/xgbserver:$kserve"

go install sigs.k8s.io/kind@v0.30.0
kind create cluster --image kindest/node:v1.34.0 --wait 2m
docker run --detach --name registry --network kind registry:2.8.3

chart() { # chart NAME NAMESPACE REFERENCE VERSION [ARGUMENT...]
    helm upgrade --install "$1" "$3" --namespace "$2" --create-namespace --version "$4" --wait --timeout 5m "${@:5}"
}
kubectl apply --filename "https://raw.githubusercontent.com/metallb/metallb/$metallb/config/manifests/metallb-native.yaml"
kubectl --namespace metallb-system rollout status deployment controller --timeout 5m
subnet="$(docker network inspect kind --format '{{range .IPAM.Config}}{{println .Subnet}}{{end}}' | grep -F . | head -n 1)"
kubectl apply --filename - <<YAML
apiVersion: metallb.io/v1beta1
kind: IPAddressPool
metadata: {name: pool, namespace: metallb-system}
spec: {addresses: ["${subnet%.*.*}.255.200-${subnet%.*.*}.255.250"]}
---
apiVersion: metallb.io/v1beta1
kind: L2Advertisement
metadata: {name: pool, namespace: metallb-system}
YAML

chart cert-manager cert-manager oci://quay.io/jetstack/charts/cert-manager "$cert_manager" --set crds.enabled=true
chart eg envoy-gateway-system oci://docker.io/envoyproxy/gateway-helm "$envoy"
chart kserve-crd kserve oci://ghcr.io/kserve/charts/kserve-crd "$kserve"
chart kserve-resources kserve oci://ghcr.io/kserve/charts/kserve-resources "$kserve" \
    --set kserve.controller.deploymentMode=Standard --set kserve.controller.gateway.disableIngressCreation=true
chart kserve-runtime-configs kserve oci://ghcr.io/kserve/charts/kserve-runtime-configs "$kserve"
chart keda keda oci://ghcr.io/kedacore/charts/keda "$keda"
chart prometheus monitoring oci://ghcr.io/prometheus-community/charts/prometheus "$prometheus" \
    --set server.service.type=LoadBalancer,server.service.servicePort=9090,server.global.scrape_interval=5s

kubectl apply --filename - <<'YAML'
apiVersion: gateway.networking.k8s.io/v1
kind: GatewayClass
metadata: {name: eg}
spec: {controllerName: gateway.envoyproxy.io/gatewayclass-controller}
---
apiVersion: v1
kind: Namespace
metadata: {name: fake-gcs}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: fake-gcs, namespace: fake-gcs}
spec:
  selector: {matchLabels: {app: fake-gcs}}
  template:
    metadata: {labels: {app: fake-gcs}}
    spec:
      containers:
        - name: fake-gcs
          image: fsouza/fake-gcs-server:1.52.2
          args: [-scheme=http, -port=4443, -backend=memory]
---
apiVersion: v1
kind: Service
metadata: {name: fake-gcs, namespace: fake-gcs}
spec:
  type: LoadBalancer
  selector: {app: fake-gcs}
  ports: [{port: 4443}]
YAML
address() { # address NAMESPACE SERVICE
    kubectl --namespace "$1" wait --for=jsonpath='{.status.loadBalancer.ingress}' --timeout 2m "service/$2" >&2
    kubectl --namespace "$1" get service "$2" --output jsonpath='{.status.loadBalancer.ingress[0].ip}'
}
store="http://$(address fake-gcs fake-gcs):4443"
kubectl patch clusterstoragecontainer default --type json --patch \
    "[{\"op\": \"add\", \"path\": \"/spec/container/env\", \"value\": [{\"name\": \"STORAGE_EMULATOR_HOST\", \"value\": \"$store\"}]}]"

IMAGE_PREFIX=localhost/ RUNTIME_IMAGE="$runtime" scripts/image.sh
for image in "localhost/flight-delay-transformer:$(sed -n 's/^version = "\(.*\)"$/\1/p' pyproject.toml)" "$runtime"; do
    kind load docker-image "$image"
done
# The registry's own address is its name, for the pods' node and for Docker.
registry="$(docker inspect registry --format '{{.NetworkSettings.Networks.kind.IPAddress}}'):5000"
docker exec kind-control-plane bash -c "mkdir -p '/etc/containerd/certs.d/$registry' &&
    echo '[host.\"http://$registry\"]' >'/etc/containerd/certs.d/$registry/hosts.toml'"
sudo bash -c "echo '{\"insecure-registries\": [\"$registry\"]}' >/etc/docker/daemon.json && systemctl reload docker"
tee --append "${GITHUB_ENV:-/dev/stdout}" <<END
KUBECONFIG=$HOME/.kube/config
STORAGE_EMULATOR_HOST=$store
PROMETHEUS_URL=http://$(address monitoring prometheus-server):9090
PROMETHEUS_IN_CLUSTER=http://prometheus-server.monitoring.svc.cluster.local:9090
REGISTRY=$registry
BUILD_TOOLS=docker
END
