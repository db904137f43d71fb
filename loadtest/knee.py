"""The search for the highest rate that keeps the budget."""

from dataclasses import dataclass

_FACTOR = 2.0
_FINEST_FACTOR = 1.05


@dataclass(frozen=True, slots=True)
class Stage:
    """What one rate came to.

    Attributes:
        due_rps: Requests a second that should have gone out.
        rps: Requests a second that were answered right.
        p95_ms: What 95 % of the good ones took at most; NaN if there were none.
        p99_ms: What 99 % of them did.
        kept: Whether the budget was kept.
    """

    due_rps: float
    rps: float
    p95_ms: float
    p99_ms: float
    kept: bool


@dataclass(slots=True)
class KneeSearch:
    """Multiplies the users until a stage misses the budget, then goes on from the last good stage in smaller steps.

    If the first stage misses, it halves them until one does not.

    Attributes:
        users: How many ask in the present stage.
        good_users: The most that kept the budget; 0 if none did.
        good_rps: What was answered then, a second.
    """

    users: int
    good_users: int = 0
    good_rps: float = 0.0
    _factor: float = _FACTOR

    def judge(self, kept: bool, rps: float) -> bool:
        """Move on from the present stage.

        Args:
            kept: Whether it kept the budget.
            rps: What was answered in it, a second.

        Returns:
            Whether there is a next stage.
        """
        if kept:
            self.good_users, self.good_rps = self.users, rps
        elif self.good_users:
            self._factor **= 0.5
        elif self.users > 1:
            self.users //= 2
            return True
        if not self.good_users or self._factor < _FINEST_FACTOR:
            return False
        users = round(self.good_users * self._factor)
        self.users = users if users != self.good_users else users + 1
        return True
