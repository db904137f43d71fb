"""The verdict on a canary, from plain numbers.

Every criterion has two limits. Beyond doubt above ``allow``: roll back. Beyond doubt below ``refuse``: go on. In
between nobody knows yet: wait for more requests. How much doubt is left is shared out beforehand: over steps,
criteria and looks for a good version that is rolled back, over looks for a bad one that goes on. So a rollout may
be looked at often without its errors growing.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from rollout.counts import Counts, Histogram
from rollout.statistics import (
    Share,
    psi,
    quantile_ratio_bounds,
    share_exceeds,
    share_stays_below,
)

MEDIAN, P95 = 0.5, 0.95


class Ruling(StrEnum):
    """What is to be done."""

    GO_ON = "go on"
    WAIT = "wait"
    ROLL_BACK = "roll back"


@dataclass(frozen=True, slots=True)
class Limits:
    """The two limits of one criterion.

    Attributes:
        allow: Shown to be above it, the canary is rolled back.
        refuse: Shown to be below it, the canary may go on. What lies this high must not slip through.
    """

    allow: float
    refuse: float


@dataclass(frozen=True, slots=True)
class Rules:
    """By what a canary is judged. Shares and probabilities from 0 to 1.

    Attributes:
        server_faults: Share of 5xx above stable's.
        caller_faults: Share of 4xx above stable's.
        median_ratio: Canary's median of the durations over stable's. A crowded machine adds to every duration now and
            then, and so much to the highest ones that a slower version's look alike; it spares the median.
        p95_ratio: Canary's 95th percentile of the durations over stable's.
        psi: Population stability index of the delay probabilities.
        unseen: Share of unseen categories above stable's.
        least_requests: No verdict from fewer requests of either version.
        false_alarms: Probability that a good version is rolled back in the whole rollout.
        misses: Probability that a version at a ``refuse`` limit goes on at a step.
        steps: Steps of the rollout.
    """

    server_faults: Limits = Limits(0.002, 0.01)
    caller_faults: Limits = Limits(0.005, 0.02)
    median_ratio: Limits = Limits(1.4, 1.8)
    p95_ratio: Limits = Limits(1.5, 2.0)
    psi: Limits = Limits(0.1, 0.25)
    unseen: Limits = Limits(0.01, 0.03)
    least_requests: int = 200
    false_alarms: float = 0.01
    misses: float = 0.01
    steps: int = 4


CRITERIA = 6
"""Those of the rules that have noise."""


@dataclass(frozen=True, slots=True)
class Look:
    """The number of a look at a step, from 1.

    Attributes:
        number: Among all looks at this step: each may roll back.
        deciding: Among those that may go on; 0 for a look that may not.
    """

    number: int
    deciding: int

    @staticmethod
    def part(number: int) -> float:
        """Return the part of the error for one of endlessly many looks; all together they are 1."""
        return 1 / (number * (number + 1))


@dataclass(frozen=True, slots=True)
class Finding:
    """What one criterion says.

    Attributes:
        criterion: Its name.
        ruling: What follows from it alone.
        text: The same with its numbers.
        canary: The canary's value, or None where there is none, such as the p95 of durations beyond the last bucket.
        stable: The stable version's, or None.
    """

    criterion: str
    ruling: Ruling
    text: str
    canary: float | None = None
    stable: float | None = None


@dataclass(frozen=True, slots=True)
class Health:
    """What is known of the canary beside its counters.

    Attributes:
        ready_pods: Pods that are ready.
        restarts: Containers that started again since the step began.
        golden_fault: What is wrong with its golden flights; None if they came back right.
    """

    ready_pods: int
    restarts: int = 0
    golden_fault: str | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """What all criteria say together."""

    ruling: Ruling
    findings: Sequence[Finding] = field(default=())

    @property
    def reason(self) -> str:
        """Return the texts of the findings that made the ruling."""
        return "; ".join(each.text for each in self.findings if each.ruling == self.ruling)


def judge(canary: Counts, stable: Counts, health: Health, look: Look, rules: Rules) -> Verdict:
    """Judge a canary by what both versions counted over the same window.

    Args:
        canary: The canary's counts.
        stable: Those of the versions that it is to replace.
        health: What else is known of the canary.
        look: Which look it is.
        rules: The limits.

    Raises:
        CannotRollOut: Both count in different buckets.
    """
    findings = [_pods(health), _golden(health)]
    least = min(canary.requests, stable.requests)
    if least < rules.least_requests:
        text = f"{canary.requests:.0f} requests beside {stable.requests:.0f}: {rules.least_requests} of each are needed"
        findings.append(Finding("requests", Ruling.WAIT, text, canary.requests, stable.requests))
    else:
        alarm = rules.false_alarms / rules.steps / CRITERIA * Look.part(look.number)
        miss = rules.misses * Look.part(look.deciding) if look.deciding else 0.0
        findings += _by_numbers(canary, stable, alarm, miss, rules)
    rulings = {finding.ruling for finding in findings}
    if Ruling.ROLL_BACK in rulings:
        return Verdict(Ruling.ROLL_BACK, findings)
    if Ruling.WAIT in rulings or not look.deciding:
        return Verdict(Ruling.WAIT, findings)
    return Verdict(Ruling.GO_ON, findings)


def _pods(health: Health) -> Finding:
    if not health.ready_pods:
        return Finding("pods", Ruling.ROLL_BACK, "it has no ready pod")
    if health.restarts:
        return Finding("pods", Ruling.ROLL_BACK, f"containers of it started again ({health.restarts})")
    return Finding("pods", Ruling.GO_ON, f"{health.ready_pods} ready")


def _golden(health: Health) -> Finding:
    if health.golden_fault:
        return Finding("golden flights", Ruling.ROLL_BACK, health.golden_fault)
    return Finding("golden flights", Ruling.GO_ON, "golden flights came back right")


def _by_numbers(canary: Counts, stable: Counts, alarm: float, miss: float, rules: Rules) -> list[Finding]:
    def shares(criterion: str, limits: Limits, one: Share, other: Share) -> Finding:
        above = share_exceeds(one, other, limits.allow, alarm)
        below = bool(miss) and share_stays_below(one, other, limits.refuse, miss)
        text = f"{criterion} {one.value:.2%} of {one.total:,.0f}, beside {other.value:.2%} of {other.total:,.0f}"
        return _finding(criterion, above, below, text, one.value, other.value, limits)

    def quantiles(name: str, share: float, limits: Limits) -> Finding:
        above = quantile_ratio_bounds(canary.seconds, stable.seconds, share, alarm)[0] > limits.allow
        below = bool(miss) and quantile_ratio_bounds(canary.seconds, stable.seconds, share, miss)[1] < limits.refuse
        values = canary.seconds.quantile(share), stable.seconds.quantile(share)
        text = f"{name} {_ms(canary.seconds, share)} beside {_ms(stable.seconds, share)}"
        return _finding(f"{name} ratio", above, below, text, *values, limits)

    canary.seconds.check_comparable(stable.seconds)
    canary.probabilities.check_comparable(stable.probabilities)
    return [
        shares("5xx", rules.server_faults, *(Share(each.server_faults, each.requests) for each in (canary, stable))),
        shares("4xx", rules.caller_faults, *(Share(each.caller_faults, each.requests) for each in (canary, stable))),
        shares("unseen categories", rules.unseen, _unseen(canary), _unseen(stable)),
        quantiles("median", MEDIAN, rules.median_ratio),
        quantiles("p95", P95, rules.p95_ratio),
        _drift(canary, stable, alarm, miss, rules.psi),
    ]


def _unseen(counts: Counts) -> Share:
    """Return the share of unseen categories, on the scale of requests: flights of one request resemble each other."""
    share = counts.unseen / (2 * counts.flights) if counts.flights else 0.0
    return Share(share * counts.encoded, counts.encoded)


def _ms(durations: Histogram, share: float) -> str:
    seconds = durations.quantile(share)
    if math.isfinite(seconds):
        return f"{seconds * 1000:.1f} ms"
    return f"more than {durations.bounds[-1] * 1000:g} ms" if durations.bounds else "unknown"


def _drift(canary: Counts, stable: Counts, alarm: float, miss: float, limits: Limits) -> Finding:
    index = psi(canary.probabilities, stable.probabilities, canary.answered, stable.answered)
    if index is None:  # both answer the same to everything, or nothing at all: the other criteria tell
        return Finding("psi", Ruling.GO_ON, "all probabilities in one group")
    above = index.exceeds(limits.allow, alarm)
    below = bool(miss) and index.stays_below(limits.refuse, miss)
    text = f"population stability index {index.value:.3f} of the probabilities"
    return _finding("psi", above, below, text, index.value, None, limits)


def _finding(
    criterion: str,
    above: bool,
    below: bool,
    text: str,
    canary: float,
    stable: float | None,
    limits: Limits,
) -> Finding:
    values = tuple(value if value is not None and math.isfinite(value) else None for value in (canary, stable))
    if above:
        return Finding(criterion, Ruling.ROLL_BACK, f"{text}: more than {limits.allow:g} is shown", *values)
    if below:
        return Finding(criterion, Ruling.GO_ON, text, *values)
    return Finding(criterion, Ruling.WAIT, f"{text}: less than {limits.refuse:g} is not shown yet", *values)
