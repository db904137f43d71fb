"""Pods as servers of a queue: how much more of them carry, by simulation.

Requests arrive at random (Poisson). A pod serves one after the other, each for a time drawn from measured ones.
Either all pods take from one queue (M/G/k: no balancer can do better), or each request goes to a pod drawn at random
(k times M/G/1: a balancer that knows nothing). Pods share nothing, and the network and the gateway cost nothing.
"""

import heapq
from collections.abc import Sequence
from typing import Literal

import numpy as np
import numpy.typing as npt

SEED = 20170101
REQUESTS_PER_POD, LEAST_REQUESTS = 1_000, 50_000

Balancing = Literal["one queue", "at random"]

_STEPS = 7


def p99_s(pods: int, rate: float, service_s: npt.NDArray[np.float64], balancing: Balancing, seed: int = SEED) -> float:
    """Return what 99 % of the requests take at most, waiting included.

    Args:
        pods: How many there are.
        rate: Requests a second that arrive.
        service_s: Measured service times to draw from, of shape [n], in seconds.
        balancing: How requests come to pods.
        seed: Of arrivals, service times and choices.
    """
    source = np.random.default_rng(seed)
    count = max(LEAST_REQUESTS, REQUESTS_PER_POD * pods)
    arrivals = source.exponential(1 / rate, count).cumsum()
    services = source.choice(service_s, count)
    if balancing == "one queue":
        took = _one_queue(pods, arrivals.tolist(), services.tolist())
    else:
        took = _own_queues(arrivals.tolist(), services.tolist(), source.integers(pods, size=count).tolist(), pods)
    return float(np.percentile(took[count // 10 :], 99))  # the first find every queue empty


def _one_queue(pods: int, arrivals: Sequence[float], services: Sequence[float]) -> list[float]:
    free = [0.0] * pods  # when each pod has nothing left to do; a heap
    took = []
    for arrival, service in zip(arrivals, services, strict=True):
        end = max(arrival, free[0]) + service
        heapq.heapreplace(free, end)
        took.append(end - arrival)
    return took


def _own_queues(arrivals: Sequence[float], services: Sequence[float], choices: Sequence[int], pods: int) -> list[float]:
    free = [0.0] * pods
    took = []
    for arrival, service, pod in zip(arrivals, services, choices, strict=True):
        free[pod] = max(arrival, free[pod]) + service
        took.append(free[pod] - arrival)
    return took


def most_rps(pods: int, service_s: npt.NDArray[np.float64], limit_s: float, balancing: Balancing) -> float:
    """Return the highest rate at which 99 % of the requests take at most ``limit_s``."""
    least, most = 0.0, pods / float(service_s.mean())
    for _ in range(_STEPS):
        rate = (least + most) / 2
        if p99_s(pods, rate, service_s, balancing) <= limit_s:
            least = rate
        else:
            most = rate
    return least
