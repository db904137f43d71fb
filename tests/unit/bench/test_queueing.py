import math

import numpy as np
import pytest

from bench.queueing import most_rps, p99_s

EXPONENTIAL = -np.log(np.linspace(1e-5, 1 - 1e-5, 50_000))
"""Service times of mean 1 s, for which the answers are in the books."""


@pytest.mark.parametrize("balancing", ["one queue", "at random"])
@pytest.mark.parametrize("load", [0.3, 0.6])
def test_one_pod_is_an_m_m_1_queue(balancing, load):
    took_s = np.median([p99_s(1, load, EXPONENTIAL, balancing, seed) for seed in range(5)])
    assert took_s == pytest.approx(math.log(100) / (1 - load), rel=0.1)


def test_one_queue_in_front_of_many_pods_hardly_waits_and_queues_at_random_do():
    service_s = np.full(10, 1.0)
    assert p99_s(50, 25.0, service_s, "one queue") == pytest.approx(1.0, abs=0.01)
    assert p99_s(50, 25.0, service_s, "at random") > 2.0


@pytest.mark.parametrize("balancing", ["one queue", "at random"])
def test_more_pods_carry_more_and_never_more_than_their_number(balancing):
    one, ten = (most_rps(pods, EXPONENTIAL, 10.0, balancing) for pods in (1, 10))
    assert 0.4 < one < 0.7
    assert 9 * one < ten < 10


def test_a_limit_below_the_service_time_cannot_be_kept():
    assert most_rps(1, np.full(10, 1.0), 0.5, "one queue") == 0.0
