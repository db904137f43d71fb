"""Whether a run was good, and everything that a report says of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from loadtest.budgets import Budgets
from loadtest.failures import WrongAnswer
from loadtest.knee import Stage
from loadtest.windows import Tally, Window, total

SATURATED_CPU = 90.0
"""Percent of a core from which Locust's own latency is in what it measures."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """The outcome of a run.

    Attributes:
        scenario: Its name.
        host: Where it was sent.
        settings: What it was run with, by the option's name.
        budgets: What it had to keep.
        missed: A sentence for each thing that failed it; none if it is good.
        notes: Sentences that a reader of the figures must know.
        windows: All of it.
        counted: The windows that the budgets were held against.
        failures: How many requests failed with which sentence.
        golden: Golden flights that were checked, by version.
        rate_per_user: Requests a second that each user should have sent; 0 if as many as were answered.
        knee_rps: Highest rate that kept the budget, of a ramp.
        stages: The rates that a ramp tried.
    """

    scenario: str
    host: str
    settings: Mapping[str, object]
    budgets: Budgets
    missed: Sequence[str]
    notes: Sequence[str]
    windows: Sequence[Window]
    counted: Sequence[Window]
    failures: Mapping[str, int] = field(default_factory=dict)
    golden: Mapping[str, int] = field(default_factory=dict)
    rate_per_user: float = 0.0
    knee_rps: float | None = None
    stages: Sequence[Stage] = ()

    @property
    def good(self) -> bool:
        """Whether everything was kept."""
        return not self.missed

    @property
    def seconds(self) -> float:
        """How long the budgets were held against it."""
        return sum(window.seconds for window in self.counted)

    def rows(self) -> dict[str, Tally]:
        """Return what happened in each row of the windows that count."""
        names = sorted({name for window in self.counted for name in window.rows})
        return {name: total(window.rows.get(name, Tally()) for window in self.counted) for name in names}


def wrong_answers(failures: Mapping[str, int]) -> list[str]:
    """Return a sentence for each kind of wrong answer, whenever in the run it came."""
    return [
        f"{count} x {sentence}"
        for sentence, count in sorted(failures.items())
        if sentence.startswith(WrongAnswer.PREFIX)
    ]


def notes(windows: Sequence[Window], golden: Mapping[str, int]) -> list[str]:
    """Return what a reader of the figures must know."""
    told = []
    if golden:
        checked = ", ".join(f"{count} of version {version}" for version, count in sorted(golden.items()))
        told.append(f"golden flights that were checked: {checked}")
    else:
        told.append("no golden flight was checked: --bundle names no bundle of a version that answered")
    busy = [window.generator_cpu for window in windows if window.generator_cpu >= SATURATED_CPU]
    if busy:
        told.append(
            f"Locust itself kept {max(busy):.0f} % of a core busy: latency and rate are partly its own, "
            "use --processes or more workers"
        )
    return told
