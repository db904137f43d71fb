"""What a rollout did and saw, so that another command can go on with it and a report can tell it.

The weights are Helm's: the journal never decides what they are. It is one ConfigMap beside the release.
"""

import json
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from http import HTTPStatus
from typing import Protocol

import msgspec
from kubernetes import client

from rollout.counts import Counts
from rollout.errors import CannotRollOut
from rollout.judge import Finding, Ruling
from rollout.weights import Weights

FORMAT = 1
MOST_OBSERVATIONS = 300
"""Some 2 KB each; a ConfigMap holds 1 MiB. Beyond it the oldest of a step that are not its last are left out."""


class State(StrEnum):
    """How far a rollout is."""

    RUNNING = "running"
    ROLLING_BACK = "rolling back"
    ROLLED_BACK = "rolled back"
    HOLDING = "holding"
    PROMOTED = "promoted"
    ABORTED = "aborted"


UNFINISHED = frozenset({State.RUNNING, State.ROLLING_BACK})


@dataclass(frozen=True, slots=True)
class Move:
    """A change of weights.

    Attributes:
        at_s: When, in seconds since the epoch.
        weights: What they are from then on.
        why: The revision's description.
    """

    at_s: float
    weights: Weights
    why: str


@dataclass(frozen=True, slots=True)
class Observation:
    """One look.

    Attributes:
        at_s: When, in seconds since the epoch.
        step_began_s: When the looking at this step began.
        step: The canary's percent.
        ruling: What it came to.
        findings: Why.
        canary: What the canary counted since the step began.
        stable: What the others counted meanwhile, or before if they had no traffic any more.
    """

    at_s: float
    step_began_s: float
    step: int
    ruling: Ruling
    findings: tuple[Finding, ...]
    canary: Counts
    stable: Counts


@dataclass(slots=True)
class Journal:
    """A rollout.

    Attributes:
        version: The canary.
        base: The weights before it.
        steps: The canary's percents.
        began_s: When, in seconds since the epoch.
        state: How far it is.
        reason: Why it ended so, in a sentence.
        moves: Changes of weights, in order.
        observations: Looks, in order.
    """

    version: str
    base: Weights
    steps: tuple[int, ...]
    began_s: float
    state: State = State.RUNNING
    reason: str = ""
    moves: list[Move] = field(default_factory=list)
    observations: list[Observation] = field(default_factory=list)

    def observe(self, observation: Observation) -> None:
        """Add a look."""
        self.observations.append(observation)
        if len(self.observations) > MOST_OBSERVATIONS:
            steps = [each.step_began_s for each in self.observations]
            oldest = next((i for i, step in enumerate(steps[:-1]) if steps[i + 1] == step), 0)
            del self.observations[oldest]

    def encode(self) -> str:
        """Write it as JSON."""
        return json.dumps({"format": FORMAT, **asdict(self)}, separators=(",", ":"), allow_nan=False, default=str)

    @classmethod
    def decode(cls, text: str) -> "Journal":
        """Read what ``encode`` wrote.

        Raises:
            CannotRollOut: It is none, or another release of this program's.
        """
        try:
            document = msgspec.json.decode(text, type=dict[str, object])
            if document.get("format") != FORMAT:
                raise CannotRollOut(
                    "the journal was written by another release of this program: delete it to begin anew"
                )
            return msgspec.convert(document, cls)
        except (msgspec.MsgspecError, RecursionError) as error:
            raise CannotRollOut(f"the journal cannot be read, delete it to begin anew: {error}") from error


class Journals(Protocol):
    """Where the journal of the release is kept."""

    def load(self) -> Journal | None:
        """Return it, if there is one."""

    def save(self, journal: Journal) -> None:
        """Put it in the place of the one before."""


KEY = "journal.json"


class ConfigMapJournals:
    """Keeps it in a ConfigMap.

    Args:
        core: The cluster.
        namespace: The release's namespace.
        name: The ConfigMap's name.
    """

    def __init__(self, core: client.CoreV1Api, namespace: str, name: str) -> None:
        self._core = core
        self._namespace = namespace
        self._name = name

    def load(self) -> Journal | None:
        """Return the journal, if there is one."""
        try:
            found = self._core.read_namespaced_config_map(self._name, self._namespace)
        except client.ApiException as error:
            if error.status == HTTPStatus.NOT_FOUND:
                return None
            raise
        return Journal.decode((found.data or {}).get(KEY, "{}"))

    def save(self, journal: Journal) -> None:
        """Write the journal."""
        body = client.V1ConfigMap(metadata=client.V1ObjectMeta(name=self._name), data={KEY: journal.encode()})
        try:
            self._core.replace_namespaced_config_map(self._name, self._namespace, body)
        except client.ApiException as error:
            if error.status != HTTPStatus.NOT_FOUND:
                raise
            self._core.create_namespaced_config_map(self._namespace, body)
