"""The middle of several rounds, and how far they lie apart."""

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
        """Summarize at least one value."""
        return cls(median(values), min(values), max(values))


def ratios(above: Sequence[float], below: Sequence[float]) -> list[float]:
    """Divide round by round: a ratio is one of neighbours in time."""
    return [one / other for one, other in zip(above, below, strict=True)]
