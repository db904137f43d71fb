"""What happened in each window of a run, from snapshots of Locust's growing counts."""

import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

BAD = "bad: "
"""Begins the row of a request that must be refused. Such rows say nothing of latency."""


class Entry(Protocol):
    """One row of Locust's statistics, as far as it is read here."""

    num_requests: int
    num_failures: int

    @property
    def response_times(self) -> Mapping[int, int]:
        """How many requests took how many milliseconds."""
        ...


@dataclass(frozen=True, slots=True)
class Tally:
    """Requests, counted.

    Attributes:
        requests: How many ended.
        failures: How many of them failed.
        latencies_ms: How many took how many milliseconds; two digits are kept from 100 ms on.
    """

    requests: int = 0
    failures: int = 0
    latencies_ms: Counter[int] = field(default_factory=Counter)

    @classmethod
    def of(cls, entry: Entry) -> "Tally":
        """Copy the counts of one row."""
        return cls(entry.num_requests, entry.num_failures, Counter(entry.response_times))

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(
            self.requests + other.requests, self.failures + other.failures, self.latencies_ms + other.latencies_ms
        )

    def __sub__(self, other: "Tally") -> "Tally":
        return Tally(
            self.requests - other.requests, self.failures - other.failures, self.latencies_ms - other.latencies_ms
        )

    def percentile_ms(self, percent: float) -> float:
        """Return what so many percent of the requests took at most; NaN if there were none."""
        rank = math.ceil(sum(self.latencies_ms.values()) * percent / 100)
        seen = 0
        for latency_ms in sorted(self.latencies_ms):
            seen += self.latencies_ms[latency_ms]
            if seen >= rank:
                return float(latency_ms)
        return math.nan

    @property
    def error_rate(self) -> float:
        """Share of the requests that failed; NaN if there were none."""
        return self.failures / self.requests if self.requests else math.nan


def total(tallies: Iterable[Tally]) -> Tally:
    """Return the sum."""
    return sum(tallies, Tally())


@dataclass(frozen=True, slots=True)
class Window:
    """A stretch of a run.

    Attributes:
        start_s: Its start, in seconds since the run's.
        end_s: Its end.
        users: How many were asking at its end.
        rows: What happened in it, by the name of the request.
        generator_cpu: Busiest load generator's share of a core, in percent; NaN where unknown.
        replicas: Ready pods of the service, if somebody counts them.
    """

    start_s: float
    end_s: float
    users: int
    rows: Mapping[str, Tally]
    generator_cpu: float = math.nan
    replicas: int | None = None

    @property
    def seconds(self) -> float:
        """How long it is."""
        return self.end_s - self.start_s

    @property
    def good(self) -> Tally:
        """Everything but requests that must be refused."""
        return total(tally for row, tally in self.rows.items() if not row.startswith(BAD))

    @property
    def everything(self) -> Tally:
        """Everything, requests that must be refused included."""
        return total(self.rows.values())


class Windows:
    """The windows of a run, in their order."""

    def __init__(self) -> None:
        self.all: list[Window] = []
        self._before: dict[str, Tally] = {}
        self._end_s = 0.0

    def close(
        self,
        now_s: float,
        entries: Mapping[str, Entry],
        users: int,
        generator_cpu: float = math.nan,
        replicas: int | None = None,
    ) -> Window:
        """End a window and start the next.

        Args:
            now_s: Seconds since the start of the run.
            entries: Locust's rows so far, by name.
            users: How many are asking.
            generator_cpu: See ``Window``.
            replicas: See ``Window``.
        """
        now = {name: Tally.of(entry) for name, entry in entries.items()}
        if any(tally.requests < self._before.get(name, Tally()).requests for name, tally in now.items()):
            self._before = {}  # somebody has reset the statistics
        rows = {name: tally - self._before.get(name, Tally()) for name, tally in now.items()}
        window = Window(self._end_s, now_s, users, rows, generator_cpu, replicas)
        self._before, self._end_s = now, now_s
        self.all.append(window)
        return window

    def where(self, counts: Callable[[Window], bool]) -> list[Window]:
        """Return those that count."""
        return [window for window in self.all if counts(window)]
