"""Counts of which a test changes the ones that it is about."""

from rollout.counts import Counts, Histogram
from rollout.judge import Health, Look, Rules
from rollout.simulation import PROBABILITIES, SECONDS

ALL_WELL = Health(ready_pods=1)
RULES = Rules()
LAST_LOOK = Look(4, 1)

_SHAPE = (0.30, 0.22, 0.16, 0.10, 0.08, 0.06, 0.04, 0.02, 0.01, 0.01)


def histogram(bounds: tuple[float, ...], count: float, first: int) -> Histogram:
    """Values over ten buckets from the first on."""
    counts = [0.0] * (len(bounds) + 1)
    for position, share in enumerate(_SHAPE):
        counts[first + position] = round(count * share)
    return Histogram(bounds, tuple(counts))


def make_counts(requests: float = 10_000, *, slower: int = 0, drifted: int = 0, **changes: float) -> Counts:
    """A version that answers well; ``slower`` and ``drifted`` are buckets that its values moved up by."""
    numbers: dict[str, float] = {
        "requests": requests,
        "flights": requests,
        "delayed": round(requests * 0.2),
    } | changes
    return Counts(
        **numbers,
        seconds=histogram(SECONDS, requests, 3 + slower),
        probabilities=histogram(PROBABILITIES, requests, drifted),
    )
