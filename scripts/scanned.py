"""What the scanner reads: the charts' objects, and each version's pod as the cluster runs it.

A scanner of manifests looks into pods, not into an InferenceService. So each version's becomes the pod that KServe
makes of it: the runtime's container with the name and the image that KServe gives it, beside the transformer's.
"""

import argparse
import subprocess
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[1]
_SERVICE = ["helm/flight-delay", "--values", "k8s/values.yaml"]
RENDERINGS = {
    "defaults": _SERVICE,
    "gke": [*_SERVICE, "--values", "helm/flight-delay/values-gke.yaml"],
    "local": [*_SERVICE, "--values", "helm/flight-delay/values-local.yaml"],
    "loadtest": ["helm/flight-delay-loadtest", "--values", "k8s/loadtest-values.yaml"],
}
"""The chart and Helm's options, by the name of what they render."""

_RUNTIME_IMAGE = "kserve/xgbserver:v0.20.0"
_ONLY_THE_SERVICE_HAS = {"model", "deploymentStrategy", "labels", "annotations"}


def pod_of(service: dict[str, Any]) -> dict[str, Any]:
    """Return the pod that KServe makes of an InferenceService."""
    predictor = service["spec"]["predictor"]
    model = predictor["model"]
    not_the_containers = {"modelFormat", "runtime", "protocolVersion", "storageUri"}
    runtime = {"name": "kserve-container", "image": _RUNTIME_IMAGE} | {
        key: value for key, value in model.items() if key not in not_the_containers
    }
    spec = {key: value for key, value in predictor.items() if key not in _ONLY_THE_SERVICE_HAS}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": service["metadata"]["name"], "labels": predictor["labels"]},
        "spec": {**spec, "containers": [runtime, *predictor["containers"]]},
    }


def main() -> None:
    """Write every rendering into a folder."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args().folder
    for name, options in RENDERINGS.items():
        command = ["helm", "template", "flight-delay", *options]
        rendered = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
        objects = [each for each in yaml.safe_load_all(rendered) if each]
        pods = [pod_of(each) for each in objects if each["kind"] == "InferenceService"]
        for each in (objects := [*objects, *pods]):
            each["metadata"]["namespace"] = "flight-delay"  # as Helm does when it installs
        (folder / f"{name}.yaml").write_text(yaml.safe_dump_all(objects))


if __name__ == "__main__":
    main()
