import pytest

from bench import goals
from bench.case import Case
from bench.start import TransformerStart
from tests.unit.bench.measured import make_measurement

MANY, STRESS, BATCHES = Case(32, 1), Case(500, 1), Case(4, 1000)


def outcome(goal, measurements, starts=()):
    return next(each for each in goals.outcomes(measurements, starts) if each.goal == goal)


def beside(pair, other, *, name="echo"):
    """Rounds of the pair and of another variant at 32 connections."""
    return {("pair", MANY): pair, (name, MANY): other}


class TestRatios:
    GOAL = "32x1: CPU per request, pair / echo"

    def test_are_taken_round_by_round(self):
        slow_minute = [make_measurement(cpu_s=cpu_s) for cpu_s in (0.2, 2.0, 0.3)]
        echo = [make_measurement(cpu_s=cpu_s) for cpu_s in (0.1, 1.0, 0.1)]
        spread = outcome(self.GOAL, beside(slow_minute, echo)).spread
        assert (spread.median, spread.least, spread.most) == pytest.approx((2.0, 2.0, 3.0))

    @pytest.mark.parametrize(("cpu_s", "met"), [(3.0, True), (3.01, False)])
    def test_are_met_up_to_the_limit(self, cpu_s, met):
        measurements = beside([make_measurement(cpu_s=cpu_s)], [make_measurement(cpu_s=1.0)])
        assert outcome(self.GOAL, measurements).met is met

    @pytest.mark.parametrize(("answered", "met"), [(15_000, True), (14_990, False)])
    def test_against_the_docs_style_are_met_from_the_limit_on(self, answered, met):
        measurements = beside(
            [make_measurement(answered=answered)], [make_measurement(answered=100)], name="docs_style"
        )
        assert outcome("32x1: req/s, pair / docs_style", measurements).met is met

    def test_of_what_was_not_measured_are_no_goals(self):
        assert goals.outcomes({("pair", MANY): [make_measurement()]}, []) == []


class TestLostAnswers:
    GOAL = "500x1: late answers and errors"

    @pytest.mark.parametrize("lost", [{"late": 1}, {"errors": 1}], ids=["late", "error"])
    def test_one_in_one_round_of_many_misses_the_goal(self, lost):
        rounds = [make_measurement(), make_measurement(), make_measurement(**lost)]
        assert not outcome(self.GOAL, {("pair", STRESS): rounds}).met

    def test_none_meets_it(self):
        assert outcome(self.GOAL, {("pair", STRESS): [make_measurement()]}).met


def test_rows_are_requests_times_flights():
    measurements = {("pair", BATCHES): [make_measurement(answered=400)]}
    assert outcome("4x1000: rows/s", measurements).spread.median == 400_000


def test_memory_and_start_are_those_of_the_transformer():
    starts = [TransformerStart(ready_s=4.5, idle_rss_bytes=119 * 2**20)]
    assert outcome("transformer: memory when idle", {}, starts).met
    assert not outcome("transformer: from start to ready", {}, starts).met
