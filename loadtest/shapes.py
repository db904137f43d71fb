"""How the number of users goes over a run that is not steady. None is for Locust to find: a run makes its own."""

from collections.abc import Callable, Sequence
from typing import ClassVar

from locust import LoadTestShape

from loadtest.budgets import Budgets
from loadtest.knee import KneeSearch, Stage
from loadtest.windows import Window, total

SPAWN_RATE = 100.0
"""Users started in a second, at most: more connections at once are a load of another kind."""

Tick = tuple[int, float]
"""How many users, and how many are started or ended in a second."""

_NOBODY: Tick = (0, 10_000.0)


class Spike(LoadTestShape):
    """The usual users, so many times as many from 40 % to 60 % of the run, and the usual ones again."""

    abstract: ClassVar[bool] = True
    use_common_options: ClassVar[bool] = True

    def __init__(self, users: int, factor: float, run_time_s: float) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.users = users
        self.spike_users = round(users * factor)
        self.run_time_s = run_time_s
        self.from_s, self.to_s = 0.4 * run_time_s, 0.6 * run_time_s

    def tick(self) -> Tick | None:
        """See Locust."""
        at_s = float(self.get_run_time())  # type: ignore[no-untyped-call]
        if at_s >= self.run_time_s:
            return None
        return self.spike_users if self.from_s <= at_s < self.to_s else self.users, SPAWN_RATE


class Ramp(LoadTestShape):
    """Stages of more and more users, as the search for the knee wants them.

    Args:
        users: How many ask in the first stage.
        rate_per_user: Requests a second that each of them sends.
        budgets: What a stage must keep.
        windows: The run's windows so far.
        stage_s: How long a stage is.
        run_time_s: When the search ends, wherever it is.
    """

    abstract: ClassVar[bool] = True
    use_common_options: ClassVar[bool] = True

    KEPT_UP = 0.95
    """Share of the requests due that a stage must answer: below, users have fallen behind their times."""

    def __init__(
        self,
        users: int,
        rate_per_user: float,
        budgets: Budgets,
        windows: Callable[[], Sequence[Window]],
        stage_s: float,
        run_time_s: float,
    ) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.search = KneeSearch(users)
        self.rate_per_user = rate_per_user
        self.budgets = budgets
        self.windows = windows
        self.stage_s = stage_s
        self.run_time_s = run_time_s
        self._stage_from = 0
        self._stage_start_s = 0.0
        self._between_stages = False
        self.good_windows: list[Window] = []
        self.stages: list[Stage] = []

    def tick(self) -> Tick | None:
        """See Locust."""
        at_s = float(self.get_run_time())  # type: ignore[no-untyped-call]
        if at_s >= self.run_time_s:
            return None
        if self._between_stages:
            if self.windows()[-1].users:
                return _NOBODY
            self._between_stages = False
            self._start_stage(at_s)
        elif at_s - self._stage_start_s >= self.stage_s:
            if not self._judge():
                return None
            if not self.stages[-1].kept:
                self._between_stages = True
                return _NOBODY  # users who have fallen behind would take their backlog along
            self._start_stage(at_s)
        return self.search.users, SPAWN_RATE

    def _start_stage(self, at_s: float) -> None:
        self._stage_start_s, self._stage_from = at_s, len(self.windows())

    def _judge(self) -> bool:
        # the first window of a stage has the users arriving in it
        stage = [window for window in self.windows()[self._stage_from + 1 :] if window.users == self.search.users]
        seconds = sum(window.seconds for window in stage)
        answered = total(window.everything for window in stage)
        good = total(window.good for window in stage)
        rps = (answered.requests - answered.failures) / seconds if seconds else 0.0
        due_rps = self.rate_per_user * self.search.users
        kept = rps >= self.KEPT_UP * due_rps and not self.budgets.missed_in(stage)
        self.stages.append(Stage(due_rps, rps, good.percentile_ms(95), good.percentile_ms(99), kept))
        if kept:
            self.good_windows += stage
        return self.search.judge(kept, rps)
