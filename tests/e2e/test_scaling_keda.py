"""``autoscaling.mode: keda``: pods come and go with the requests in flight that Prometheus has seen."""

import os

import pytest
from kubernetes import client

from tests.e2e import scaling

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(700)]

PROMETHEUS = os.environ.get("PROMETHEUS_IN_CLUSTER", "http://prometheus.monitoring.svc.cluster.local:9090")


def test_load_brings_a_pod_and_its_end_takes_it_away(namespace, bucket):
    groups = {group.name for group in client.ApisApi().get_api_versions().groups}
    assert "keda.sh" in groups, "the cluster has no KEDA"
    address = scaling.install(namespace, bucket, mode="keda", inFlight=2, keda={"serverAddress": PROMETHEUS})
    scaling.check_scales_up_and_down(namespace, address, clients=8)
