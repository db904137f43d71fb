"""A rollout from step to step: move, look, and go on or back.

Before anything is done that a killed command could leave half done, the journal says so; after it, the release
itself does. So whoever runs it again begins with what the release says.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from kubernetes.client import ApiException
from urllib3.exceptions import HTTPError

from rollout import weights as percent
from rollout.counts import Counts
from rollout.errors import CannotRollOut, LockLost, RolledBack
from rollout.journal import UNFINISHED, Journal, Journals, Move, Observation, State
from rollout.judge import Finding, Health, Look, Rules, Ruling, Verdict, judge
from rollout.tally import Reading, between
from rollout.weights import ALL, Weights


class Release(Protocol):
    """The release; see ``rollout.helm``."""

    def weights(self) -> dict[str, int]:
        """Return every version's weight."""

    def set_weights(self, weights: Weights, why: str) -> None:
        """Make a revision with these."""

    def recover(self) -> None:
        """Leave no revision half made."""


class Source(Protocol):
    """Where counters come from."""

    def read_now(self) -> Reading:
        """Read them when all that happened before the call is counted."""


class Examiner(Protocol):
    """Looks at a version's pods and its golden flights."""

    def pods(self, version: str) -> tuple[int, int]:
        """Return how many are ready, and how often containers of those that are there started again."""

    def golden_fault(self, version: str) -> str | None:
        """Return what is wrong with its golden flights."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How long a step takes.

    Attributes:
        interval_s: Least time at a step.
        wait_s: Longest time at a step.
        looks: Looks in the first interval, each of which may roll back, the last one also go on.
    """

    interval_s: float = 60.0
    wait_s: float = 1800.0
    looks: int = 4

    def moments(self) -> Iterator[tuple[float, Look]]:
        """Return the looks with their moments, in seconds since the step began."""
        for number in range(1, self.looks + 1):
            yield self.interval_s * number / self.looks, Look(number, int(number == self.looks))
        deciding = 2
        while deciding * self.interval_s <= self.wait_s:
            yield deciding * self.interval_s, Look(self.looks + deciding - 1, deciding)
            deciding += 1


@dataclass(frozen=True, slots=True)
class Clock:
    """Time, which tests make up."""

    now_s: Callable[[], float] = time.time
    sleep: Callable[[float], None] = time.sleep


