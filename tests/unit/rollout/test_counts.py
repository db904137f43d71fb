import math

import pytest

from rollout.counts import Counts, Histogram
from rollout.errors import CannotRollOut
from rollout.tally import CLOCKS_APART_S, Container, Reading, between
from tests.unit.rollout.counted import make_counts

TEN = Histogram((1.0, 2.0, 4.0), (0.0, 10.0, 0.0, 0.0))


def test_counts_are_added_and_subtracted_field_by_field():
    one, other = make_counts(100, server_faults=3), make_counts(50, server_faults=1)
    assert (one + other) - other == one
    assert (one + other).server_faults == 4
    assert (one + other).seconds.total == one.seconds.total + other.seconds.total


def test_no_counts_change_nothing():
    assert Counts() + make_counts(10) == make_counts(10) == make_counts(10) - Counts()


def test_a_counter_that_fell_began_anew():
    container = Container("v", "pod", 0.0)
    readings = [Reading(at_s, {container: make_counts(requests)}) for at_s, requests in ((0, 500), (60, 70))]
    assert between(*readings) == {"v": make_counts(70)}


def test_histograms_with_other_bounds_are_not_compared():
    with pytest.raises(CannotRollOut, match="with 3 and 1 bounds cannot be compared"):
        TEN + Histogram((1.0,), (1.0, 0.0))


@pytest.mark.parametrize(
    ("rank", "value"), [(0.0, 1.0), (5.0, math.sqrt(2)), (10.0, 2.0)], ids=["least", "middle", "most"]
)
def test_a_rank_lies_in_its_bucket_by_the_logarithm(rank, value):
    assert TEN.at_rank(rank) == pytest.approx(value)


def test_the_first_bucket_begins_at_zero_and_the_last_has_no_end():
    assert Histogram((1.0,), (10.0, 0.0)).quantile(0.5) == 0.5
    assert Histogram((1.0,), (1.0, 9.0)).quantile(0.5) == math.inf
    assert math.isnan(Histogram().quantile(0.5))


def reading(at_s: float, **requests: tuple[float, float]) -> Reading:
    """A reading; each pod of version "v" has its start and its requests."""
    return Reading(at_s, {Container("v", pod, began): Counts(requests=n) for pod, (began, n) in requests.items()})


def test_a_difference_is_taken_pod_by_pod():
    happened = between(reading(100, a=(0, 5), b=(0, 7)), reading(110, a=(0, 15), b=(0, 8)))
    assert happened == {"v": Counts(requests=11)}


def test_a_container_that_started_again_counts_from_zero():
    assert between(reading(100, a=(0, 500)), reading(110, a=(105, 3))) == {"v": Counts(requests=3)}


def test_a_pod_that_came_meanwhile_counts_from_zero():
    assert between(reading(100), reading(110, a=(104, 3)))["v"].requests == 3


def test_a_pod_that_could_not_be_read_before_brings_nothing_of_its_past():
    long_ago = 100 - CLOCKS_APART_S - 1
    assert between(reading(100), reading(110, a=(long_ago, 3)))["v"].requests == 0


def test_a_pod_that_is_gone_takes_nothing_away():
    assert between(reading(100, a=(0, 500), b=(0, 1)), reading(110, b=(0, 2)))["v"].requests == 1
