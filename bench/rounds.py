"""Interleaved rounds: every variant is measured next to its neighbours, so that a slow minute is slow for all."""

import logging
import os
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TypeVar

from bench import usage
from bench.case import Case
from bench.errors import CannotMeasure
from bench.load import Load
from bench.variants.variant import Variant

logger = logging.getLogger(__name__)

WARM_UP = Case(32, 1)
WARM_UP_S = 2.0

_IDLE_LIMIT_S = 60.0
_IDLE_WINDOW_S = 0.1
_IDLE_CPU_S = 0.01  # one tick of the kernel's count

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Measurement:
    """One variant under one load.

    Attributes:
        load: What its caller saw.
        requests: Requests that its servers got.
        cpu_s: CPU seconds of all its servers, until they had nothing left to do.
        rss_bytes: Their memory at the end of the load.
        others_cores: Cores that were busy with anything but the servers and the load generator.
    """

    load: Load
    requests: int
    cpu_s: float
    rss_bytes: int
    others_cores: float = 0.0

    @property
    def rps(self) -> float:
        """Answers a second."""
        return self.load.answered / self.load.duration_s

    @property
    def cpu_us(self) -> float:
        """CPU microseconds of all servers for each request."""
        return self.cpu_s * 1e6 / self.requests

    @property
    def rss_mib(self) -> float:
        """Memory of all servers in MiB."""
        return self.rss_bytes / 2**20


Measurements = Mapping[tuple[str, Case], Sequence[Measurement]]
"""For each variant's name and case, one measurement a round."""


def order(names: Sequence[T], round_number: int) -> Sequence[T]:
    """Return the order of a round: A B C in the first, C B A in the second, and so on."""
    return names if round_number % 2 == 0 else names[::-1]


def run(plan: Mapping[Variant, Sequence[Case]], rounds: int, duration_s: float) -> Measurements:
    """Measure each variant under each of its cases, once a round.

    Raises:
        CannotMeasure: A server or the load generator failed.
        WrongAnswer: A variant answered something else than the booster.
    """
    measurements: dict[tuple[str, Case], list[Measurement]] = {
        (variant.name, case): [] for variant, cases in plan.items() for case in cases
    }
    for variant in plan:
        _measure(variant, WARM_UP if variant.most_connections >= WARM_UP.connections else Case(1, 1), WARM_UP_S)
    for round_number in range(rounds):
        for variant, cases in plan.items():
            verify(variant, cases)
        for case in sorted({case for cases in plan.values() for case in cases}):
            for variant in order([variant for variant, cases in plan.items() if case in cases], round_number):
                measurement = _measure(variant, case, duration_s)
                measurements[variant.name, case].append(measurement)
                logger.info(
                    "round %d of %d, %s %s: %.0f req/s, %.0f us CPU, p50 %.2f ms",
                    *(round_number + 1, rounds, case, variant.name),
                    *(measurement.rps, measurement.cpu_us, measurement.load.p50_ms),
                )
    return measurements


def verify(variant: Variant, cases: Sequence[Case]) -> None:
    """Ask for the golden flights and for every batch of the cases.

    Raises:
        WrongAnswer: An answer is wrong.
    """
    for batch in variant.traffic.golden():
        variant.ask(batch)
    for flights in {case.flights for case in cases}:
        for batch in variant.traffic.batches(flights):
            variant.ask(batch)


def _measure(variant: Variant, case: Case, duration_s: float) -> Measurement:
    _wait_until_idle(variant)
    before = _Clocks.read(variant)
    requests = 0
    sender = variant.send(case, duration_s)
    try:
        if case.connections > 1:
            time.sleep(duration_s / 2)
            requests += 1
            with suppress(CannotMeasure):  # the load generator counts what is not answered
                variant.ask(variant.traffic.batches(case.flights)[0])
        load = sender.wait()
    finally:
        sender.end()
    rss_bytes = usage.rss_bytes(variant.pids)
    _wait_until_idle(variant)
    after = _Clocks.read(variant)
    servers_s, ours_s = after.servers_s - before.servers_s, after.ours_s - before.ours_s
    others_s = after.machine_s - before.machine_s - servers_s - ours_s
    others_cores = max(0.0, others_s / (after.wall_s - before.wall_s))
    return Measurement(load, requests + load.sent, servers_s, rss_bytes, others_cores)


@dataclass(frozen=True, slots=True)
class _Clocks:
    """CPU seconds so far: of a variant's servers, of ourselves and the load generators that ended, of the machine."""

    servers_s: float
    ours_s: float
    machine_s: float
    wall_s: float

    @classmethod
    def read(cls, variant: Variant) -> "_Clocks":
        ours = os.times()
        ours_s = ours.user + ours.system + ours.children_user + ours.children_system
        return cls(usage.cpu_s(variant.pids), ours_s, usage.machine_cpu_s(), time.monotonic())


def _wait_until_idle(variant: Variant) -> None:
    """Wait until the servers are done with what the load generator no longer waits for."""
    until = time.monotonic() + _IDLE_LIMIT_S
    used_s = usage.cpu_s(variant.pids)
    while True:
        time.sleep(_IDLE_WINDOW_S)
        for server in variant.servers:
            server.check_alive()
        before_s, used_s = used_s, usage.cpu_s(variant.pids)
        if used_s - before_s <= _IDLE_CPU_S:
            return
        if time.monotonic() > until:
            raise CannotMeasure(f"{variant.name} is still busy {_IDLE_LIMIT_S:g} s after a load")
