"""The predictor's faults, as the transformer's clients see them."""

import re
import signal
import socket
import statistics
import struct
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from grpc import StatusCode

from flights.golden import TOLERANCE
from tests.served.faulty_pair import READY, FaultyPair
from tests.served.faulty_predictor import LIES
from tests.served.load_client import Asked
from tests.served.running import get, wait_until

pytestmark = pytest.mark.served

DEADLINE_S = 0.8
SLACK_S = 5.0  # for a machine that others keep busy; the faults themselves would last for ever

AWAY = (503, StatusCode.UNAVAILABLE)
LATE = (504, StatusCode.DEADLINE_EXCEEDED)
NONSENSE = (502, StatusCode.INTERNAL)

STATUSES = {
    "INTERNAL": NONSENSE,
    "INVALID_ARGUMENT": NONSENSE,
    "UNIMPLEMENTED": NONSENSE,
    "UNKNOWN": NONSENSE,
    "NOT_FOUND": AWAY,
    "UNAVAILABLE": AWAY,
    "RESOURCE_EXHAUSTED": AWAY,
    "DEADLINE_EXCEEDED": LATE,
}

FAULTS = {
    "refused": ({}, AWAY),
    "reset": ({}, AWAY),
    "cut": ({}, AWAY),
    "not HTTP/2": ({}, NONSENSE),
    "hung": ({}, LATE),
    "slow": ({"seconds": DEADLINE_S + 0.3}, LATE),
} | {lie: ({}, NONSENSE) for lie in LIES}

CASES = [pytest.param(fault, details, expected, id=fault) for fault, (details, expected) in FAULTS.items()] + [
    pytest.param("status", {"code": code}, expected, id=code) for code, expected in STATUSES.items()
]

INTERNAL_TEXT = re.compile(r"127\.0\.0|10\.1\.2|Error|error:|Traceback|grpc|Rpc|\.py|/|0x|secret|predict\b|FP64", re.I)


@pytest.fixture(scope="module")
def pair(start_shared, bundle):
    return FaultyPair(start_shared, bundle, deadline_s=DEADLINE_S, golden_kept_s=0.1, most_rows_waiting=100)


@pytest.fixture(autouse=True)
def recovered(pair):
    yield
    pair.predictor.become("none")
    wait_until(pair.is_ready, "readiness again", 10)


def timed(ask):
    start = time.monotonic()
    outcome = ask()
    return outcome, time.monotonic() - start


@pytest.mark.parametrize(("fault", "details", "expected"), CASES)
def test_a_fault_has_its_status_in_time_and_ends_with_its_cause(pair, fault, details, expected):
    pair.predictor.become(fault, **details)
    with ThreadPoolExecutor(2) as both:
        rest = both.submit(timed, pair.ask)
        over_grpc = both.submit(timed, pair.ask_grpc)
    (answer, rest_s), ((code, text), grpc_s) = rest.result(), over_grpc.result()
    assert (answer.status, code) == expected
    assert max(rest_s, grpc_s) < DEADLINE_S + SLACK_S
    sentence = answer.json()["error"]
    assert list(answer.json()) == ["error"]
    assert text == sentence
    assert not INTERNAL_TEXT.search(sentence)
    assert answer.headers["Retry-After"] == ("1" if answer.status == 503 else None)
    assert pair.is_live()
    wait_until(lambda: not pair.is_ready(), "unreadiness", 10)

    pair.predictor.become("none")
    assert np.abs(pair.bundle.golden.differences(pair.probabilities())).max() <= TOLERANCE
    wait_until(lambda: pair.ask_grpc() == (StatusCode.OK, ""), "an answer over gRPC", DEADLINE_S + SLACK_S)
    wait_until(pair.is_ready, "readiness again", 3)


