"""``autoscaling.mode: hpa``: pods come and go with the containers' CPU."""

import pytest

from tests.e2e import scaling

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(700)]


def test_load_brings_a_pod_and_its_end_takes_it_away(namespace, bucket):
    address = scaling.install(namespace, bucket, mode="hpa", cpuPercent=80)
    scaling.check_scales_up_and_down(namespace, address, clients=2)
