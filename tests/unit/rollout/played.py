"""A cluster of plain numbers, on which a rollout plays without waiting, and in which it can be killed anywhere."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from rollout.counts import Counts
from rollout.journal import Journal
from rollout.judge import Rules
from rollout.simulation import GOOD, Drawing, Version
from rollout.steps import Clock, Pace, Rollout
from rollout.tally import Container, Reading
from rollout.weights import Weights

STABLE, CANARY = "scl-stable", "scl-canary"


class Killed(BaseException):
    """What kill -9 is to a process: nothing after it happens, no ``except`` sees it."""


@dataclass
class Played:
    """Release, counters, pods, journal and clock in one.

    Attributes:
        canary: How the canary behaves.
        requests_per_second: What comes in.
        killed_at: Number of the effect or question at which the command is killed; None: never.
        golden: What the canary's pods count when its golden flights come.
        scrape_s: How far apart the moments are of which counters are known, as with a Prometheus; 0: always.
    """

    canary: Version = GOOD
    requests_per_second: float = 2_000.0
    killed_at: int | None = None
    now_s: float = 1_000_000.0
    ready: int = 1
    restarts: int = 0
    fault: str | None = None
    recovered: int = 0
    golden: Counts = field(default_factory=Counts)
    scrape_s: float = 0.0
    changes: list[tuple[Weights, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.live: dict[str, int] = {STABLE: 100, CANARY: 0}
        self.saved: str | None = None
        self.on_sleep: Callable[[], None] = lambda: None
        random = np.random.default_rng(11)
        self._drawings = {STABLE: Drawing(GOOD, random), CANARY: Drawing(self.canary, random)}
        self._counts = {version: Counts() for version in self.live}
        self._calls = 0

    def rollout(self, **changes: object) -> Rollout:
        """Return a rollout on it."""
        arguments: dict[str, object] = {
            "rules": Rules(),
            "pace": Pace(interval_s=20, wait_s=600, looks=2),
            "clock": Clock(lambda: self.now_s, self._sleep),
        }
        return Rollout(self, self, self, self, **(arguments | changes))  # type: ignore[arg-type]

    def _call(self) -> None:
        self._calls += 1
        if self._calls == self.killed_at:
            raise Killed

    def _sleep(self, seconds: float) -> None:
        self._call()
        self.on_sleep()
        self.now_s += seconds
        for version, weight in self.live.items():
            self._counts[version] += self._drawings[version].counts(self.requests_per_second * seconds * weight / 100)

    def weights(self) -> dict[str, int]:
        """As a release."""
        self._call()
        return dict(self.live)

    def set_weights(self, weights: Weights, why: str) -> None:
        """As a release; a kill comes before it or after it."""
        self._call()
        assert sum(weights.values()) == 100
        self.live = dict(weights)
        self.changes.append((dict(weights), why))
        self._call()

    def recover(self) -> None:
        """As a release."""
        self.recovered += 1

    def read_now(self) -> Reading:
        """As a source of counters: they are known when they are scraped the next time."""
        if self.scrape_s:
            self._sleep(self.scrape_s - self.now_s % self.scrape_s)
        self._call()
        return Reading(self.now_s, {Container(version, version, 0): each for version, each in self._counts.items()})

    def pods(self, version: str) -> tuple[int, int]:
        """As an examiner."""
        return self.ready, self.restarts

    def golden_fault(self, version: str) -> str | None:
        """As an examiner."""
        self._counts[version] += self.golden
        return self.fault

    def load(self) -> Journal | None:
        """As journals."""
        self._call()
        return None if self.saved is None else Journal.decode(self.saved)

    def save(self, journal: Journal) -> None:
        """As journals."""
        self._call()
        self.saved = journal.encode()
        self._call()
