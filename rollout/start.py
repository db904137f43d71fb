"""A version comes in: without traffic, until it is Ready and its golden flights come back right."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from flights.golden import GoldenFlights
from rollout.cluster import Cluster
from rollout.errors import CannotRollOut, RolledBack
from rollout.examiner import ClusterExaminer
from rollout.gateway import Answer, Gateway
from rollout.helm import Release, Values, with_version, without_versions

PROXIES_S = 30.0
"""A proxy may need so long until it knows a new version's pods."""


@dataclass(frozen=True, slots=True)
class NewVersion:
    """What is to come in.

    Attributes:
        name: The version, as its bundle is called.
        bundle: Where its folder is.
        runtime: Its own ServingRuntime; None: everybody's.
        shadow: Whether it gets a copy of the traffic.
    """

    name: str
    bundle: str
    runtime: str | None = None
    shadow: bool = False

    def added(self, values: Values) -> Values:
        """Return values with this version at weight 0.

        Raises:
            CannotRollOut: There is another one of its name, or one with traffic.
        """
        wanted = {"bundle": self.bundle, "weight": 0}
        if self.runtime:
            wanted["runtime"] = {"name": self.runtime}
        there = values["versions"].get(self.name)
        if there is not None and {**there, "weight": 0} != wanted:
            raise CannotRollOut(f"{self.name} is a version of the release already, with {there['bundle']}")
        if there is not None and there["weight"]:
            raise CannotRollOut(f"{self.name} has {there['weight']} % of the traffic already")
        added = with_version(values, self.name, wanted)
        return {**added, "shadow": self.name} if self.shadow else added


@dataclass(frozen=True, slots=True)
class Difference:
    """A golden flight that two versions answer differently.

    Attributes:
        note: What it is there for.
        current: The current version's probability and whether it counts as delayed.
        new: The new version's.
    """

    note: str
    current: tuple[float, bool]
    new: tuple[float, bool]


SHOWN_FROM = 0.01
"""Smaller differences of a probability are not told."""


def differences(golden: GoldenFlights, current: Answer, new: Answer) -> list[Difference]:
    """Return the flights whose probability differs noticeably, or that count as delayed for one alone; worst first."""
    pairs = zip(
        golden.notes,
        zip(current.probabilities, current.delayed, strict=True),
        zip(new.probabilities, new.delayed, strict=True),
        strict=True,
    )
    found = [
        Difference(note, old, other)
        for note, old, other in pairs
        if abs(old[0] - other[0]) >= SHOWN_FROM or old[1] != other[1]
    ]
    return sorted(found, key=lambda each: -abs(each.current[0] - each.new[0]))


class Start:
    """Brings versions in.

    Args:
        release: The release.
        cluster: Its cluster.
        examiner: Looks at golden flights.
        gateway: The way for those that are compared.
        check_lock: Raises LockLost where another command has taken over.
        note: Where to say what is waited for.
    """

    def __init__(
        self,
        release: Release,
        cluster: Cluster,
        examiner: ClusterExaminer,
        gateway: Gateway,
        check_lock: Callable[[], None],
        note: Callable[[str], None],
    ) -> None:
        self._release = release
        self._cluster = cluster
        self._examiner = examiner
        self._gateway = gateway
        self._check_lock = check_lock
        self._note = note

    def run(self, new: NewVersion, ready_s: float) -> Sequence[Difference]:
        """Bring a version in, and return what it answers differently from the one with the most traffic.

        Raises:
            RolledBack: It did not become Ready in time, or its golden flights are wrong; it was taken out again.
            CannotRollOut: It cannot be added; nothing was changed.
        """
        self._release.recover()
        weights = self._release.weights()
        current = max((name for name in weights if name != new.name), key=lambda name: weights[name], default=None)
        self._release.upgrade(new.added, f"rollout: {new.name} comes in {'as shadow' if new.shadow else 'at 0 %'}")
        try:
            self._wait_until_ready(new.name, ready_s)
            golden = self._examiner.golden(new.name)
            if fault := self._gateway.golden_fault(new.name, golden, PROXIES_S):
                raise RolledBack(f"{new.name}: {fault}")
        except RolledBack as error:
            self._check_lock()
            self._release.upgrade(
                lambda values: without_versions(values, frozenset({new.name})),
                f"rollout: {new.name} taken out, it did not start",
            )
            raise RolledBack(f"{error}; it was taken out again and got no traffic") from error
        if current is None:
            return []
        try:
            answers = [self._gateway.ask(name, golden.columns) for name in (current, new.name)]
            return differences(golden, *answers)
        except (ConnectionError, ValueError) as error:  # ValueError: one answers another number of flights
            self._note(f"{current} cannot be compared on the new version's golden flights: {error}")
            return []

    def _wait_until_ready(self, version: str, ready_s: float) -> None:
        deadline_s = time.monotonic() + ready_s
        said = ""
        while True:
            service = self._cluster.services().get(version)
            if service is not None and service.ready and self._examiner.pods(version)[0]:
                self._note(f"{version} is Ready")
                return
            why = self._cluster.why_not_ready(version)
            if why != said:
                self._note(f"{version} is not Ready yet: {why}")
                said = why
            if time.monotonic() > deadline_s:
                raise RolledBack(f"{version} was not Ready after {ready_s:.0f} s: {why}")
            self._check_lock()
            time.sleep(1)
