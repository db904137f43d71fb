"""What a load generator measured."""

import math
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Load:
    """One load, as its sender saw it.

    Attributes:
        duration_s: Seconds that it sent for.
        sent: Requests sent; those under way at the end were not answered.
        answered: Requests answered with 2xx.
        late: Requests that took longer than the limit. One that was never answered is only seen if none was.
        errors: Answers other than 2xx, and broken connections.
        p50_ms: Half of the answers took at most so long; NaN if there were none, as the other two.
        p95_ms: 95 % of them.
        p99_ms: 99 % of them.
        mean_ms: Their mean; NaN where the sender does not tell it.
    """

    duration_s: float
    sent: int
    answered: int
    late: int
    errors: int
    p50_ms: float
    p95_ms: float
    p99_ms: float
    mean_ms: float = math.nan


class Sender(Protocol):
    """A load generator under way."""

    def wait(self) -> Load:
        """Return what it measured, once it has sent for as long as it was told to."""
        ...

    def end(self) -> None:
        """End it, whatever its state."""
        ...
