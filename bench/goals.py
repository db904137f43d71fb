"""What the service is to reach, as ratios of neighbours in the same rounds wherever there is one."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bench.case import Case
from bench.rounds import Measurement, Measurements
from bench.spread import Spread, ratios
from bench.start import TransformerStart

Quantity = Callable[[Measurement], float]

_MANY, _ONE, _STRESS, _BATCHES = Case(32, 1), Case(1, 1), Case(500, 1), Case(4, 1000)


@dataclass(frozen=True, slots=True)
class Outcome:
    """A goal and what was measured.

    Attributes:
        goal: What it is about.
        limit: Where it is met.
        at_least: Whether the value must reach the limit; else it must not pass it.
        unit: Unit of both.
        spread: The values of all rounds.
        worst: Whether every round counts, and not their median.
    """

    goal: str
    limit: float
    at_least: bool
    unit: str
    spread: Spread
    worst: bool = False

    @property
    def value(self) -> float:
        """The value that is held against the limit."""
        if not self.worst:
            return self.spread.median
        return self.spread.least if self.at_least else self.spread.most

    @property
    def met(self) -> bool:
        """Whether the goal is met."""
        return self.value >= self.limit if self.at_least else self.value <= self.limit


def outcomes(measurements: Measurements, starts: Sequence[TransformerStart]) -> list[Outcome]:
    """Return the goals of which everything was measured."""
    found = [
        _ratio(measurements, "req/s, pair / docs_style", _MANY, _rps, "pair", "docs_style", 150, at_least=True),
        _ratio(measurements, "req/s, pair / echo", _MANY, _rps, "pair", "echo", 0.33, at_least=True),
        _ratio(measurements, "CPU per request, pair / echo", _MANY, _cpu_us, "pair", "echo", 3),
        _ratio(measurements, "p50 over REST, pair / runtime", _ONE, _p50_ms, "pair", "runtime", 1.1),
        _ratio(measurements, "p50 over gRPC, pair / runtime", _ONE, _p50_ms, "pair_grpc", "runtime_grpc", 1.1),
        _value(measurements, "late answers and errors", _STRESS, _lost, 0, "", worst=True),
        _value(measurements, "p99", _STRESS, lambda each: each.load.p99_ms, 150, "ms"),
        _value(measurements, "rows/s", _BATCHES, lambda each: each.rps * _BATCHES.flights, 400_000, "", at_least=True),
    ]
    if starts:
        rss = Spread.of([each.idle_rss_bytes / 2**20 for each in starts])
        ready = Spread.of([each.ready_s for each in starts])
        found += [
            Outcome("transformer: memory when idle", 120, False, "MiB", rss),
            Outcome("transformer: from start to ready", 4, False, "s", ready),
        ]
    return [outcome for outcome in found if outcome is not None]


def _rps(measurement: Measurement) -> float:
    return measurement.rps


def _cpu_us(measurement: Measurement) -> float:
    return measurement.cpu_us


def _p50_ms(measurement: Measurement) -> float:
    return measurement.load.p50_ms


def _lost(measurement: Measurement) -> float:
    return measurement.load.late + measurement.load.errors


def _ratio(
    measurements: Measurements,
    goal: str,
    case: Case,
    quantity: Quantity,
    above: str,
    below: str,
    limit: float,
    *,
    at_least: bool = False,
) -> Outcome | None:
    if (above, case) not in measurements or (below, case) not in measurements:
        return None
    values = ratios(
        [quantity(each) for each in measurements[above, case]],
        [quantity(each) for each in measurements[below, case]],
    )
    return Outcome(f"{case}: {goal}", limit, at_least, "x", Spread.of(values))


def _value(
    measurements: Measurements,
    goal: str,
    case: Case,
    quantity: Quantity,
    limit: float,
    unit: str,
    *,
    at_least: bool = False,
    worst: bool = False,
) -> Outcome | None:
    measured = measurements.get(("pair", case))
    if measured is None:
        return None
    return Outcome(f"{case}: {goal}", limit, at_least, unit, Spread.of([quantity(each) for each in measured]), worst)