def test_a_predictor_that_accepts_connections_and_never_greets_is_away_or_late(pair):
    pair.predictor.become("silent")
    for _ in range(4):
        answer, rest_s = timed(pair.ask)
        (code, _), grpc_s = timed(pair.ask_grpc)
        assert answer.status in (503, 504)
        assert code in (StatusCode.UNAVAILABLE, StatusCode.DEADLINE_EXCEEDED)
        assert max(rest_s, grpc_s) < DEADLINE_S + SLACK_S
    wait_until(lambda: not pair.is_ready(), "unreadiness", 10)
    pair.predictor.become("none")
    wait_until(lambda: pair.ask().status == 200, "an answer again", DEADLINE_S + SLACK_S)


def test_a_predictor_that_is_gone_for_long_is_used_soon_after_its_return(pair):
    pair.predictor.become("refused")
    until = time.monotonic() + 3
    while time.monotonic() < until:  # long enough for a back-off to grow, were there one
        (code, _), grpc_s = timed(pair.ask_grpc)
        assert (code, grpc_s < DEADLINE_S + SLACK_S) == (StatusCode.UNAVAILABLE, True)
        time.sleep(0.1)
    pair.predictor.become("none")
    wait_until(lambda: pair.ask().status == 200, "an answer again", 2)


def test_a_predictor_that_is_stopped_is_late_and_used_again_when_it_goes_on(pair):
    process = pair.predictor.running.popen
    process.send_signal(signal.SIGSTOP)
    try:
        assert (pair.ask().status, pair.ask_grpc()[0]) == LATE
        wait_until(lambda: not pair.is_ready(), "unreadiness", 10)
        assert pair.is_live()
    finally:
        process.send_signal(signal.SIGCONT)
    wait_until(lambda: pair.ask().status == 200, "an answer again", DEADLINE_S + SLACK_S)


class TestWhileThePredictorHangs:
    def test_liveness_and_readiness_are_answered_at_once_though_50_requests_wait(self, pair):
        pair.predictor.become("hung")
        with ThreadPoolExecutor(50) as clients:
            waiting = [clients.submit(timed, lambda ask=ask: ask(0)) for ask in (pair.ask, pair.ask_grpc) * 25]
            probes = []
            while not all(request.done() for request in waiting):
                assert timed(pair.is_live)[0]
                probes += [timed(pair.is_live)[1], timed(pair.is_ready)[1] - 0.5]
            outcomes = [request.result() for request in waiting]
        assert probes
        assert statistics.median(probes) < DEADLINE_S, "they do not wait for what hangs"
        assert all(seconds < DEADLINE_S + SLACK_S for _, seconds in outcomes)
        statuses = {outcome[0] if isinstance(outcome, tuple) else outcome.status for outcome, _ in outcomes}
        assert statuses == set(LATE)

    def test_those_who_ask_later_have_the_whole_deadline_and_not_more(self, pair):
        pair.predictor.become("hung")
        with ThreadPoolExecutor(20) as clients:
            waiting = []
            for _ in range(20):
                waiting.append(clients.submit(timed, lambda: pair.ask(0)))
                time.sleep(DEADLINE_S / 10)
            outcomes = [request.result() for request in waiting]
        assert {answer.status for answer, _ in outcomes} == {504}
        assert all(DEADLINE_S * 0.9 < seconds < DEADLINE_S + SLACK_S for _, seconds in outcomes)

    def test_too_many_waiting_flights_are_refused_at_once_and_only_while_they_are_too_many(self, pair):
        pair.predictor.become("hung")
        with ThreadPoolExecutor(20) as clients:
            waiting = [clients.submit(timed, ask) for ask in (pair.ask, pair.ask_grpc) * 10]
            outcomes = [request.result() for request in waiting]
        statuses = Counter()
        for outcome, seconds in outcomes:
            status, text = outcome if isinstance(outcome, tuple) else (outcome.status, outcome.json()["error"])
            statuses[status] += 1
            if status in AWAY:
                assert text == "too many flights are waiting for the predictor"
                assert seconds < DEADLINE_S + SLACK_S
                assert isinstance(outcome, tuple) or outcome.headers["Retry-After"] == "1"
        assert set(statuses) <= {*AWAY, *LATE}
        assert statuses[AWAY[0]] + statuses[AWAY[1]] > 0
        waiting_flights = 27 * (statuses[LATE[0]] + statuses[LATE[1]])
        assert 100 < waiting_flights <= 100 + 27 * 6, "what is under way, what may wait, and one that passed the limit"
        pair.predictor.become("none")
        wait_until(lambda: pair.ask().status == 200, "an answer again", DEADLINE_S + SLACK_S)


