"""Golden flights through a Gateway that is a server on this machine."""

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from types import SimpleNamespace

import pytest

from rollout import golden_file
from rollout.cluster import Pod, _service
from rollout.errors import CannotRollOut
from rollout.gateway import Gateway
from rollout.pod_metrics import PodSource
from rollout.tally import Container
from transformer.samples import request_of

GOLDEN = golden_file.decode(Path("bundles/scl/golden/flights.json").read_bytes())


class Proxy(BaseHTTPRequestHandler):
    """Answers golden flights as the version that is asked for does, or as a test wants it."""

    status, version, shift, cut = 200, "scl-1", 0.0, 0
    seen: dict[str, object]

    def do_POST(self) -> None:  # the base class names it
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        type(self).seen = {"body": body, "path": self.path, **{k.lower(): v for k, v in self.headers.items()}}
        probabilities = [each + self.shift for each in GOLDEN.probabilities][self.cut :]
        answer: dict[str, object] = {"error": "no such version"}
        if self.status == 200:
            outputs = {"delay_probability": probabilities, "delayed": [each > 0.2 for each in probabilities]}
            answer = {
                "model_version": self.version,
                "outputs": [{"name": name, "data": column} for name, column in outputs.items()],
            }
        self.send_response(self.status)
        self.end_headers()
        self.wfile.write(json.dumps(answer).encode())

    def log_message(self, *_: object) -> None:
        pass


def _raw(answer: str) -> Callable[[Proxy], None]:
    def answers(self: Proxy) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        self.send_response(200)
        self.end_headers()
        self.wfile.write(answer.encode())

    return answers


@pytest.fixture
def proxy() -> Iterator[type[Proxy]]:
    kind = type("OneProxy", (Proxy,), {})
    server = HTTPServer(("127.0.0.1", 0), kind)
    kind.url = f"http://127.0.0.1:{server.server_port}"  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield kind
    server.shutdown()
    thread.join()
    server.server_close()


def test_golden_flights_go_to_the_version_as_any_client_sends_them(proxy):
    gateway = Gateway(proxy.url, "flight-delay", token="secret", host="flights.example")
    assert gateway.golden_fault("scl-1", GOLDEN) is None
    assert proxy.seen["body"] == request_of(GOLDEN.columns)
    assert proxy.seen["path"] == "/v2/models/flight-delay/infer"
    assert proxy.seen["x-model-version"] == "scl-1"
    assert proxy.seen["authorization"] == "Bearer secret"
    assert proxy.seen["host"] == "flights.example"


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"shift": 0.001}, "golden flight .* has the probability"),
        ({"version": "scl-2"}, "version scl-2 answers where scl-1 was asked"),
        ({"cut": 1}, "it must be 30 finite numbers"),
        ({"status": 503}, r"no answer through the gateway \(status 503: no such version\)"),
    ],
    ids=["wrong", "another version", "too few", "away"],
)
def test_what_is_wrong_with_golden_flights_is_a_sentence(proxy, change, sentence):
    for name, value in change.items():
        setattr(proxy, name, value)
    with pytest.raises(AssertionError, match=sentence):
        raise AssertionError(Gateway(proxy.url, "flight-delay").golden_fault("scl-1", GOLDEN, patience_s=0.1))


@pytest.mark.parametrize(
    "answer",
    [
        *("", "<html>", "[]", "null", '{"outputs": null}', '{"model_version": "scl-1", "outputs": []}'),
        '{"model_version": "scl-1", "outputs": [{"name": "delay_probability"}, {"name": "delayed", "data": [true]}]}',
        '{"model_version": "scl-1", "outputs": [{"name": "delay_probability", "data": ["a"]},'
        ' {"name": "delayed", "data": [true]}]}',
        '{"model_version": "scl-1", "outputs": [{"name": "delay_probability", "data": [0.1, 0.2]},'
        ' {"name": "delayed", "data": [true]}]}',
    ],
    ids=["nothing", "HTML", "a list", "null", "no outputs", "no output", "no data", "no number", "another length"],
)
def test_what_is_no_answer_of_a_version_is_a_fault_in_a_sentence(proxy, monkeypatch, answer):
    monkeypatch.setattr(proxy, "do_POST", _raw(answer))
    fault = Gateway(proxy.url, "flight-delay").golden_fault("scl-1", GOLDEN, patience_s=0)
    assert fault == "its golden flights get no answer through the gateway (what comes back is not a version's answer)"


def test_a_gateway_that_is_away_is_a_fault_and_a_wrong_address_an_error():
    fault = Gateway("http://127.0.0.1:9", "flight-delay").golden_fault("scl-1", GOLDEN, patience_s=0.1)
    assert fault is not None
    assert "no answer" in fault
    with pytest.raises(CannotRollOut, match="must begin with http"):
        Gateway("10.0.0.1", "flight-delay")


def test_golden_flights_that_are_none_are_refused():
    with pytest.raises(CannotRollOut, match="the pod's golden flights cannot be read"):
        golden_file.decode(b"{}")


PAGE = """# TYPE flight_delay_requests_total counter
flight_delay_requests_total{{model_version="{version}",protocol="rest",status="200"}} {count}
"""


def test_every_pod_that_runs_and_answers_is_read():
    pods = [
        Pod("a", "v1", True, False, 1.0, 0),
        Pod("b", "v2", True, True, 2.0, 0),
        Pod("c", "v2", False, False, None, 0),
        Pod("d", "v2", False, False, 4.0, 0),
    ]

    def fetch(pod: str) -> str:
        if pod == "d":
            raise ConnectionError("it ends")
        return PAGE.format(version={"a": "v1", "b": "v2"}[pod], count={"a": 5, "b": 7}[pod])

    reading = PodSource(SimpleNamespace(pods=lambda: pods), fetch).read()  # type: ignore[arg-type]
    assert {container: counts.requests for container, counts in reading.counts.items()} == {
        Container("v1", "a", 1.0): 5,
        Container("v2", "b", 2.0): 7,
    }


def test_a_pod_that_answers_something_else_is_named():
    pods = [Pod("a", "v1", True, False, 1.0, 0)]
    with pytest.raises(CannotRollOut, match="the metrics of a cannot be read: it is no page of metrics"):
        PodSource(SimpleNamespace(pods=lambda: pods), lambda _: "<html>").read()  # type: ignore[arg-type]


def test_what_kserve_says_is_one_line():
    service = _service(
        {
            "metadata": {"creationTimestamp": "2026-01-01T00:00:00Z"},
            "status": {
                "conditions": [
                    {"type": "Ready", "status": "False", "message": "not\nyet"},
                    {"type": "PredictorReady", "status": "False", "message": "not yet"},
                ],
                "modelStatus": {"lastFailureInfo": {"reason": "ModelLoadFailed", "message": "no such\n  bucket"}},
            },
        }
    )
    assert (service.ready, service.fault) == (False, "ModelLoadFailed: no such bucket; not yet")
