"""Tests that know how little a small sample says.

Each comes in two directions. A *p-value against a limit* is the probability that a version which is only just as
bad as the limit looks at least this bad (``excess``) or at most this bad (``deficit``). Shares are tested exactly
(Clopper and Pearson, 1934): the other version's share is not known either, so half of the error goes into a bound
for it and half into the binomial test beside that bound. The numbers of a share may be fractions, see ``judge``.
"""

import math
from dataclasses import dataclass

import numpy as np
from scipy import special  # scipy.stats takes a second to import

from rollout.counts import Histogram


@dataclass(frozen=True, slots=True)
class Share:
    """So many of so many."""

    of: float
    total: float

    @property
    def value(self) -> float:
        """Return the share, 0 if there is nothing."""
        return self.of / self.total if self.total else 0.0

    def upper(self, error: float) -> float:
        """Return the bound that the true share exceeds with at most this probability."""
        if self.of >= self.total:
            return 1.0
        return float(special.betaincinv(self.of + 1, self.total - self.of, 1 - error))

    def lower(self, error: float) -> float:
        """Return the bound that the true share falls short of with at most this probability."""
        if self.of <= 0:
            return 0.0
        return float(special.betaincinv(self.of, self.total - self.of + 1, error))

    def at_least(self, share: float) -> float:
        """Return the probability to see so many or more if this is the true share."""
        if self.of <= 0 or share >= 1:
            return 1.0
        return float(special.betainc(self.of, self.total - self.of + 1, share))

    def at_most(self, share: float) -> float:
        """Return the probability to see so many or fewer if this is the true share."""
        if self.of >= self.total or share <= 0:
            return 1.0
        if share >= 1:
            return 0.0
        return float(special.betaincc(self.of + 1, self.total - self.of, share))


def share_exceeds(canary: Share, stable: Share, by: float, error: float) -> bool:
    """Tell whether the canary's share is above the stable one's by more than ``by``, beyond doubt."""
    return canary.at_least(stable.upper(error / 2) + by) <= error / 2


def share_stays_below(canary: Share, stable: Share, by: float, error: float) -> bool:
    """Tell whether the canary's share is above the stable one's by less than ``by``, beyond doubt."""
    return canary.at_most(stable.lower(error / 2) + by) <= error / 2


def quantile_bounds(values: Histogram, share: float, error: float) -> tuple[float, float]:
    """Return a lower and an upper bound for a quantile, each wrong with at most this probability.

    The bounds are order statistics: how many of n values lie below the true quantile is binomial.
    """
    count = int(values.total)
    if not count:
        return 0.0, math.inf
    lower, upper = _binomial_quantile(error, count, share), _binomial_quantile(1 - error, count, share) + 1
    least = values.at_rank(lower) if lower > 0 else 0.0
    if math.isinf(least):  # beyond the last bucket, nobody knows how far
        least = values.bounds[-1] if values.bounds else 0.0
    return least, values.at_rank(upper) if upper <= count else math.inf


def _binomial_quantile(probability: float, count: int, share: float) -> int:
    """Return the least k for which a binomial number is at most k with at least this probability."""
    k = max(0, int(special.bdtrik(probability, count, share)) - 1)
    while k < count and special.bdtr(k, count, share) < probability:
        k += 1
    return k


def quantile_ratio_bounds(canary: Histogram, stable: Histogram, share: float, error: float) -> tuple[float, float]:
    """Return a lower and an upper bound for canary's quantile over stable's, each wrong with this probability."""
    canary_least, canary_most = quantile_bounds(canary, share, error / 2)
    stable_least, stable_most = quantile_bounds(stable, share, error / 2)
    lower = canary_least / stable_most if stable_most else math.inf
    upper = canary_most / stable_least if stable_least else math.inf
    return lower, upper


@dataclass(frozen=True, slots=True)
class Psi:
    """A population stability index with its noise.

    Attributes:
        value: Sum of (p - q) ln(p / q) over the groups.
        degrees: Groups less one.
        noise: 1/n + 1/m. Without drift, value / noise is nearly chi-square with so many degrees of freedom; with a
            true index of d, noncentral with d / noise (Yurdakul, 2018).
    """

    value: float
    degrees: int
    noise: float

    def exceeds(self, limit: float, error: float) -> bool:
        """Tell whether the true index lies above the limit, beyond doubt."""
        return bool(1 - special.chndtr(self.value / self.noise, self.degrees, limit / self.noise) <= error)

    def stays_below(self, limit: float, error: float) -> bool:
        """Tell whether the true index lies below the limit, beyond doubt."""
        return bool(special.chndtr(self.value / self.noise, self.degrees, limit / self.noise) <= error)


LEAST_GROUP = 0.05
"""Neighbouring buckets are joined until a group holds this share of stable's values: where that has next to nothing,
a few of the canary's values would make the index as large as one likes."""


def psi(canary: Histogram, stable: Histogram, canary_size: float, stable_size: float) -> Psi | None:
    """Return the index of two distributions over the same buckets; None where there is a single group.

    Args:
        canary: One.
        stable: The other.
        canary_size: Independent observations behind it, which may be fewer than its values.
        stable_size: The same of the other.
    """
    if not canary.total or not stable.total or min(canary_size, stable_size) <= 0:
        return None
    shares = np.array([canary.counts, stable.counts]) / [[canary.total], [stable.total]]
    groups = [np.zeros(2)]
    for column in shares.T:
        if groups[-1][1] >= LEAST_GROUP:
            groups.append(np.zeros(2))
        groups[-1] = groups[-1] + column
    if len(groups) > 1 and groups[-1][1] < LEAST_GROUP:
        rest = groups.pop()
        groups[-1] = groups[-1] + rest
    if len(groups) < 2:
        return None
    sizes = np.array([canary_size, stable_size])
    # half an observation more in each group: an empty one would make the index infinite
    p, q = ((np.array(groups) * sizes + 0.5) / (sizes + 0.5 * len(groups))).T
    return Psi(float(((p - q) * np.log(p / q)).sum()), len(groups) - 1, float((1 / sizes).sum()))
