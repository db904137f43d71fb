"""The middle of several rounds, and how far they lie apart."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True, slots=True)
class Spread:
    """One quantity over all rounds.

    Attributes:
        median: Its median.
        least: The smallest.
        most: The largest.
    """

    median: float
    least: float
    most: float

    @classmethod
    def of(cls, values: Sequence[float]) -> "Spread":
        """Summarize values, NaN left out; all three are NaN if there is no other."""
        known = [value for value in values if not math.isnan(value)]
        return cls(median(known), min(known), max(known)) if known else cls(math.nan, math.nan, math.nan)


def ratios(above: Sequence[float], below: Sequence[float]) -> list[float]:
    """Divide round by round: a ratio is one of neighbours in time, and infinite where the other did nothing."""
    return [one / other if other else math.inf for one, other in zip(above, below, strict=True)]
