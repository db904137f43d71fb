"""From counters that only grow, and begin anew with every container, to what happened in between."""

from collections.abc import Mapping
from dataclasses import dataclass

from rollout.counts import Counts

CLOCKS_APART_S = 3.0
"""A node's clock and this machine's may differ by so much."""


@dataclass(frozen=True, slots=True)
class Container:
    """One life of one transformer: a container that starts again is another one.

    Attributes:
        version: The version that it serves.
        pod: Its pod's name or uid.
        began_s: When it started, in seconds since the epoch.
    """

    version: str
    pod: str
    began_s: float


@dataclass(frozen=True, slots=True)
class Reading:
    """All counters at one moment.

    Attributes:
        at_s: The moment, in seconds since the epoch.
        counts: By container.
    """

    at_s: float
    counts: Mapping[Container, Counts]


def between(earlier: Reading, later: Reading) -> dict[str, Counts]:
    """Return what was counted from one reading to another, by version.

    A difference is taken within one container's life. One that began in between counts from zero, and one that was
    there and could not be read the first time not at all. What a container counted after its last reading is lost.
    """
    happened: dict[str, Counts] = {}
    for container, counts in later.counts.items():
        if container in earlier.counts and counts.requests < earlier.counts[container].requests:
            more = counts  # it began anew, and its source does not say when
        elif container in earlier.counts:
            more = counts - earlier.counts[container]
        elif container.began_s >= earlier.at_s - CLOCKS_APART_S:
            more = counts
        else:
            more = Counts()
        happened[container.version] = happened.get(container.version, Counts()) + more
    return happened
