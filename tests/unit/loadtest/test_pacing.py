import pytest

from loadtest.pacing import Pacing


def test_requests_are_due_at_their_times_whatever_became_of_the_ones_before():
    pacing = Pacing.starting(10.0, 0.5, 0.4)
    assert [pacing.due(now_s) for now_s in (10.0, 13.0, 13.0, 13.1)] == pytest.approx([10.2, 10.7, 11.2, 11.7])


def test_without_an_interval_a_request_is_due_when_there_is_an_answer():
    pacing = Pacing.starting(10.0, 0.0, 0.4)
    assert [pacing.due(11.0), pacing.due(17.0)] == [11.0, 17.0]
