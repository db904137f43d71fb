"""The transformer's metrics, as the counts that a verdict needs."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from math import inf, isfinite, isnan

from prometheus_client.parser import text_string_to_metric_families

from rollout.counts import Counts, Histogram
from rollout.errors import CannotRollOut

GRPC_CALLER_FAULTS = frozenset(
    {"INVALID_ARGUMENT", "NOT_FOUND", "UNIMPLEMENTED", "RESOURCE_EXHAUSTED", "OUT_OF_RANGE", "FAILED_PRECONDITION"}
)
FAMILIES = (
    "flight_delay_requests_total",
    "flight_delay_request_seconds_bucket",
    "flight_delay_flights_total",
    "flight_delay_delayed_flights_total",
    "flight_delay_unseen_categories_total",
    "flight_delay_probability_bucket",
)
"""The series that are read."""
LABELS = ("model_name", "model_version", "protocol", "status", "field", "le")
"""The labels that the transformer gives them; any other comes from who scrapes it."""
STARTED = "process_start_time_seconds"


@dataclass(frozen=True, slots=True)
class Sample:
    """One series at one moment."""

    name: str
    labels: Mapping[str, str]
    value: float


def samples(text: str) -> list[Sample]:
    """Read a page of metrics.

    Raises:
        CannotRollOut: It is none.
    """
    try:
        return [
            Sample(sample.name, sample.labels, sample.value)
            for family in text_string_to_metric_families(text)
            for sample in family.samples
        ]
    except (ValueError, LookupError) as error:
        raise CannotRollOut(f"it is no page of metrics: {error}") from error


@dataclass
class _Sums:
    numbers: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    seconds: dict[float, float] = field(default_factory=lambda: defaultdict(float))
    probabilities: dict[float, float] = field(default_factory=lambda: defaultdict(float))


def counts_by_version(series: Iterable[Sample]) -> dict[str, Counts]:
    """Return the counts in one container's series, by the version in their label: one, but for a wrong setup.

    Raises:
        CannotRollOut: A series has no such label, or is no counter.
    """
    sums: dict[str, _Sums] = defaultdict(_Sums)
    for sample in series:
        if sample.name not in FAMILIES:
            continue
        if not (isfinite(sample.value) and sample.value >= 0):
            raise CannotRollOut(f"{sample.name} is {sample.value}: a counter must be a finite number from 0 on")
        into = sums[_label(sample, "model_version")]
        match sample.name:
            case "flight_delay_requests_total":
                into.numbers["requests"] += sample.value
                if fault := fault_of(_label(sample, "status")):
                    into.numbers[fault] += sample.value
            case "flight_delay_request_seconds_bucket":
                into.seconds[_bound(sample)] += sample.value
            case "flight_delay_probability_bucket":
                into.probabilities[_bound(sample)] += sample.value
            case "flight_delay_flights_total":
                into.numbers["flights"] += sample.value
            case "flight_delay_delayed_flights_total":
                into.numbers["delayed"] += sample.value
            case "flight_delay_unseen_categories_total":
                into.numbers["unseen"] += sample.value
    return {
        version: Counts(
            **found.numbers, seconds=_histogram(found.seconds), probabilities=_histogram(found.probabilities)
        )
        for version, found in sums.items()
    }


def fault_of(status: str) -> str | None:
    """Return whose fault a status is, as the name of a count; None for an answer."""
    if status in ("OK", "200"):
        return None
    if status in GRPC_CALLER_FAULTS or (len(status) == 3 and status.startswith("4")):
        return "caller_faults"
    return "server_faults"


def _label(sample: Sample, name: str) -> str:
    if name not in sample.labels:
        raise CannotRollOut(f"{sample.name} has no label {name}: it is not the transformer's")
    return sample.labels[name]


def _bound(sample: Sample) -> float:
    text = _label(sample, "le")
    try:
        bound = float(text)
    except ValueError:
        bound = float("nan")
    if isnan(bound):
        raise CannotRollOut(f"{sample.name} has the bound {text!r}: it must be a number")
    return bound


def _histogram(cumulative: Mapping[float, float]) -> Histogram:
    bounds = sorted(cumulative)
    if not bounds:
        return Histogram()
    heights = [0.0, *(cumulative[bound] for bound in bounds)]
    counts = tuple(upper - lower for lower, upper in pairwise(heights))
    return Histogram(tuple(bound for bound in bounds if bound < inf), counts)
