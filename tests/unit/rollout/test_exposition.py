"""What the transformer writes is what a rollout reads."""

import json
import threading
from collections.abc import Mapping, Sequence
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pytest
from prometheus_client import CollectorRegistry, generate_latest

from rollout.errors import CannotRollOut
from rollout.exposition import FAMILIES, counts_by_version, fault_of, samples
from rollout.prometheus import PrometheusSource
from rollout.simulation import PROBABILITIES, SECONDS
from rollout.tally import Container
from transformer.metrics import Metrics

STATUSES = [("rest", "200")] * 7 + [("grpc", "OK"), ("rest", "400"), ("rest", "503"), ("grpc", "NOT_FOUND")]
STATUSES += [("grpc", "INTERNAL"), ("rest", "hung_up")]


class Encoded:
    count, unseen_airlines, unseen_destinations = 5, 1, 2


@pytest.fixture
def page() -> str:
    """A page of a transformer that answered a little."""
    metrics = Metrics("flight-delay", "scl-1", "digest", 0.5)
    for protocol, status in STATUSES:
        metrics.end(metrics.begin(), protocol, status)
    metrics.encoded(Encoded)
    metrics.predicted(np.array([0.01, 0.19, 0.72], np.float32))
    registry = CollectorRegistry()
    registry.register(metrics)
    return generate_latest(registry).decode()


def test_requests_flights_and_histograms_are_counted(page):
    (version, counts) = next(iter(counts_by_version(samples(page)).items()))
    assert version == "scl-1"
    assert (counts.requests, counts.caller_faults, counts.server_faults) == (13, 2, 3)
    assert (counts.flights, counts.delayed, counts.unseen) == (5, 1, 3)
    assert counts.seconds.total == 13
    assert counts.probabilities.counts == tuple({0: 1.0, 3: 1.0, 14: 1.0}.get(bucket, 0.0) for bucket in range(21))


def test_the_series_that_are_read_are_there_and_the_simulation_has_their_bounds(page):
    names = {sample.name for sample in samples(page)}
    assert set(FAMILIES) <= names
    (counts,) = counts_by_version(samples(page)).values()
    assert counts.probabilities.bounds == PROBABILITIES
    assert set(counts.seconds.bounds) >= {bound for bound in SECONDS if bound <= 4}


@pytest.mark.parametrize(
    ("status", "fault"),
    [
        ("200", None),
        ("OK", None),
        ("429", "caller_faults"),
        ("RESOURCE_EXHAUSTED", "caller_faults"),
        ("502", "server_faults"),
        ("DEADLINE_EXCEEDED", "server_faults"),
        ("hung_up", "server_faults"),
    ],
)
def test_a_status_says_whose_fault_it_is(status, fault):
    assert fault_of(status) == fault


class Prometheus(BaseHTTPRequestHandler):
    """Answers with a page's samples, as of two pods; by its clock it is 100."""

    page = ""
    asked = 0
    scraped_s: Mapping[str, Sequence[float]] = {}
    """When a pod was last scraped, question by question."""

    def do_GET(self) -> None:  # the base class names it
        (query,) = parse_qs(urlsplit(self.path).query)["query"]
        if query == "vector(time())":
            self._answer([{"metric": {}, "value": [0, "100"]}])
            return
        assert 'namespace="flights"' in query
        if query.startswith("timestamp("):
            found = [
                {"metric": {"pod": pod}, "value": [0, str(moments[min(Prometheus.asked, len(moments) - 1)])]}
                for pod, moments in self.scraped_s.items()
            ]
            Prometheus.asked += 1
            self._answer(found)
            return
        found = [
            {"metric": {"__name__": sample.name, "pod": pod, **sample.labels}, "value": [0, str(sample.value)]}
            for pod in ("a", "b")
            for sample in samples(self.page)
        ]
        found += [{"metric": {"__name__": "process_start_time_seconds", "pod": "a"}, "value": [0, "77.5"]}]
        self._answer(found)

    def _answer(self, found: object) -> None:
        body = json.dumps({"status": "success", "data": {"resultType": "vector", "result": found}}).encode()
        self.send_response(200)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def prometheus(page):
    """The address of a Prometheus with that page."""
    Prometheus.page, Prometheus.asked = page, 0
    server = HTTPServer(("127.0.0.1", 0), Prometheus)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_prometheus_gives_the_same_counts_as_the_pods(prometheus, page):
    reading = PrometheusSource(prometheus, "flights").read()
    (counts,) = counts_by_version(samples(page)).values()
    assert reading.counts == {Container("scl-1", "a", 77.5): counts, Container("scl-1", "b", 0.0): counts}


def test_what_happened_before_the_call_is_waited_for_until_every_pod_was_scraped(prometheus, monkeypatch):
    monkeypatch.setattr("rollout.prometheus.time.sleep", lambda _: None)
    Prometheus.scraped_s = {"a": (98, 103, 103, 103), "b": (97, 97, 97, 102)}
    assert len(PrometheusSource(prometheus, "flights").read_now().counts) == 2
    assert Prometheus.asked == 4


def test_a_pod_that_is_never_scraped_is_named(prometheus, monkeypatch):
    monkeypatch.setattr("rollout.prometheus.SCRAPED_S", -1)
    Prometheus.scraped_s = {"a": (103,), "b": (97,)}
    with pytest.raises(CannotRollOut, match="has not scraped b for"):
        PrometheusSource(prometheus, "flights").read_now()


def test_a_prometheus_that_does_not_scrape_the_pods_is_named(prometheus):
    Prometheus.page = ""
    with pytest.raises(CannotRollOut, match="has no series flight_delay_"):
        PrometheusSource(prometheus, "flights").read()


def test_a_prometheus_that_is_away_is_named():
    with pytest.raises(CannotRollOut, match=r"Prometheus at http://127.0.0.1:9 cannot be asked"):
        PrometheusSource("http://127.0.0.1:9", "flights").read()
    with pytest.raises(CannotRollOut, match="must begin with http"):
        PrometheusSource("prometheus:9090", "flights")