class TestClientsThatHangUp:
    def test_leave_nothing_behind_and_others_their_own_answers(self, start, bundle, pair):
        predictor = pair.predictor
        patient = FaultyPair(start, bundle, predictor=predictor, deadline_s=10)
        expected = [patient.probabilities(row) for row in range(27)]
        asked = Asked.of(patient.body(1), 0.0).raw
        descriptors, before = patient.descriptors(), predictor.count()
        predictor.become("slow", seconds=1.5, calls=1)
        with ThreadPoolExecutor(30) as clients, patient.stub() as stub:
            first = clients.submit(patient.ask, 0)
            wait_until(lambda: predictor.count()["calls"] > before["calls"], "the first call", 5)
            gone = [socket.create_connection(("127.0.0.1", patient.http_port)) for _ in range(30)]
            for connection in gone:
                connection.sendall(asked)
            calls = [stub.ModelInfer.future(patient.grpc_request(1)) for _ in range(30)]
            stay = [clients.submit(patient.ask, row) for row in range(27)]
            wait_until(lambda: patient.metric("flight_delay_requests_in_flight") == 88, "all of them waiting", 1)
            for position, connection in enumerate(gone):
                if position % 2:  # half of them rudely: a reset
                    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                connection.close()
            for call in calls:
                call.cancel()
            assert [client.result().json()["outputs"][0]["data"] for client in stay] == expected
            assert first.result().json()["outputs"][0]["data"] == expected[0]
        closed = len(gone) // 2  # they may only have closed their half, and still wait for the answer
        assert predictor.count()["rows"] - before["rows"] <= 28 + closed, "who was gone was not sent"
        wait_until(lambda: patient.metric("flight_delay_requests_in_flight") == 0, "nothing under way", 5)
        wait_until(lambda: patient.descriptors() <= descriptors + 2, "no descriptor left", 5)


class TestReadiness:
    def test_is_kept_when_one_golden_check_is_late(self, pair):
        pair.predictor.become("hung", calls=1)
        calls = pair.predictor.count()["calls"]
        until = time.monotonic() + 2
        while time.monotonic() < until:
            answer, seconds = timed(lambda: get(pair.http_port, READY).status)
            assert answer == 200
            assert seconds < DEADLINE_S + SLACK_S
        assert pair.predictor.count()["calls"] > calls + 1, "the check was made, and made again"

    def test_is_kept_under_load_that_the_predictor_barely_bears(self, pair):
        """Each call takes nearly the deadline, so many callers are late; the predictor works all the same."""
        pair.predictor.become("slow", seconds=DEADLINE_S * 0.8)
        until = time.monotonic() + 3
        with ThreadPoolExecutor(33) as clients:
            load = [clients.submit(ask_until, pair, until) for _ in range(32)]
            while time.monotonic() < until:
                answer, seconds = timed(lambda: get(pair.http_port, READY).status)
                assert answer == 200
                assert seconds < DEADLINE_S + SLACK_S
            statuses = [status for client in load for status in client.result()]
        assert set(statuses) <= {200, 504}
        assert 504 in statuses


def ask_until(pair, until):
    statuses = []
    while time.monotonic() < until:
        statuses.append(pair.ask(0).status)
    return statuses
