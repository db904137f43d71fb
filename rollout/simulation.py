"""How often the rules are wrong: whole rollouts, played with counts that are drawn at random.

Durations are lognormal (their spread is that of the served pair), probabilities a beta distribution, all of them
independent. What is drawn is exactly what the pods would count: nothing here knows the truth but the drawing.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np
from scipy import stats

from rollout.counts import Counts, Histogram
from rollout.judge import Health, Look, Rules, Ruling, judge
from rollout.statistics import Share

SECONDS = tuple(round(unit * step, 6) for unit in (0.001, 0.01, 0.1, 1.0) for step in (1, 1.4, 2, 2.8, 4, 5.6, 7.5))
"""The transformer's bounds, nearly."""
PROBABILITIES = tuple(round(step / 20, 2) for step in range(1, 21))


@dataclass(frozen=True, slots=True)
class Version:
    """How a version truly behaves.

    Attributes:
        server_faults: Share of 5xx.
        caller_faults: Share of 4xx.
        unseen: Share of unseen categories.
        seconds: Median duration.
        spread: Standard deviation of a duration's logarithm.
        logit: Shift of every probability's logit.
    """

    server_faults: float = 0.0005
    caller_faults: float = 0.01
    unseen: float = 0.005
    seconds: float = 0.004
    spread: float = 0.6
    logit: float = 0.0


@dataclass(frozen=True, slots=True)
class Traffic:
    """What comes in.

    Attributes:
        requests_per_second: Of one flight each.
        interval_s: Least time at a step.
        longest_waits: Intervals after which a step is given up.
        steps: Percent of the traffic that the canary gets.
        looks_per_interval: Looks in the first interval, the last of which may let it go on.
    """

    requests_per_second: float = 50.0
    interval_s: float = 60.0
    longest_waits: int = 10
    steps: tuple[int, ...] = (5, 25, 50)
    looks_per_interval: int = 4


GOOD = Version()
SCENARIOS: Mapping[str, Version] = {
    "as good as stable": GOOD,
    "0.1 % more 5xx": replace(GOOD, server_faults=0.0015),
    "20 % slower": replace(GOOD, seconds=GOOD.seconds * 1.2),
    "1 % more 5xx": replace(GOOD, server_faults=GOOD.server_faults + 0.01),
    "2 % more 4xx": replace(GOOD, caller_faults=GOOD.caller_faults + 0.02),
    "twice as slow": replace(GOOD, seconds=GOOD.seconds * 2),
    "probabilities drifted": replace(GOOD, logit=0.75),
    "3 % more unseen": replace(GOOD, unseen=GOOD.unseen + 0.03),
}
HARMLESS = ("as good as stable", "0.1 % more 5xx", "20 % slower")


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a rollout ended.

    Attributes:
        rolled_back: Whether the version was found bad.
        undecided: Whether it was given up because no verdict came in time.
        requests: The canary's, until the end.
    """

    rolled_back: bool
    undecided: bool
    requests: float


class Drawing:
    """Draws what a version's pods count.

    Args:
        version: Its true behaviour.
        random: Where chance comes from.
    """

    def __init__(self, version: Version, random: np.random.Generator) -> None:
        self._version = version
        self._random = random
        cdf = stats.lognorm(version.spread, scale=version.seconds).cdf(SECONDS)
        self._seconds = np.diff([0.0, *cdf, 1.0])
        edges = np.clip(PROBABILITIES, 1e-9, 1 - 1e-9)
        back = 1 / (1 + np.exp(version.logit - np.log(edges / (1 - edges))))  # the same edges before the shift
        self._probabilities = np.diff([0.0, *stats.beta(1.6, 7.0).cdf(back), 1.0])

    def counts(self, mean_requests: float) -> Counts:
        """Return what one stretch of time brings."""
        requests = int(self._random.poisson(mean_requests))
        server, caller, _ = self._random.multinomial(
            requests,
            [
                self._version.server_faults,
                self._version.caller_faults,
                1 - self._version.server_faults - self._version.caller_faults,
            ],
        )
        answered = requests - int(caller)
        return Counts(
            requests=requests,
            caller_faults=int(caller),
            server_faults=int(server),
            flights=answered,
            unseen=int(self._random.binomial(2 * answered, self._version.unseen)),
            seconds=self._histogram(SECONDS, requests, self._seconds),
            probabilities=self._histogram(PROBABILITIES, answered - int(server), self._probabilities),
        )

    def _histogram(self, bounds: tuple[float, ...], count: int, shares: np.ndarray) -> Histogram:
        return Histogram(bounds, tuple(map(float, self._random.multinomial(count, shares / shares.sum()))))


def play(canary: Version, stable: Version, traffic: Traffic, rules: Rules, random: np.random.Generator) -> Outcome:
    """Play one rollout to its end."""
    drawings = Drawing(canary, random), Drawing(stable, random)
    seen = 0.0
    for step in traffic.steps:
        ours, theirs = Counts(), Counts()
        for number, (seconds, deciding) in enumerate(_looks(traffic), start=1):
            mean = traffic.requests_per_second * seconds
            ours += drawings[0].counts(mean * step / 100)
            theirs += drawings[1].counts(mean * (1 - step / 100))
            verdict = judge(ours, theirs, Health(ready_pods=1), Look(number, deciding), rules)
            if verdict.ruling == Ruling.ROLL_BACK:
                return Outcome(True, False, seen + ours.requests)
            if verdict.ruling == Ruling.GO_ON:
                break
        else:
            return Outcome(False, True, seen + ours.requests)
        seen += ours.requests
    return Outcome(False, False, seen)


def _looks(traffic: Traffic) -> Iterator[tuple[float, int]]:
    part = traffic.interval_s / traffic.looks_per_interval
    for number in range(1, traffic.looks_per_interval + 1):
        yield part, int(number == traffic.looks_per_interval)
    for deciding in range(2, traffic.longest_waits + 1):
        yield traffic.interval_s, deciding


@dataclass(frozen=True, slots=True)
class Row:
    """One scenario over many rollouts.

    Attributes:
        scenario: Its name.
        rollouts: How many were played.
        rolled_back: Those in which the version was found bad.
        undecided: Those that were given up.
        requests: The canary's in the median rollout.
    """

    scenario: str
    rollouts: int
    rolled_back: int
    undecided: int
    requests: float

    @property
    def wrong(self) -> int:
        """Return in how many the version was treated wrongly; giving a bad version up is not wrong."""
        stopped = self.rolled_back + self.undecided
        return stopped if self.scenario in HARMLESS else self.rollouts - stopped

    def interval(self, confidence: float = 0.95) -> tuple[float, float]:
        """Return the exact interval of the share that went wrong."""
        share, error = Share(self.wrong, self.rollouts), (1 - confidence) / 2
        return share.lower(error), share.upper(error)


def run(
    rollouts: int, traffic: Traffic, rules: Rules, seed: int, progress: Callable[[str], None] = lambda _name: None
) -> list[Row]:
    """Play every scenario so many times."""
    rows = []
    for position, (name, version) in enumerate(SCENARIOS.items()):
        progress(name)
        random = np.random.default_rng([seed, position])
        outcomes = [play(version, GOOD, traffic, rules, random) for _ in range(rollouts)]
        rows.append(
            Row(
                name,
                rollouts,
                sum(each.rolled_back for each in outcomes),
                sum(each.undecided for each in outcomes),
                float(np.median([each.requests for each in outcomes])),
            )
        )
    return rows
