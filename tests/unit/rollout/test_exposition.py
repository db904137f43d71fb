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


POD_A, POD_B = (f"flight-delay-scl-1-predictor-{each}" for each in "ab")


class Prometheus(BaseHTTPRequestHandler):
    """Answers with a page's samples, as of two pods; by its clock it is 100."""

    page = ""
    asked = 0
    scraped_s: Mapping[str, Sequence[float]] = {}
    """When a pod was last scraped, question by question."""
    scraped_as: Mapping[str, str] = {}
    """Labels of a second job that scrapes the same pods."""

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
            for pod in (POD_A, POD_B)
            for sample in samples(self.page)
        ]
        found += [{"metric": {"__name__": "process_start_time_seconds", "pod": POD_A}, "value": [0, "77.5"]}]
        found += [{**each, "metric": {**each["metric"], **self.scraped_as}} for each in found if self.scraped_as]
        self._answer(found)

    def _answer(self, found: object) -> None:
        self._send(json.dumps({"status": "success", "data": {"resultType": "vector", "result": found}}).encode())

    def _send(self, body: bytes) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def prometheus(page):
    """The address of a Prometheus with that page."""
    Prometheus.page, Prometheus.asked, Prometheus.scraped_as = page, 0, {}
    server = HTTPServer(("127.0.0.1", 0), Prometheus)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_prometheus_gives_the_same_counts_as_the_pods(prometheus, page):
    reading = PrometheusSource(prometheus, "flights", "flight-delay").read()
    (counts,) = counts_by_version(samples(page)).values()
    assert reading.counts == {Container("scl-1", POD_A, 77.5): counts, Container("scl-1", POD_B, 0.0): counts}


def test_what_happened_before_the_call_is_waited_for_until_every_pod_was_scraped(prometheus, monkeypatch):
    monkeypatch.setattr("rollout.prometheus.time.sleep", lambda _: None)
    Prometheus.scraped_s = {"a": (98, 103, 103, 103), "b": (97, 97, 97, 102)}
    assert len(PrometheusSource(prometheus, "flights", "flight-delay").read_now().counts) == 2
    assert Prometheus.asked == 4


def test_a_pod_that_is_never_scraped_is_named(prometheus, monkeypatch):
    monkeypatch.setattr("rollout.prometheus.SCRAPED_S", -1)
    Prometheus.scraped_s = {"a": (103,), "b": (97,)}
    with pytest.raises(CannotRollOut, match="has not scraped b for"):
        PrometheusSource(prometheus, "flights", "flight-delay").read_now()


def test_a_prometheus_that_does_not_scrape_the_pods_is_named(prometheus):
    Prometheus.page = ""
    with pytest.raises(CannotRollOut, match="has no series flight_delay_"):
        PrometheusSource(prometheus, "flights", "flight-delay").read()


def test_a_pod_that_two_jobs_scrape_is_counted_once(prometheus, page):
    Prometheus.scraped_as = {"job": "another"}
    reading = PrometheusSource(prometheus, "flights", "flight-delay").read()
    (counts,) = counts_by_version(samples(page)).values()
    assert set(reading.counts.values()) == {counts}


def test_another_release_that_serves_the_same_version_is_not_counted(prometheus):
    with pytest.raises(CannotRollOut, match="of other-flight-delay in namespace flights"):
        PrometheusSource(prometheus, "flights", "other-flight-delay").read()


SERIES = {"__name__": "flight_delay_requests_total", "pod": POD_A, "model_version": "scl-1", "status": "200"}


@pytest.mark.parametrize(
    "body",
    [
        *("", "<html>", "[]", "null", "7", '{"status": "error"}', '{"data": null}', '{"data": {"result": "abc"}}'),
        json.dumps({"data": {"result": [None]}}),
        json.dumps({"data": {"result": [{"metric": SERIES}]}}),
        json.dumps({"data": {"result": [{"metric": SERIES, "values": [[0, "1"]]}]}}),
        json.dumps({"data": {"result": [{"metric": SERIES, "value": [0, "many"]}]}}),
        json.dumps({"data": {"resultType": "scalar", "result": [0, "1"]}}),
        '{"data":' * 100_000,
    ],
    ids=lambda body: body[:40] or "nothing",
)
def test_what_is_no_answer_of_a_prometheus_is_shown(prometheus, monkeypatch, body):
    monkeypatch.setattr(Prometheus, "do_GET", lambda self: self._send(body.encode()))
    for read in ("read", "read_now"):
        with pytest.raises(CannotRollOut, match="does not answer as Prometheus does"):
            getattr(PrometheusSource(prometheus, "flights", "flight-delay"), read)()


@pytest.mark.parametrize("number", ["NaN", "+Inf", "-1"])
def test_a_counter_that_is_no_number_from_0_on_is_refused(number):
    page = f'flight_delay_requests_total{{model_version="scl-1",status="200"}} {number}\n'
    with pytest.raises(CannotRollOut, match="a counter must be a finite number from 0 on"):
        counts_by_version(samples(page))


@pytest.mark.parametrize(
    ("page", "sentence"),
    [
        ("<html>", "it is no page of metrics"),
        ('flight_delay_requests_total{model_version="scl-1",sta', "it is no page of metrics"),
        ("flight_delay_requests_total 5\n", "has no label model_version"),
        ('flight_delay_requests_total{model_version="scl-1"} 5\n', "has no label status"),
        ('flight_delay_request_seconds_bucket{model_version="scl-1"} 5\n', "has no label le"),
        ('flight_delay_request_seconds_bucket{model_version="scl-1",le="low"} 5\n', "has the bound 'low'"),
    ],
    ids=["HTML", "cut", "no version", "no status", "no bound", "a bound that is none"],
)
def test_what_is_no_page_of_the_transformer_is_refused_in_a_sentence(page, sentence):
    with pytest.raises(CannotRollOut, match=sentence):
        counts_by_version(samples(page))


def test_odd_but_legal_pages_are_read():
    page = """  flight_delay_requests_total  { model_version = "a\\"b" , status = "200" , }   1e3  1700000000
flight_delay_request_seconds_bucket{model_version="a\\"b",le="+Inf"} 3
flight_delay_request_seconds_bucket{model_version="a\\"b",le="1e-3"} 1 # {trace_id="x"} 1 1
"""
    (counts,) = (counts for version, counts in counts_by_version(samples(page)).items() if version == 'a"b')
    assert (counts.requests, counts.seconds.bounds, counts.seconds.counts) == (1000, (0.001,), (1, 2))


def test_a_prometheus_that_is_away_is_named():
    with pytest.raises(CannotRollOut, match=r"Prometheus at http://127.0.0.1:9 cannot be asked"):
        PrometheusSource("http://127.0.0.1:9", "flights", "flight-delay").read()


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("prometheus:9090", "must begin with http"),
        *((url, "must name a host") for url in ("http://", "http:///x", "http://[::1", "http://a b", "http://a:99999")),
    ],
)
def test_an_address_that_is_none_is_refused(url, sentence):
    with pytest.raises(CannotRollOut, match=f"--prometheus .* {sentence}"):
        PrometheusSource(url, "flights", "flight-delay")
