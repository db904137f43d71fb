"""The transformer's metrics, as the counts that a verdict needs."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from math import inf

from prometheus_client.parser import text_string_to_metric_families

from rollout.counts import Counts, Histogram

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
STARTED = "process_start_time_seconds"


@dataclass(frozen=True, slots=True)
class Sample:
    """One series at one moment."""

    name: str
    labels: Mapping[str, str]
    value: float


def samples(text: str) -> list[Sample]:
    """Read a page of metrics."""
    return [
        Sample(sample.name, sample.labels, sample.value)
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    ]


@dataclass
class _Sums:
    numbers: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    seconds: dict[float, float] = field(default_factory=lambda: defaultdict(float))
    probabilities: dict[float, float] = field(default_factory=lambda: defaultdict(float))


def counts_by_version(series: Iterable[Sample]) -> dict[str, Counts]:
    """Return the counts in one container's series, by the version in their label: one, but for a wrong setup."""
    sums: dict[str, _Sums] = defaultdict(_Sums)
    for sample in series:
        if sample.name not in FAMILIES:
            continue
        into = sums[sample.labels["model_version"]]
        match sample.name:
            case "flight_delay_requests_total":
                into.numbers["requests"] += sample.value
                if fault := fault_of(sample.labels["status"]):
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


def _bound(sample: Sample) -> float:
    return float(sample.labels["le"])


def _histogram(cumulative: Mapping[float, float]) -> Histogram:
    bounds = sorted(cumulative)
    if not bounds:
        return Histogram()
    heights = [0.0, *(cumulative[bound] for bound in bounds)]
    counts = tuple(upper - lower for lower, upper in pairwise(heights))
    return Histogram(tuple(bound for bound in bounds if bound < inf), counts)
