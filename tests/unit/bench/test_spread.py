import math

import pytest

from bench.spread import Spread, ratios


def test_a_spread_is_median_least_and_most_whatever_the_order():
    assert Spread.of([3.0, 10.0, 1.0]) == Spread(3.0, 1.0, 10.0)


def test_the_median_of_an_even_number_of_rounds_lies_between_the_middle_two():
    assert Spread.of([1.0, 4.0, 2.0, 100.0]).median == 3.0


def test_rounds_without_a_value_are_left_out():
    assert Spread.of([math.nan, 2.0, 4.0]) == Spread(3.0, 2.0, 4.0)
    assert math.isnan(Spread.of([math.nan]).median)


def test_a_ratio_to_one_that_did_nothing_is_infinite():
    assert ratios([10.0], [0.0]) == [math.inf]


def test_a_ratio_is_of_the_same_round():
    assert ratios([10.0, 30.0], [5.0, 10.0]) == [2.0, 3.0]


def test_rounds_that_were_not_measured_of_both_are_refused():
    with pytest.raises(ValueError, match="zip"):
        ratios([1.0, 2.0], [1.0])
