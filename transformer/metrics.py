"""What the transformer counts, and how Prometheus reads it.

The client library's own counters cost about a microsecond for each observation, several times a request. Here an
observation is an addition to a plain number, and the library's families are made when somebody scrapes. All of
it happens on the event loop, so nothing is locked. Names follow Prometheus' conventions; the KServe SDK's four
histograms keep theirs, and are filled here, because inference does not pass through the SDK.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from http import HTTPStatus
from itertools import pairwise
from time import perf_counter
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from flights.booster import RUNTIME_XGBOOST
from flights.encoder import EncodedFlights
from flights.errors import PredictorError
from flights.reference import BOUNDS, Reference
from transformer.predictor import Probabilities

if TYPE_CHECKING:
    from transformer.tracing import RequestTrace

now_s = perf_counter

HUNG_UP = "hung_up"
"""The status of a request whose caller did not wait for the answer."""
STATUS_TEXT = {status: str(status.value) for status in HTTPStatus}

_FORESEEN = (
    *(("rest", status) for status in ("200", "400", "502", "503", "504", HUNG_UP)),
    *(
        ("grpc", status)
        for status in ("OK", "INVALID_ARGUMENT", "INTERNAL", "UNAVAILABLE", "DEADLINE_EXCEEDED", HUNG_UP)
    ),
)
"""They are told as 0 before they come: Prometheus takes a series that appears with 7 for one that always had 7."""

_SECONDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
_REQUEST_SECONDS = (
    *(0.0005, 0.00075, 0.001, 0.0014, 0.002, 0.0028, 0.004, 0.0056, 0.0075, 0.01, 0.014, 0.02, 0.028, 0.04, 0.056),
    *(0.075, 0.1, 0.14, 0.2, 0.28, 0.4, 0.56, 0.75, 1.0, 1.4, 2.0, 2.8, 4.0, 5.6),
)
"""Half as wide as the others: two versions' percentiles are compared by them."""
_FLIGHTS = tuple(2.0**power for power in range(12))

_SDK_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0)
"""The bounds of the SDK's histograms, which are the client library's default."""


class Histogram:
    """Counts of values by upper bound.

    Args:
        bounds: Upper bounds, ascending; one without end is added.
    """

    __slots__ = ("bounds", "counts", "total")

    def __init__(self, bounds: Sequence[float]) -> None:
        self.bounds = bounds
        self.counts = [0] * (len(bounds) + 1)
        self.total = 0.0

    def observe(self, value: float) -> None:
        """Count one value."""
        self.counts[bisect_left(self.bounds, value)] += 1
        self.total += value

    def observe_all(self, values: npt.NDArray[np.float64]) -> None:
        """Count n values, FP64 of shape [n]."""
        added = np.bincount(np.searchsorted(self.bounds, values), minlength=len(self.counts))
        self.counts = [count + more for count, more in zip(self.counts, added.tolist(), strict=True)]
        self.total += float(values.sum())

    def family(self, name: str, documentation: str, labels: dict[str, str]) -> HistogramMetricFamily:
        """Return the histogram as Prometheus reads it."""
        cumulative = np.cumsum(self.counts).tolist()
        bounds = [*map(str, map(float, self.bounds)), "+Inf"]
        family = HistogramMetricFamily(name, documentation, labels=list(labels))
        buckets = list(zip(bounds, map(float, cumulative), strict=True))
        family.add_metric(list(labels.values()), buckets=buckets, sum_value=self.total)
        return family


class RequestClock:
    """The moments of one request, in seconds of ``now_s``: begun, encoded, answered by the predictor.

    Attributes:
        trace: Its trace, which ends with it; None if it is not sampled.
    """

    __slots__ = ("answered_s", "begun_s", "encoded_s", "trace")

    def __init__(self) -> None:
        self.begun_s = now_s()
        self.encoded_s = 0.0
        self.answered_s = 0.0
        self.trace: RequestTrace | None = None


