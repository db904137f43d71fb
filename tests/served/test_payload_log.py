"""The payload log of the real transformer, on its standard output."""

import json

import pytest

from tests.served.faulty_pair import INFER, MODEL, FaultyPair
from tests.served.running import get, post

pytestmark = pytest.mark.served

SECRET = "who-asked"
HEADERS = {
    "x-request-id": SECRET,
    "authorization": f"Bearer {SECRET}",
    "user-agent": SECRET,
    "traceparent": "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
}


def test_each_way_to_ask_is_written_and_nothing_that_tells_who_asked(start, bundle):
    pair = FaultyPair(start, bundle, payload_share=1)
    body = pair.body(0) | {"id": SECRET, "parameters": {SECRET: SECRET}}
    assert post(pair.http_port, INFER, body, HEADERS).status == 200
    versioned = f"/v2/models/{MODEL}/versions/{pair.bundle.version}/infer"
    assert post(pair.http_port, versioned, body, HEADERS).status == 200
    assert pair.ask_grpc(0)[0].name == "OK"
    assert post(pair.http_port, INFER, {"inputs": []}).status == 400  # has no answer, and no event
    assert pair.transformer.stop() == 0
    events = [json.loads(line) for line in pair.transformer.stdout.splitlines()]
    assert len(events) == 3
    columns = pair.bundle.golden.columns
    for event in events:
        (flight,) = event["data"]["flights"]
        assert flight["delay_probability"] == pytest.approx(pair.bundle.golden.probabilities[0], abs=1e-5)
        assert {name: flight[name] for name in columns} == {name: column[0] for name, column in columns.items()}
    assert len({event["id"] for event in events}) == 3
    for told in (SECRET, "127.0.0.1", "4bf92f3577b34da6a3ce929d0e0e4736"):
        assert told not in pair.transformer.stdout


def test_what_the_rate_leaves_out_is_counted(start, bundle):
    pair = FaultyPair(start, bundle, payload_share=1, payload_most_per_s=1)
    for _ in range(50):
        assert pair.ask(0).status == 200
    lines = get(pair.http_port, "/metrics").body.decode().splitlines()
    counted = {
        line.partition('outcome="')[2].partition('"')[0]: float(line.rpartition(" ")[2])
        for line in lines
        if line.startswith("flight_delay_payload_events_total{")
    }
    assert sum(counted.values()) == 50
    assert counted["over_rate"] > 0
    assert counted["queue_full"] == counted["failed"] == 0


def test_without_a_share_nothing_is_written(start, bundle):
    pair = FaultyPair(start, bundle)
    assert pair.ask(0).status == 200
    assert "payload" not in get(pair.http_port, "/metrics").body.decode()
    assert pair.transformer.stop() == 0
    assert pair.transformer.stdout == ""
