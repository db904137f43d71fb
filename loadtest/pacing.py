"""When requests ought to go out, whatever became of the ones before: an open loop.

A client that waits for an answer before it asks again sends less to a server that stalls, and so hardly measures
the stall. Here every request has its time; one that goes out late because the one before was not answered has its
latency counted from when it should have gone out.
"""

from dataclasses import dataclass


@dataclass(slots=True)
class Pacing:
    """The times of one user's requests.

    Attributes:
        next_s: When the next one is due, on the caller's clock.
        interval_s: Seconds from each to the next; 0 for a user who asks again as soon as there is an answer, and
            whose latency cannot be counted from any other time.
    """

    next_s: float
    interval_s: float

    @classmethod
    def starting(cls, now_s: float, interval_s: float, phase: float) -> "Pacing":
        """Start in some part of the interval, 0 to 1, so that users who start together do not ask together."""
        return cls(now_s + phase * interval_s, interval_s)

    def due(self, now_s: float) -> float:
        """Return when the request that is sent next should go out, and move on.

        It lies in the future for a user who has to wait, and in the past for one who has fallen behind.
        """
        if self.interval_s == 0:
            return now_s
        due_s, self.next_s = self.next_s, self.next_s + self.interval_s
        return due_s
