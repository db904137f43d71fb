"""Pods come and go under load, and no client notices."""

import pytest
from kubernetes import client

from tests.chart.rendering import CHART
from tests.e2e.asking import BUNDLE, MODEL, SHIPPED, ask
from tests.e2e.prober import Prober

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(400)]

SELECTOR = "app.kubernetes.io/component=version"


@pytest.fixture(scope="module")
def values(namespace, bucket):
    """Two pods of the shipped version."""
    return {
        "versions": {BUNDLE.version: {"bundle": bucket.upload(SHIPPED, BUNDLE.version), "weight": 100}},
        "autoscaling": {"minReplicas": 2, "maxReplicas": 2},
    }


@pytest.fixture(scope="module")
def address(namespace, values) -> str:
    """The Gateway in front of them."""
    namespace.helm("install", str(CHART), values=values)
    namespace.wait_until_ready()
    address = namespace.gateway()
    namespace.wait("two pods", lambda: len(ready_pods(namespace)) == 2, seconds=120)
    namespace.wait("an answer", lambda: ask(address, f"{MODEL}/ready")[0] == 200, seconds=60)
    return address


@pytest.fixture
def prober(address):
    """Load that goes on for the whole test, of which nothing may be lost."""
    with Prober(address) as prober:
        yield prober
    assert set(prober.outcomes) == {"200"}, prober.outcomes
    assert prober.outcomes["200"] > 100


def ready_pods(namespace) -> set[str]:
    """Return the pods that are ready and not about to end."""
    return {
        pod.metadata.name
        for pod in namespace.core.list_namespaced_pod(namespace.name, label_selector=SELECTOR).items
        if pod.metadata.deletion_timestamp is None
        and any(condition.type == "Ready" and condition.status == "True" for condition in pod.status.conditions or ())
    }


def wait_until_gone(namespace, pods: set[str]) -> None:
    def gone() -> bool:
        there = namespace.core.list_namespaced_pod(namespace.name, label_selector=SELECTOR).items
        return not pods & {pod.metadata.name for pod in there} and len(ready_pods(namespace)) == 2

    namespace.wait(f"two pods without {', '.join(sorted(pods))}", gone, seconds=180)


def test_a_pod_that_is_deleted(namespace, prober):
    pod = min(ready_pods(namespace))
    namespace.core.delete_namespaced_pod(pod, namespace.name)
    wait_until_gone(namespace, {pod})


def test_a_pod_that_is_evicted_as_from_a_draining_node(namespace, prober):
    pod = min(ready_pods(namespace))
    eviction = client.V1Eviction(metadata=client.V1ObjectMeta(name=pod, namespace=namespace.name))
    namespace.core.create_namespaced_pod_eviction(pod, namespace.name, eviction)
    wait_until_gone(namespace, {pod})


def test_a_release_that_replaces_every_pod(namespace, values, prober):
    before = ready_pods(namespace)
    namespace.helm("upgrade", str(CHART), values={**values, "pods": {"annotations": {"example.com/again": "yes"}}})
    wait_until_gone(namespace, before)
