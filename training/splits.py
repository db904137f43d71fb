"""Which flights a booster learns from, which choose its size and threshold, and which judge it."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from flights.errors import InvalidDataset

FEWEST_FLIGHTS = 30
"""Fewest flights that a part may have; below this no number that is measured on it means anything."""

RANDOM_SEED = 0


@dataclass(frozen=True, slots=True)
class Split:
    """Three parts of n flights, as positions in ascending order.

    Attributes:
        name: ``temporal`` or ``random``.
        training: What the encoder and the booster are fitted on.
        validation: What stops the booster and chooses the threshold.
        test: What it is judged on, once.
        periods: What each part is, in words, in this order.
    """

    name: str
    training: npt.NDArray[np.intp]
    validation: npt.NDArray[np.intp]
    test: npt.NDArray[np.intp]
    periods: tuple[str, str, str]

    def parts(self) -> dict[str, npt.NDArray[np.intp]]:
        """Return the parts by name."""
        return {"training": self.training, "validation": self.validation, "test": self.test}


def temporal_split(scheduled: list[str], delayed: npt.NDArray[np.bool_]) -> Split:
    """Split by the month of the scheduled departure: three quarters, then a twelfth, then the rest.

    For a calendar year that is January to September, October, November and December. Months are counted from
    the first with a flight to the last, flown in or not, and each part has one at least.

    Raises:
        InvalidDataset: Ours: fewer than three months, or a part is too small or of one class.
    """
    months = np.array(scheduled, dtype="datetime64[M]")
    first = months.min()
    count = int((months.max() - first).astype(int)) + 1
    if count < 3:
        raise InvalidDataset(
            f"the flights span {count} month{'s' * (count > 1)}: the temporal split needs three at least"
        )
    validation_at = min(count * 9 // 12, count - 2)
    test_at = validation_at + max(1, min(count // 12, count - validation_at - 1))
    edges = [int(edge) for edge in (0, validation_at, test_at, count)]
    month = (months - first).astype(int)
    parts = [np.flatnonzero((edges[part] <= month) & (month < edges[part + 1])) for part in range(3)]
    periods = [_period(first + edges[part], first + edges[part + 1] - 1) for part in range(3)]
    return checked(Split("temporal", parts[0], parts[1], parts[2], (periods[0], periods[1], periods[2])), delayed)


def random_split(delayed: npt.NDArray[np.bool_]) -> Split:
    """Split 80 / 10 / 10 at random, seeded, the delayed flights and the others each for themselves.

    It flatters: flights of the same day, with the same weather, fall on both sides. It is here to compare.

    Raises:
        InvalidDataset: Ours: a part is too small or of one class.
    """
    random = np.random.default_rng(RANDOM_SEED)
    parts: list[list[npt.NDArray[np.intp]]] = [[], [], []]
    for label in (False, True):
        shuffled = random.permutation(np.flatnonzero(delayed == label))
        edges = [len(shuffled) * 8 // 10, len(shuffled) * 9 // 10]
        for part, positions in zip(parts, np.split(shuffled, edges), strict=True):
            part.append(positions)
    training, validation, test = (np.sort(np.concatenate(part)) for part in parts)
    return checked(Split("random", training, validation, test, ("80 %", "10 %", "10 %")), delayed)


def _period(first: np.datetime64, last: np.datetime64) -> str:
    return str(first) if first == last else f"{first} to {last}"


def checked(split: Split, delayed: npt.NDArray[np.bool_]) -> Split:
    """Return the split, if each of its parts can be learnt from or measured on.

    Raises:
        InvalidDataset: Ours: a part is too small or of one class.
    """
    for (name, part), period in zip(split.parts().items(), split.periods, strict=True):
        place = f"the {split.name} split's {name} part ({period})"
        if len(part) < FEWEST_FLIGHTS:
            raise InvalidDataset(f"{place} has {len(part)} flights: it needs {FEWEST_FLIGHTS} at least")
        if delayed[part].all() or not delayed[part].any():
            kind = "delayed" if delayed[part].all() else "on time"
            raise InvalidDataset(f"{place} has only flights that were {kind}: it needs both kinds")
    return split
