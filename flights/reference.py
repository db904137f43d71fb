"""What training's own flights were answered: the distribution that live answers are compared with.

No answer depends on it, and a bundle without it is served like any other.
"""

from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

from flights import document
from flights.document import Document
from flights.errors import InvalidBundle

FILE = "probabilities.json"
PATH = f"report/{FILE}"

BOUNDS = tuple(round(step / 20, 2) for step in range(1, 21))
"""Upper bounds of the counts, and of the histogram that a server counts its answers in."""

LEAST_SHARE = 0.05
"""Neighbouring counts are joined until a band holds this share of training's flights: where training has next to none,
a few live ones would make a population stability index as large as one likes."""


@dataclass(frozen=True, slots=True)
class Band:
    """Delay probabilities above ``lower``, up to ``upper`` itself.

    Attributes:
        lower: From 0 to 1; the first band holds 0 itself too.
        upper: From 0 to 1.
        share: Share of training's flights, from 0 to 1.
    """

    lower: float
    upper: float
    share: float

    @property
    def name(self) -> str:
        """The band in words that sort."""
        return f"{self.lower:.2f} to {self.upper:.2f}"


@dataclass(frozen=True, slots=True)
class Reference:
    """Training's flights by their delay probability.

    Attributes:
        bounds: Upper bounds, ascending, the last one 1.
        flights: Flights up to each bound and above the one before.
    """

    bounds: tuple[float, ...]
    flights: tuple[float, ...]

    @classmethod
    def of(cls, probabilities: Iterable[float]) -> "Reference":
        """Count delay probabilities, each from 0 to 1."""
        flights = [0.0] * len(BOUNDS)
        for probability in probabilities:
            flights[bisect_left(BOUNDS, probability)] += 1
        return cls(BOUNDS, tuple(flights))

    @classmethod
    def decode(cls, content: bytes) -> "Reference":
        """Read the file.

        Raises:
            InvalidBundle: Ours: it holds no such counts.
        """
        read = Document.decode(PATH, content)
        found = cls(read.numbers("bounds"), read.numbers("flights"))
        edges = (0.0, *found.bounds)
        if not found.bounds or edges[-1] != 1 or not all(lower < upper for lower, upper in pairwise(edges)):
            raise InvalidBundle(f"{PATH} has the bounds {found.bounds}: they must ascend from above 0 to 1")
        if len(found.flights) != len(found.bounds) or min(found.flights) < 0 or not sum(found.flights):
            raise InvalidBundle(f"{PATH} must have a count of flights, not all of them 0, for each of its bounds")
        return found

    def encode(self) -> bytes:
        """Write the file."""
        return document.encode({"bounds": list(self.bounds), "flights": [int(count) for count in self.flights]})

    def bands(self) -> tuple[Band, ...]:
        """Return the bands, which hold ``LEAST_SHARE`` of the flights each, all together 1."""
        total = sum(self.flights)
        uppers, shares, share = [], [], 0.0
        for bound, count in zip(self.bounds, self.flights, strict=True):
            share += count / total
            if share >= LEAST_SHARE:
                uppers.append(bound)
                shares.append(share)
                share = 0.0
        uppers[-1] = 1.0
        shares[-1] += share  # what is left at the upper end joins the last one
        return tuple(map(Band, (0.0, *uppers[:-1]), uppers, shares))
