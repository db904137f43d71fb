"""What the pods of one version counted: plain numbers that can be added and subtracted."""

from dataclasses import dataclass, fields
from itertools import accumulate

from rollout.errors import CannotRollOut


@dataclass(frozen=True, slots=True)
class Histogram:
    """Counts of values by upper bound.

    Attributes:
        bounds: Upper bounds, ascending, without the last, which is infinite.
        counts: Values in each bucket, one more than bounds. Not cumulative.
    """

    bounds: tuple[float, ...] = ()
    counts: tuple[float, ...] = ()

    def __add__(self, other: "Histogram") -> "Histogram":
        return self._with(other, 1)

    def __sub__(self, other: "Histogram") -> "Histogram":
        return self._with(other, -1)

    def _with(self, other: "Histogram", sign: int) -> "Histogram":
        if not other.counts:
            return self
        if not self.counts:
            return Histogram(other.bounds, tuple(sign * count for count in other.counts))
        self.check_comparable(other)
        return Histogram(self.bounds, tuple(a + sign * b for a, b in zip(self.counts, other.counts, strict=True)))

    def check_comparable(self, other: "Histogram") -> None:
        """Check that both have the same buckets, or one of them none.

        Raises:
            CannotRollOut: They were counted by different transformers.
        """
        if self.counts and other.counts and self.bounds != other.bounds:
            raise CannotRollOut(
                f"histograms with {len(self.bounds)} and {len(other.bounds)} bounds cannot be compared: "
                "both versions must have the same transformer image"
            )

    @property
    def total(self) -> float:
        """Return how many values there are."""
        return sum(self.counts)

    def at_rank(self, rank: float) -> float:
        """Return the value of a rank from 0 to the total, interpolated in its bucket; nan if there is none.

        Buckets grow geometrically, so the logarithm is interpolated; the first one begins at 0 and is linear, and
        the last one, which has no end, answers infinity.
        """
        if not self.total:
            return float("nan")
        for position, until in enumerate(accumulate(self.counts)):
            count = self.counts[position]
            if until < rank or not count:
                continue
            if position == len(self.bounds):
                return float("inf")
            part, upper = (rank - (until - count)) / count, self.bounds[position]
            lower = self.bounds[position - 1] if position else 0.0
            return lower * (upper / lower) ** part if lower > 0 else upper * part
        return float("inf")

    def quantile(self, share: float) -> float:
        """Return the value below which a share of all values lies."""
        return self.at_rank(share * self.total)


@dataclass(frozen=True, slots=True)
class Counts:
    """What was counted, since the containers began or over a window.

    Attributes:
        requests: Inference requests that ended.
        caller_faults: Those of them answered with a 4xx, or what gRPC has for it.
        server_faults: Those answered with a 5xx, or not in time for their caller, who hung up.
        flights: Flights encoded.
        delayed: Flights answered as delayed.
        unseen: Airlines and destinations that training did not know; a flight has one of each.
        seconds: Durations of requests, in seconds.
        probabilities: Delay probabilities that were answered.
    """

    requests: float = 0
    caller_faults: float = 0
    server_faults: float = 0
    flights: float = 0
    delayed: float = 0
    unseen: float = 0
    seconds: Histogram = Histogram()
    probabilities: Histogram = Histogram()

    @property
    def encoded(self) -> float:
        """Requests whose flights were encoded: all but those that were their caller's fault."""
        return max(0.0, self.requests - self.caller_faults)

    @property
    def answered(self) -> float:
        """Requests that got probabilities."""
        return max(0.0, self.encoded - self.server_faults)

    def __add__(self, other: "Counts") -> "Counts":
        return Counts(*(getattr(self, each.name) + getattr(other, each.name) for each in fields(self)))

    def __sub__(self, other: "Counts") -> "Counts":
        return Counts(*(getattr(self, each.name) - getattr(other, each.name) for each in fields(self)))