@dataclass(slots=True)
class Rollout:
    """Takes a version through its steps.

    Attributes:
        release: The release.
        source: The counters.
        examiner: What the counters do not tell.
        journals: The journal.
        rules: The limits.
        pace: How long a step takes.
        check_lock: Raises LockLost where another command has taken over.
        note: Where to say what happens.
        watch: Called after every look.
        clock: The time.
    """

    release: Release
    source: Source
    examiner: Examiner
    journals: Journals
    rules: Rules
    pace: Pace
    check_lock: Callable[[], None] = lambda: None
    note: Callable[[str], None] = lambda _text: None
    watch: Callable[[Observation], None] = lambda _observation: None
    clock: Clock = field(default_factory=Clock)

    def run(self, version: str, steps: Sequence[int]) -> Journal:
        """Take a version through its steps, from where the release is.

        Returns:
            The journal: promoted, or holding where the last step is below 100.

        Raises:
            RolledBack: It did not pass; it has no traffic any more.
            CannotRollOut: Nothing was decided; the weights stay as they are.
        """
        journal = self._begin(version, tuple(steps))
        if journal.state == State.ROLLING_BACK:
            self._roll_back(journal)
        for step in percent.remaining(journal.steps, self.release.weights()[version]):
            self._move(journal, step)
            verdict = self._judged(journal, step)
            if verdict.ruling == Ruling.ROLL_BACK:
                journal.state, journal.reason = State.ROLLING_BACK, f"at {step} %: {verdict.reason}"
                self.journals.save(journal)
                self._roll_back(journal)
        promoted = journal.steps[-1] == ALL
        journal.state = State.PROMOTED if promoted else State.HOLDING
        journal.reason = "every step passed" if promoted else f"the last step, {journal.steps[-1]} %, passed"
        self.journals.save(journal)
        return journal

    def _begin(self, version: str, steps: tuple[int, ...]) -> Journal:
        self.release.recover()
        weights = self.release.weights()
        if version not in weights:
            raise CannotRollOut(f"{version} is no version of the release: start it first ({percent.shown(weights)})")
        journal = self.journals.load()
        if journal is not None and journal.state in UNFINISHED:
            if journal.version != version:
                raise CannotRollOut(f"a rollout of {journal.version} is under way: run it on, or abort it, first")
            self.note(f"picking up at {weights[version]} %")
            journal.steps = steps
            journal.moves.append(Move(self.clock.now_s(), weights, "picked up"))
            return journal
        if weights[version] == ALL:
            raise CannotRollOut(f"{version} has all the traffic already")
        if not self.examiner.pods(version)[0]:
            raise CannotRollOut(f"{version} has no ready pod: nothing was changed")
        if fault := self.examiner.golden_fault(version):
            raise CannotRollOut(f"{version}: {fault}: nothing was changed")
        journal = Journal(version, weights, steps, self.clock.now_s())
        journal.moves.append(Move(journal.began_s, weights, "before the rollout"))
        self.journals.save(journal)
        return journal

    def _move(self, journal: Journal, step: int) -> None:
        weights = self.release.weights()
        if weights[journal.version] == step:
            return
        self._set(journal, percent.moved(weights, journal.version, step), f"rollout: {journal.version} to {step} %")

    def _set(self, journal: Journal, weights: Weights, why: str) -> None:
        self.check_lock()
        self.release.set_weights(weights, why)
        self.note(why)
        journal.moves.append(Move(self.clock.now_s(), weights, why))
        self.journals.save(journal)

    def _roll_back(self, journal: Journal) -> None:
        weights = back(journal, self.release.weights())
        self._set(journal, weights, f"rollout: {journal.version} rolled back {journal.reason}")
        journal.state = State.ROLLED_BACK
        self.journals.save(journal)
        raise RolledBack(f"{journal.version} was rolled back {journal.reason}")

    def _judged(self, journal: Journal, step: int) -> Verdict:
        version = journal.version
        weights = self.release.weights()
        others = frozenset(name for name, weight in weights.items() if weight and name != version)
        restarts_before = self.examiner.pods(version)[1]
        began_s = self.clock.now_s()
        last = self.source.read_now()
        canary, stable = Counts(), Counts() if others else _reference(journal)
        verdict = Verdict(Ruling.WAIT)
        for moment_s, look in self.pace.moments():
            if self.clock.now_s() >= began_s + self.pace.wait_s:
                break  # looks took longer than they are apart
            # a source that lags has taken its time for the last look, and this one needs something to count
            due_s = max(began_s + moment_s, last.at_s + self.pace.interval_s / self.pace.looks)
            self.clock.sleep(max(0.0, due_s - self.clock.now_s()))
            self.check_lock()
            try:
                self._check_unchanged(weights)
                reading = self.source.read_now()
                counted = between(last, reading)
                last = reading
                ready, restarts = self.examiner.pods(version)
                fault = self.examiner.golden_fault(version)
                last = self.source.read_now()  # the golden flights are nobody's traffic
            except LockLost:
                raise
            except (CannotRollOut, ApiException, HTTPError, OSError) as error:
                self.note(f"this look failed: {error}")
                continue
            canary += counted.get(version, Counts())
            for name in others:
                stable += counted.get(name, Counts())
            health = Health(ready, max(0, restarts - restarts_before), fault)
            verdict = judge(canary, stable, health, look, self.rules)
            observation = Observation(
                self.clock.now_s(), began_s, step, verdict.ruling, tuple(verdict.findings), canary, stable
            )
            journal.observe(observation)
            self.journals.save(journal)
            self.watch(observation)
            if verdict.ruling != Ruling.WAIT:
                return verdict
        undecided = [each for each in verdict.findings if each.ruling == Ruling.WAIT]
        text = "; ".join(each.text for each in undecided) or "nothing could be read"
        text = f"no verdict after {self.pace.wait_s:.0f} s: {text}"
        return Verdict(Ruling.ROLL_BACK, [Finding("wait", Ruling.ROLL_BACK, text)])

    def _check_unchanged(self, weights: Weights) -> None:
        now = self.release.weights()
        if now != weights:
            raise LockLost(
                f"somebody else has changed the weights to {percent.shown(now)}: run it again to go on from there"
            )


def back(journal: Journal, now: Weights) -> dict[str, int]:
    """Return the weights before a rollout, among those versions that are still there."""
    base = {version: weight for version, weight in journal.base.items() if version in now}
    return {**dict.fromkeys(now, 0), **percent.moved(base, journal.version, 0)}


def _reference(journal: Journal) -> Counts:
    """Return what the others counted at the last step at which they had traffic."""
    seen = [each.stable for each in journal.observations if each.step < ALL]
    return seen[-1] if seen else Counts()