class Metrics(Collector):
    """All metrics of one version.

    Args:
        model_name: Name of the model.
        version: The bundle's version.
        digest: The bundle's digest.
        threshold: Probability from which a flight counts as delayed.
        reference: What training's own flights were answered; None leaves the families that compare with it out.
    """

    def __init__(
        self, model_name: str, version: str, digest: str, threshold: float, reference: Reference | None = None
    ) -> None:
        self._threshold = threshold
        self._bands = () if reference is None else reference.bands()
        self._sdk_labels = {"model_name": model_name}
        self._labels = {"model_name": model_name, "model_version": version}
        self._digest = digest
        self._requests: Counter[tuple[str, str]] = Counter(dict.fromkeys(_FORESEEN, 0))
        self._request_seconds = {protocol: Histogram(_REQUEST_SECONDS) for protocol in ("rest", "grpc")}
        self._in_flight = 0
        self._ready = False
        self._preprocess_seconds = Histogram(_SDK_SECONDS)
        self._predict_seconds = Histogram(_SDK_SECONDS)
        self._postprocess_seconds = Histogram(_SDK_SECONDS)
        self._queue_seconds = Histogram(_SECONDS)
        self._call_seconds = Histogram(_SECONDS)
        self._call_flights = Histogram(_FLIGHTS)
        self._faults: Counter[str] = Counter()
        self._flights = 0
        self._delayed = 0
        self._unseen = {"airline": 0, "destination": 0}
        self._probabilities = Histogram(BOUNDS)
        self.payload_events: Mapping[str, int] = {}
        """Events of the payload log by outcome; empty where there is none."""

    def begin(self) -> RequestClock:
        """Count a request in."""
        self._in_flight += 1
        return RequestClock()

    def end(self, clock: RequestClock, protocol: str, status: str) -> None:
        """Count a request out, answered with a status in the protocol's own words."""
        ended_s = now_s()
        self._in_flight -= 1
        self._requests[protocol, status] += 1
        self._request_seconds[protocol].observe(ended_s - clock.begun_s)
        if clock.trace is not None:
            clock.trace.end(protocol, status)
        if clock.answered_s:
            self._preprocess_seconds.observe(clock.encoded_s - clock.begun_s)
            self._predict_seconds.observe(clock.answered_s - clock.encoded_s)
            self._postprocess_seconds.observe(ended_s - clock.answered_s)

    def encoded(self, flights: EncodedFlights) -> None:
        """Count flights that were encoded, and those of them that training did not know."""
        self._flights += flights.count
        if flights.unseen_airlines:
            self._unseen["airline"] += flights.unseen_airlines
        if flights.unseen_destinations:
            self._unseen["destination"] += flights.unseen_destinations

    def waited(self, seconds: float) -> None:
        """Count the time that a request waited before its call."""
        self._queue_seconds.observe(seconds)

    def called(self, count: int, seconds: float) -> None:
        """Count a predictor call with so many flights."""
        self._call_flights.observe(count)
        self._call_seconds.observe(seconds)

    def predicted(self, probabilities: Probabilities) -> None:
        """Count the answers of a call."""
        values = np.array(probabilities)
        self._probabilities.observe_all(values)
        self._delayed += int(np.count_nonzero(values >= self._threshold))

    def failed(self, error: PredictorError) -> None:
        """Count a call that failed, or a request that was late before its call."""
        self._faults[error.kind] += 1

    def is_ready(self, ready: bool) -> None:
        """Note whether the golden flights come back right."""
        self._ready = ready

    def collect(self) -> Iterator[Metric]:
        """Return every family; see prometheus_client's ``Collector``."""
        yield from self._request_families()
        yield from self._predictor_families()
        yield from self._flight_families()
        for name, documentation, histogram in (
            ("request_preprocess_seconds", "pre-process request latency", self._preprocess_seconds),
            ("request_predict_seconds", "predict request latency", self._predict_seconds),
            ("request_postprocess_seconds", "post-process request latency", self._postprocess_seconds),
        ):
            yield histogram.family(name, documentation, self._sdk_labels)
        build = {"bundle_digest": self._digest, "xgboost": ".".join(map(str, RUNTIME_XGBOOST))}
        yield self._gauge("flight_delay_build_info", "What is served; always 1", [(build, 1)])
        yield self._gauge("flight_delay_ready", "Whether the golden flights come back right", [({}, int(self._ready))])

    def _request_families(self) -> Iterator[Metric]:
        yield self._counter(
            "flight_delay_requests",
            "Inference requests answered",
            [({"protocol": protocol, "status": status}, n) for (protocol, status), n in self._requests.items()],
        )
        yield self._gauge("flight_delay_requests_in_flight", "Inference requests under way", [({}, self._in_flight)])
        name, documentation = "flight_delay_request_seconds", "From a request's last byte to its answer"
        merged = None
        for protocol, histogram in self._request_seconds.items():
            family = histogram.family(name, documentation, self._labels | {"protocol": protocol})
            if merged is None:
                merged = family
            else:
                merged.samples += family.samples
        assert merged is not None
        yield merged

    def _predictor_families(self) -> Iterator[Metric]:
        for name, documentation, histogram in (
            ("flight_delay_queue_seconds", "Time that a request waits for its predictor call", self._queue_seconds),
            ("flight_delay_predictor_call_seconds", "Duration of a predictor call", self._call_seconds),
            ("flight_delay_predictor_call_flights", "Flights in a predictor call", self._call_flights),
        ):
            yield histogram.family(name, documentation, self._labels)
        kinds = [({"kind": kind}, self._faults[kind]) for kind in sorted(_fault_kinds())]
        yield self._counter(
            "flight_delay_predictor_faults", "Predictor calls that failed, and requests late before theirs", kinds
        )

    def _flight_families(self) -> Iterator[Metric]:
        yield self._counter("flight_delay_flights", "Flights encoded", [({}, self._flights)])
        yield self._counter("flight_delay_delayed_flights", "Flights answered as delayed", [({}, self._delayed)])
        yield self._counter(
            "flight_delay_unseen_categories",
            "Flights whose airline or destination training did not know",
            [({"field": field}, n) for field, n in self._unseen.items()],
        )
        documentation = "Delay probabilities answered"
        yield self._probabilities.family("flight_delay_probability", documentation, self._labels)
        if self._bands:
            yield from self._band_families()
        if self.payload_events:
            events = [({"outcome": outcome}, n) for outcome, n in self.payload_events.items()]
            yield self._counter(
                "flight_delay_payload_events", "Events of the payload log, by what became of them", events
            )

    def _band_families(self) -> Iterator[Metric]:
        """The answers by bands that training's flights fill evenly, so that the two can be compared by a query."""
        counted = [0]
        for band in self._bands:
            counted.append(sum(self._probabilities.counts[: bisect_left(BOUNDS, band.upper) + 1]))
        answered = [
            ({"band": band.name}, n - before) for band, (before, n) in zip(self._bands, pairwise(counted), strict=True)
        ]
        yield self._counter("flight_delay_probability_band", "Delay probabilities answered, by band", answered)
        yield self._gauge(
            "flight_delay_training_band_share",
            "Share of training's flights in a band of delay probabilities",
            [({"band": band.name}, band.share) for band in self._bands],
        )

    def _counter(self, name: str, documentation: str, samples: Iterable[tuple[dict[str, str], float]]) -> Metric:
        return self._fill(CounterMetricFamily, name, documentation, list(samples))

    def _gauge(self, name: str, documentation: str, samples: Iterable[tuple[dict[str, str], float]]) -> Metric:
        return self._fill(GaugeMetricFamily, name, documentation, list(samples))

    def _fill(
        self,
        family_type: type[CounterMetricFamily] | type[GaugeMetricFamily],
        name: str,
        documentation: str,
        samples: list[tuple[dict[str, str], float]],
    ) -> Metric:
        extra = list(samples[0][0]) if samples else []
        family = family_type(name, documentation, labels=[*self._labels, *extra])
        for labels, value in samples:
            family.add_metric([*self._labels.values(), *labels.values()], value)
        return family


def _fault_kinds() -> list[str]:
    return [kind.kind for kind in PredictorError.__subclasses__()]
