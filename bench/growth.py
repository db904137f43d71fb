"""How cost grows: more pairs on this machine while its cores last, and hundreds of pods by simulation."""

import http.client
import logging
import os
import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bench import queueing, usage
from bench.case import Case
from bench.errors import CannotMeasure
from bench.processes import Starter
from bench.queueing import Balancing
from bench.traffic import Traffic
from bench.variants import pair, runtime
from bench.variants.pair import Pair
from scripts.ports import ADDRESS

logger = logging.getLogger(__name__)

PAIRS = (1, 2, 4, 8)
PODS = (1, 2, 4, 8, 16, 32, 64, 128, 256)
LIMIT_IN_SERVICE_TIMES = 20.0
"""What 99 % of the requests may take in the simulation, in mean service times."""

_CONNECTIONS = 500
_SAMPLES = 1000


@dataclass(frozen=True, slots=True)
class Measured:
    """So many pairs beside each other on this machine, one load generator each.

    Attributes:
        pairs: How many.
        rps: What they answered together, a second.
        cpu_us: CPU of all of them for each request.
        late: Answers after 2 s, of all.
    """

    pairs: int
    rps: float
    cpu_us: float
    late: int


@dataclass(frozen=True, slots=True)
class Simulated:
    """So many pods.

    Attributes:
        pods: How many.
        one_queue_rps: The most that they carry within the limit if no pod ever idles while a request waits.
        at_random_rps: The same if each request goes to a pod drawn at random.
    """

    pods: int
    one_queue_rps: float
    at_random_rps: float


@dataclass(frozen=True, slots=True)
class Growth:
    """Both, and what the simulation was given.

    Attributes:
        measured: Pairs on this machine.
        simulated: Pods by simulation.
        mean_service_s: Mean service time of the simulation.
        limit_s: Its limit for 99 % of the requests.
    """

    measured: Sequence[Measured]
    simulated: Sequence[Simulated]
    mean_service_s: float
    limit_s: float

    def as_document(self) -> dict[str, object]:
        """Return it for a file."""
        return {
            "measured": [
                {"pairs": each.pairs, "rps": round(each.rps, 1), "cpu_us": round(each.cpu_us, 1), "late": each.late}
                for each in self.measured
            ],
            "simulated": [
                {
                    "pods": each.pods,
                    "one_queue_rps": round(each.one_queue_rps),
                    "at_random_rps": round(each.at_random_rps),
                }
                for each in self.simulated
            ],
            "mean_service_us": round(self.mean_service_s * 1e6, 1),
            "limit_us": round(self.limit_s * 1e6, 1),
        }


def run(starter: Starter, traffic: Traffic, duration_s: float) -> Growth:
    """Measure, then simulate with what was measured.

    Raises:
        CannotMeasure: A server or the load generator failed.
    """
    pairs: list[Pair] = []
    measured = []
    for count in PAIRS:
        if count > max(2, os.cpu_count() or 1):
            break  # two pairs on any machine, to show what too few cores come to
        while len(pairs) < count:
            pairs.append(_start_pair(starter, traffic, len(pairs) + 1))
        measured.append(_measure(pairs, duration_s))
        logger.info("%d pairs: %.0f req/s, %.0f us CPU", count, measured[-1].rps, measured[-1].cpu_us)
    took_s = _service_times_s(pairs[0])
    # one at a time is dearer than many in one call: of those times the spread is kept, and the mean is a full pod's
    mean_s = 1 / measured[0].rps
    service_s = took_s * (mean_s / took_s.mean())
    limit_s = LIMIT_IN_SERVICE_TIMES * mean_s
    return Growth(measured, [_simulate(pods, service_s, limit_s) for pods in PODS], mean_s, limit_s)


def _start_pair(starter: Starter, traffic: Traffic, number: int) -> Pair:
    behind = runtime.server(starter, traffic, f"runtime-{number}")
    return Pair(traffic, pair.server(starter, traffic, behind, f"transformer-{number}"), behind)


def _measure(pairs: Sequence[Pair], duration_s: float) -> Measured:
    pids = [pid for each in pairs for pid in each.pids]
    case = Case(max(1, _CONNECTIONS // len(pairs)), 1)
    before_s = usage.cpu_s(pids)
    senders = [each.send(case, duration_s) for each in pairs]
    try:
        loads = [sender.wait() for sender in senders]
    finally:
        for sender in senders:
            sender.end()
    sent = sum(load.sent for load in loads)
    rps = sum(load.answered / load.duration_s for load in loads)
    return Measured(
        len(pairs), rps, (usage.cpu_s(pids) - before_s) * 1e6 / max(sent, 1), sum(load.late for load in loads)
    )


def _service_times_s(asked: Pair) -> npt.NDArray[np.float64]:
    """Return what single requests take one after the other, on one connection to a pair that does nothing else."""
    bodies = [asked.body(batch) for batch in asked.traffic.batches(1)]
    connection = http.client.HTTPConnection(ADDRESS, asked.servers[0].http_port)
    took_s = []
    try:
        for at in range(_SAMPLES):
            started_s = time.perf_counter()
            connection.request("POST", asked.path, bodies[at % len(bodies)], dict(asked.headers))
            connection.getresponse().read()
            took_s.append(time.perf_counter() - started_s)
    except (OSError, http.client.HTTPException) as error:
        raise CannotMeasure(f"a pair did not answer: {error}") from error
    finally:
        connection.close()
    return np.asarray(took_s)


def _simulate(pods: int, service_s: npt.NDArray[np.float64], limit_s: float) -> Simulated:
    one_queue, at_random = (queueing.most_rps(pods, service_s, limit_s, each) for each in _BALANCINGS)
    return Simulated(pods, one_queue, at_random)


_BALANCINGS: tuple[Balancing, Balancing] = ("one queue", "at random")
