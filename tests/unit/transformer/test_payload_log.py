import io
import json
import re
import threading
from collections.abc import Iterator

import pytest
from cloudevents.http import from_json

from flights.flight import Flights
from tests.flights import columns, make_flight
from transformer.payload_log import FAILED, OVER_RATE, QUEUE_FULL, WRITTEN, PayloadLog

FLIGHTS = Flights.from_columns(columns(make_flight(), make_flight(**{"Emp-I": "XXX"}), make_flight()))
PROBABILITIES = [0.1, 0.5, 0.9]


class Lines(io.RawIOBase):
    """A stream that takes at most a few bytes at once, or nothing until it is let go, or fails."""

    def __init__(self) -> None:
        self.content = b""
        self.fails = False
        self.open = threading.Event()
        self.open.set()

    def write(self, part: memoryview) -> int:  # type: ignore[override]
        self.open.wait(10)
        if self.fails:
            raise BrokenPipeError("nobody reads")
        self.content += bytes(part[:7])
        return min(7, len(part))

    @property
    def events(self) -> list[dict]:  # type: ignore[type-arg]
        return [json.loads(line) for line in self.content.splitlines()]


@pytest.fixture
def lines() -> Iterator[Lines]:
    lines = Lines()
    yield lines
    lines.open.set()


def make_log(lines: Lines, share: float = 1.0, most_per_s: int = 1000, most_flights: int = 100) -> PayloadLog:
    return PayloadLog(
        "flight-delay", "v-test", 0.5, share=share, most_per_s=most_per_s, most_flights=most_flights, stream=lines
    )


def test_an_event_is_a_cloud_event_with_flights_and_answers(lines: Lines) -> None:
    log = make_log(lines)
    log.offer(FLIGHTS, PROBABILITIES)
    log.close()
    (line,) = lines.content.splitlines()
    event = from_json(line)  # raises if it is none
    assert event["source"] == "/v2/models/flight-delay/versions/v-test"
    assert event.data["model_version"] == "v-test"
    assert event.data["flights"][1] == {
        **{name: column[1] for name, column in columns(make_flight(), make_flight(**{"Emp-I": "XXX"})).items()},
        "delay_probability": 0.5,
        "delayed": True,
    }
    assert [flight["delayed"] for flight in event.data["flights"]] == [False, True, True]
    assert log.outcomes == {WRITTEN: 1, OVER_RATE: 0, QUEUE_FULL: 0, FAILED: 0}


def test_nothing_else_is_told_and_the_time_in_whole_seconds(lines: Lines) -> None:
    log = make_log(lines)
    log.offer(FLIGHTS, PROBABILITIES)
    log.close()
    (event,) = lines.events
    assert set(event) == {"specversion", "id", "source", "type", "time", "datacontenttype", "data"}
    assert set(event["data"]) == {"model_version", "flights", "flights_left_out"}
    assert set(event["data"]["flights"][0]) == {
        "Fecha-I",
        "Des-I",
        "Emp-I",
        "TIPOVUELO",
        "delay_probability",
        "delayed",
    }
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", event["time"])


def test_an_event_has_no_more_flights_than_it_may_and_says_how_many_are_left_out(lines: Lines) -> None:
    log = make_log(lines, most_flights=2)
    log.offer(FLIGHTS, PROBABILITIES)
    log.close()
    (event,) = lines.events
    assert len(event["data"]["flights"]) == 2
    assert event["data"]["flights_left_out"] == 1


def test_a_share_of_the_requests_is_written(lines: Lines, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = iter([0.0, 0.2, 0.25, 0.9])
    monkeypatch.setattr("transformer.payload_log.random.random", lambda: next(drawn))
    log = make_log(lines, share=0.25)
    for _ in range(4):
        log.offer(FLIGHTS, PROBABILITIES)
    log.close()
    assert len(lines.events) == 2
    assert log.outcomes[OVER_RATE] == 0


def test_no_more_than_so_many_are_written_in_a_second_and_the_others_are_counted(
    lines: Lines, monkeypatch: pytest.MonkeyPatch
) -> None:
    now_s = 100.0
    monkeypatch.setattr("transformer.payload_log.time.time", lambda: now_s)
    log = make_log(lines, most_per_s=2)
    for _ in range(5):
        log.offer(FLIGHTS, PROBABILITIES)
    now_s = 101.5
    log.offer(FLIGHTS, PROBABILITIES)
    log.close()
    assert len(lines.events) == log.outcomes[WRITTEN] == 3
    assert log.outcomes[OVER_RATE] == 3


def test_a_stream_that_nobody_reads_costs_events_and_never_waits(lines: Lines) -> None:
    lines.open.clear()
    log = make_log(lines)
    for _ in range(300):
        log.offer(FLIGHTS, PROBABILITIES)  # on the event loop, where it would hang here
    assert log.outcomes[QUEUE_FULL] >= 300 - 256 - 1
    lines.open.set()
    log.close()
    assert log.outcomes[WRITTEN] + log.outcomes[QUEUE_FULL] == 300


def test_the_end_does_not_wait_for_a_stream_that_nobody_reads(lines: Lines) -> None:
    lines.open.clear()
    log = make_log(lines)
    log.offer(FLIGHTS, PROBABILITIES)
    log.close()
    assert lines.content == b""


def test_what_cannot_be_written_is_counted_and_the_next_one_is_tried(lines: Lines) -> None:
    lines.fails = True
    log = make_log(lines)
    log.offer(FLIGHTS, PROBABILITIES)
    while not log.outcomes[FAILED]:
        pass
    lines.fails = False
    log.offer(FLIGHTS, PROBABILITIES)
    log.close()
    assert log.outcomes == {WRITTEN: 1, OVER_RATE: 0, QUEUE_FULL: 0, FAILED: 1}
