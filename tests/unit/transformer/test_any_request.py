"""No body whatever makes a 500: it is flights, or the caller's fault with a sentence."""

import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from tests.fuzz.judges import judge_grpc, judge_rest, judge_value, judge_ways
from tests.fuzz.requests import grpc_messages, junk, rest_requests, usual_bodies

many = settings(max_examples=400, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])


@many
@given(rest_requests())
def test_a_rest_request_is_flights_or_the_callers_fault(request: tuple[list[tuple[bytes, bytes]], bytes]) -> None:
    event(f"flights: {judge_rest(*request)}")


@many
@given(usual_bodies())
def test_the_quick_way_takes_nothing_that_the_strict_one_refuses_or_reads_otherwise(body: bytes) -> None:
    judge_ways(body)


@many
@given(st.binary(max_size=300), st.binary(max_size=10))
def test_any_bytes_over_rest_are_flights_or_the_callers_fault(body: bytes, length: bytes) -> None:
    judge_rest([(b"inference-header-content-length", length)] if length else [], body)


@many
@given(grpc_messages())
def test_a_grpc_message_is_flights_or_the_callers_fault(message: bytes) -> None:
    event(f"flights: {judge_grpc(message)}")


@many
@given(st.one_of(junk, st.none(), st.booleans(), st.binary(max_size=20), st.text()))
def test_any_value_of_any_field_is_taken_or_refused(value: object) -> None:
    judge_value(value)


@pytest.mark.parametrize("judge", [judge_rest, judge_grpc])
def test_the_judges_know_flights_when_they_see_them(judge) -> None:  # type: ignore[no-untyped-def]
    """A judge that called everything the caller's fault would find nothing."""
    found: set[bool] = set()

    @settings(max_examples=60)
    @given(rest_requests() if judge is judge_rest else grpc_messages())
    def look(request) -> None:  # type: ignore[no-untyped-def]
        found.add(judge(*request) if judge is judge_rest else judge(request))

    look()
    assert found == {True, False}
