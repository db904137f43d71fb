"""The tests' errors, checked against the exact distributions or by drawing."""

import numpy as np
import pytest
from scipy import stats

from rollout.counts import Histogram
from rollout.statistics import (
    Share,
    psi,
    quantile_bounds,
    quantile_ratio_bounds,
    share_exceeds,
    share_stays_below,
)

BOUNDS = tuple(float(bound) for bound in np.round(np.geomspace(0.001, 10, 29), 6))
ERROR = 0.05


def drawn(random: np.random.Generator, shares: list[float], count: int) -> Histogram:
    return Histogram(BOUNDS[: len(shares) - 1], tuple(map(float, random.multinomial(count, shares))))


@pytest.mark.parametrize(("of", "total"), [(0, 50), (3, 50), (50, 50)])
def test_tails_and_bounds_are_those_of_the_binomial(of, total):
    share = Share(of, total)
    assert share.at_least(0.1) == pytest.approx(stats.binom(total, 0.1).sf(of - 1))
    assert share.at_most(0.1) == pytest.approx(stats.binom(total, 0.1).cdf(of))
    if of < total:
        assert share.at_most(share.upper(0.01)) == pytest.approx(0.01)
    if of:
        assert share.at_least(share.lower(0.01)) == pytest.approx(0.01)


def test_twenty_requests_without_a_fault_show_nothing():
    assert not share_stays_below(Share(0, 20), Share(0, 400), 0.01, 0.01)


def test_many_requests_without_a_fault_show_that_there_is_less_than_one_percent():
    assert share_stays_below(Share(0, 1_000), Share(0, 19_000), 0.01, 0.01)
    assert not share_stays_below(Share(10, 1_000), Share(0, 19_000), 0.01, 0.01)


def test_a_fault_in_a_hundred_is_found_and_a_single_one_is_not():
    assert share_exceeds(Share(30, 3_000), Share(5, 57_000), 0.002, 0.001)
    assert not share_exceeds(Share(1, 50), Share(0, 950), 0.002, 0.001)


def test_what_stable_does_as_often_is_no_fault_of_the_canary():
    assert not share_exceeds(Share(300, 3_000), Share(5_700, 57_000), 0.002, 0.01)


@pytest.mark.parametrize("ratio", [1, 19], ids=["half the traffic", "a twentieth"])
def test_the_error_of_an_excess_is_kept_where_it_is_largest(ratio):
    random = np.random.default_rng(1)
    canary, stable = random.binomial(800, 0.02, 2_000), random.binomial(800 * ratio, 0.015, 2_000)
    alarms = sum(
        share_exceeds(Share(a, 800), Share(b, 800 * ratio), 0.005, ERROR) for a, b in zip(canary, stable, strict=True)
    )
    assert alarms / 2_000 <= ERROR


def test_the_true_quantile_lies_between_its_bounds_as_often_as_promised():
    random = np.random.default_rng(2)
    shares = np.diff([0, *stats.lognorm(0.6, scale=0.02).cdf(BOUNDS), 1]).tolist()
    exact = Histogram(BOUNDS, tuple(shares))
    truth = exact.at_rank(0.95 * exact.total)
    outside = 0
    for _ in range(500):
        lower, upper = quantile_bounds(drawn(random, shares, 300), 0.95, ERROR)
        outside += not lower <= truth <= upper
    assert outside / 500 <= 2 * ERROR


def test_nothing_is_known_of_a_quantile_from_too_few_values():
    assert quantile_bounds(Histogram(), 0.95, ERROR) == (0.0, float("inf"))
    assert quantile_bounds(Histogram((1.0, 2.0), (0.0, 10.0, 0.0)), 0.95, 0.01)[1] == float("inf")


def test_twice_as_slow_is_told_from_as_fast():
    fast, slow = (
        Histogram(BOUNDS, tuple(1e4 * np.diff([0, *stats.lognorm(0.6, scale=scale).cdf(BOUNDS), 1])))
        for scale in (0.01, 0.02)
    )
    lower, upper = quantile_ratio_bounds(slow, fast, 0.95, 0.001)
    assert 1.5 < lower < 2 < upper < 2.5
    lower, upper = quantile_ratio_bounds(fast, fast, 0.95, 0.001)
    assert lower < 1 < upper < 1.5


SHARES = [0.3, 0.25, 0.2, 0.15, 0.1]


def test_the_noise_of_the_index_is_chi_square_without_drift():
    random = np.random.default_rng(3)
    scaled = []
    for _ in range(1_000):
        index = psi(drawn(random, SHARES, 400), drawn(random, SHARES, 4_000), 400, 4_000)
        scaled.append(index.value / index.noise)
    assert index.degrees == len(SHARES) - 1
    assert np.mean(scaled) == pytest.approx(index.degrees, rel=0.1)
    assert np.mean(np.array(scaled) > stats.chi2(index.degrees).isf(ERROR)) < 2 * ERROR


def test_a_drift_is_told_from_noise():
    random = np.random.default_rng(4)
    few = psi(drawn(random, SHARES, 60), drawn(random, SHARES, 1_000), 60, 1_000)
    assert few.value > 0.05  # which looks like a drift
    assert not few.exceeds(0.1, 0.01)
    many = psi(drawn(random, SHARES, 5_000), drawn(random, SHARES, 50_000), 5_000, 50_000)
    assert many.stays_below(0.1, 0.01)
    drifted = psi(drawn(random, SHARES[::-1], 2_000), drawn(random, SHARES, 20_000), 2_000, 20_000)
    assert drifted.exceeds(0.25, 0.001)


def test_flights_of_few_requests_are_little_evidence():
    one, other = Histogram(BOUNDS[:2], (600.0, 400.0, 0.0)), Histogram(BOUNDS[:2], (900.0, 100.0, 0.0))
    assert psi(one, other, 1_000, 1_000).exceeds(0.1, 0.001)
    assert not psi(one, other, 10, 10).exceeds(0.1, 0.001)


def test_a_distribution_that_moves_where_stable_has_nothing_is_seen_and_finite():
    index = psi(
        Histogram(BOUNDS[:4], (0.0, 0.0, 0.0, 0.0, 500.0)), Histogram(BOUNDS[:4], (300.0, 200.0, 0, 0, 0)), 500, 500
    )
    assert np.isfinite(index.value)
    assert index.exceeds(0.25, 1e-6)


def test_a_few_values_in_a_bucket_that_is_empty_for_stable_are_no_drift():
    stable = Histogram(BOUNDS[:3], (0.6e4, 0.4e4, 0.0, 0.0))
    index = psi(Histogram(BOUNDS[:3], (152.0, 90.0, 31.0, 0.0)), stable, 273, 1e4)
    assert index.value < 0.05


def test_everything_in_one_group_has_no_index():
    one = Histogram((1.0,), (500.0, 0.0))
    assert psi(one, one, 500, 500) is None
