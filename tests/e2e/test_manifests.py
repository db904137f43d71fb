"""The same without Helm: ``kubectl apply -k``, with what a small cluster must patch."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from flights.golden import TOLERANCE
from tests.chart.rendering import ROOT, program
from tests.e2e.asking import BUNDLE, GOLDEN, MODEL, SHIPPED, ask, worst_difference

pytestmark = pytest.mark.cluster


def patch(kind: str, **replaced: object) -> dict[str, object]:
    operations = [{"op": "replace", "path": path, "value": value} for path, value in replaced.items()]
    return {"target": {"kind": kind}, "patch": yaml.safe_dump(operations)}


def overlay(folder: Path, namespace: str, bundle: str) -> None:
    """Write an overlay over k8s/base into the folder."""
    shutil.copytree(ROOT / "k8s/base", folder / "base")
    store = {
        "to": [{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "fake-gcs"}}}],
        "ports": [{"protocol": "TCP", "port": 4443}],
    }
    service = {
        "/spec/predictor/model/storageUri": bundle,
        "/spec/predictor/model/resources/requests/cpu": "100m",
        "/spec/predictor/containers/0/resources/requests/cpu": "100m",
    }
    kustomization = {
        "namespace": namespace,
        "resources": ["base"],
        "images": [{"name": "flight-delay-transformer", "newName": "localhost/flight-delay-transformer"}],
        "patches": [
            patch("InferenceService", **service),
            patch("HorizontalPodAutoscaler", **{"/spec/minReplicas": 1}),
            patch("NetworkPolicy", **{"/spec/egress/1": store}),
        ],
    }
    (folder / "kustomization.yaml").write_text(yaml.safe_dump(kustomization))


def test_golden_flights_come_back_through_the_gateway(namespace, bucket, tmp_path):
    overlay(tmp_path, namespace.name, bucket.upload(SHIPPED, BUNDLE.version))
    subprocess.run([program("kubectl"), "apply", "-k", tmp_path], check=True, timeout=60)
    namespace.wait_until_ready()
    address = namespace.gateway()
    namespace.wait("an answer", lambda: ask(address, f"{MODEL}/ready")[0] == 200, seconds=60)
    status, _, answer = ask(address, f"{MODEL}/infer", GOLDEN)
    assert (status, json.loads(answer)["model_version"]) == (200, BUNDLE.version)
    assert worst_difference(answer) <= TOLERANCE
