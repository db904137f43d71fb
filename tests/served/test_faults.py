"""The predictor's faults, as the transformer's clients see them."""

import re
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from grpc import StatusCode

from flights.golden import TOLERANCE
from tests.served.faulty_pair import READY, FaultyPair
from tests.served.faulty_predictor import LIES
from tests.served.running import get, wait_until

pytestmark = pytest.mark.served

DEADLINE_S = 0.5
SLACK_S = 1.0

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
    return FaultyPair(start_shared, bundle, deadline_s=DEADLINE_S, golden_kept_s=0.1)


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
    wait_until(lambda: pair.ask().status == 200, "an answer again", DEADLINE_S + SLACK_S)
    served = pair.ask().json()["outputs"][0]["data"]
    assert np.abs(pair.bundle.golden.differences(served)).max() <= TOLERANCE
    assert pair.ask_grpc() == (StatusCode.OK, "")
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


def test_a_predictor_that_is_gone_for_long_is_used_within_a_second_of_its_return(pair):
    pair.predictor.become("refused")
    until = time.monotonic() + 4
    while time.monotonic() < until:  # long enough for a back-off to grow
        (code, _), grpc_s = timed(pair.ask_grpc)
        assert (code, grpc_s < DEADLINE_S) == (StatusCode.UNAVAILABLE, True)
        time.sleep(0.1)
    pair.predictor.become("none")
    wait_until(lambda: pair.ask().status == 200, "an answer again", 1)


class TestWhileThePredictorHangs:
    def test_liveness_and_readiness_are_answered_at_once_though_50_requests_wait(self, pair):
        pair.predictor.become("hung")
        with ThreadPoolExecutor(50) as clients:
            waiting = [clients.submit(timed, pair.ask if n % 2 else pair.ask_grpc) for n in range(50)]
            probes = []
            while not all(request.done() for request in waiting):
                assert timed(pair.is_live)[0]
                probes += [timed(pair.is_live)[1], timed(pair.is_ready)[1] - 0.5]
            outcomes = [request.result() for request in waiting]
        assert len(probes) > 2
        assert max(probes) < DEADLINE_S  # they do not wait for what hangs
        assert all(seconds < DEADLINE_S + SLACK_S for _, seconds in outcomes)
        statuses = {outcome[0] if isinstance(outcome, tuple) else outcome.status for outcome, _ in outcomes}
        assert statuses == set(LATE)

    def test_those_who_ask_later_have_the_whole_deadline_and_not_more(self, pair):
        pair.predictor.become("hung")
        with ThreadPoolExecutor(20) as clients:
            waiting = []
            for _ in range(20):
                waiting.append(clients.submit(timed, pair.ask))
                time.sleep(DEADLINE_S / 10)
            outcomes = [request.result() for request in waiting]
        assert {answer.status for answer, _ in outcomes} == {504}
        assert all(DEADLINE_S * 0.9 < seconds < DEADLINE_S + SLACK_S for _, seconds in outcomes)


class TestReadiness:
    def test_is_kept_when_one_golden_check_is_late(self, pair):
        pair.predictor.become("hung", calls=1)
        calls = pair.predictor.calls()
        until = time.monotonic() + 2
        while time.monotonic() < until:
            answer, seconds = timed(lambda: get(pair.http_port, READY).status)
            assert answer == 200
            assert seconds < 0.9
        assert pair.predictor.calls() > calls + 1, "the check was made, and made again"

    def test_is_kept_under_load_that_the_predictor_barely_bears(self, pair):
        """Each call takes nearly the deadline, so many callers are late; the predictor works all the same."""
        pair.predictor.become("slow", seconds=DEADLINE_S * 0.8)
        until = time.monotonic() + 4
        with ThreadPoolExecutor(33) as clients:
            load = [clients.submit(ask_until, pair, until) for _ in range(32)]
            while time.monotonic() < until:
                answer, seconds = timed(lambda: get(pair.http_port, READY).status)
                assert answer == 200
                assert seconds < 0.9
            statuses = [status for client in load for status in client.result()]
        assert set(statuses) <= {200, 504}
        assert 504 in statuses


def ask_until(pair, until):
    statuses = []
    while time.monotonic() < until:
        statuses.append(pair.ask(0).status)
    return statuses
