"""Load that makes an autoscaler add a pod, which then takes its share, and the way back."""

import time
from typing import Any

from prometheus_client.parser import text_string_to_metric_families

from tests.chart.rendering import CHART
from tests.e2e.asking import BUNDLE, MODEL, SHIPPED, ask
from tests.e2e.bucket import Bucket
from tests.e2e.prober import Prober
from tests.e2e.release import Namespace

SELECTOR = "app.kubernetes.io/component=version"
REQUESTS = "request_predict_seconds_count"
"""Inferences that a pod has answered, in the SDK's own metric."""


def install(namespace: Namespace, bucket: Bucket, **autoscaling: Any) -> str:
    """Install one version that may have one or two pods, and return the Gateway's address."""
    requests = {"resources": {"requests": {"cpu": "100m"}}}
    values = {
        "transformer": requests,
        "runtime": requests,
        "versions": {BUNDLE.version: {"bundle": bucket.upload(SHIPPED, BUNDLE.version), "weight": 100}},
        "autoscaling": {"minReplicas": 1, "maxReplicas": 2, "scaleDownSeconds": 15, **autoscaling},
    }
    namespace.helm("install", str(CHART), values=values)
    namespace.wait_until_ready()
    address = namespace.gateway()
    namespace.wait("an answer", lambda: ask(address, f"{MODEL}/ready")[0] == 200, seconds=60)
    return address


def pods(namespace: Namespace) -> set[str]:
    """Return the pods that are there, those that are about to end included."""
    there = namespace.core.list_namespaced_pod(namespace.name, label_selector=SELECTOR).items
    return {pod.metadata.name for pod in there}


def answered(namespace: Namespace, pod: str) -> float:
    """Return how many inferences a pod has answered, by its own metrics; 0 while it cannot be asked."""
    text = namespace.metrics(pod)
    families = text_string_to_metric_families(text)
    return sum(sample.value for family in families for sample in family.samples if sample.name == REQUESTS)


def check_scales_up_and_down(namespace: Namespace, address: str, *, clients: int) -> None:
    """Check that load brings a second pod that answers, that its end takes it away, and that no request is lost."""
    (first,) = pods(namespace)
    with Prober(address, clients=clients, pause_s=0.005) as prober:
        namespace.wait("a second pod", lambda: len(pods(namespace)) == 2, seconds=180)
        (second,) = pods(namespace) - {first}
        namespace.wait("answers of the second pod", lambda: answered(namespace, second) > 100, seconds=120)
    with Prober(address, clients=1, pause_s=0.5) as afterwards:
        namespace.wait("one pod again", lambda: len(pods(namespace)) == 1, seconds=240)
        time.sleep(2)
    for outcomes in (prober.outcomes, afterwards.outcomes):
        assert set(outcomes) == {"200"}, outcomes
