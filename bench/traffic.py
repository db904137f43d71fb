"""Seeded flights with the probabilities that the bundle's booster gives them."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import numpy.typing as npt
import xgboost

from bench.errors import WrongAnswer
from flights import bundle as bundles
from flights.bundle import Bundle
from flights.encoder import ENCODED_FIELDS
from flights.fields import SCHEDULED
from flights.flight import Flights
from flights.golden import TOLERANCE

SEED = 20170101
_FIRST_DEPARTURE = datetime(2018, 1, 1)
_MINUTES = 365 * 24 * 60
_ROWS_IN_ALL_BATCHES = 4000
_MOST_BATCHES = 64


@dataclass(frozen=True, slots=True)
class Batch:
    """The flights of one request and the right answer to it.

    Attributes:
        columns: The required columns, n values each, by the field's name.
        rows: The flights encoded, FP32 of shape [n, k].
        probabilities: What the booster says of them, FP32 of shape [n].
    """

    columns: dict[str, list[str]]
    rows: npt.NDArray[np.float32]
    probabilities: npt.NDArray[np.float32]

    def check(self, name: str, served: object) -> None:
        """Compare delay probabilities that were served with the booster's.

        Args:
            name: Who served them.
            served: What ought to be n numbers.

        Raises:
            WrongAnswer: They differ by more than golden flights may.
        """
        try:
            answer = np.asarray(served, np.float64)
        except (TypeError, ValueError):
            raise WrongAnswer(f"{name} answered {served!r} where probabilities must be") from None
        if answer.shape != self.probabilities.shape:
            raise WrongAnswer(f"{name} answered shape {answer.shape}: it must be {self.probabilities.shape}")
        row = int(np.abs(answer - self.probabilities).argmax())
        if not abs(answer[row] - self.probabilities[row]) <= TOLERANCE:  # NaN compares false
            flight = {field: column[row] for field, column in self.columns.items()}
            raise WrongAnswer(f"{name} answered {answer[row]} for {flight}: it must be {self.probabilities[row]}")


class Traffic:
    """The flights that every variant is asked about.

    Args:
        folder: Folder of a bundle.

    Raises:
        InvalidBundle: Ours: the folder holds none.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.bundle: Bundle = bundles.decode(folder)
        self._booster = xgboost.Booster({"nthread": 1}, model_file=folder / bundles.BOOSTER)
        self._batches: dict[int, tuple[Batch, ...]] = {}

    def batches(self, flights: int) -> tuple[Batch, ...]:
        """Return the batches of so many flights that requests take in turn, the same in every run."""
        if flights not in self._batches:
            count = max(2, min(_MOST_BATCHES, _ROWS_IN_ALL_BATCHES // flights))
            source = random.Random(f"{SEED} {flights}")
            self._batches[flights] = tuple(self._batch(self._columns(source, flights)) for _ in range(count))
        return self._batches[flights]

    def golden(self) -> tuple[Batch, ...]:
        """Return the golden flights, one a batch, with their golden probabilities."""
        golden = self.bundle.golden
        names = [SCHEDULED.name, *(field.name for field in ENCODED_FIELDS)]
        return tuple(
            self._batch({name: [str(golden.columns[name][row])] for name in names}, [probability])
            for row, probability in enumerate(golden.probabilities)
        )

    def predict(self, rows: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """Return what the bundle's booster says of encoded flights, FP32 of shape [n]."""
        probabilities: npt.NDArray[np.float32] = self._booster.predict(xgboost.DMatrix(rows, nthread=1))
        return probabilities

    def _columns(self, source: random.Random, count: int) -> dict[str, list[str]]:
        departures = [_FIRST_DEPARTURE + timedelta(minutes=source.randrange(_MINUTES)) for _ in range(count)]
        columns = {SCHEDULED.name: [departure.strftime("%Y-%m-%d %H:%M:%S") for departure in departures]}
        for table in self.bundle.encoder.tables:
            columns[table.field] = source.choices(sorted(table.values), k=count)
        return columns

    def _batch(self, columns: dict[str, list[str]], probabilities: Sequence[float] | None = None) -> Batch:
        rows = self.bundle.encoder.encode(
            Flights.from_columns({name: [*column] for name, column in columns.items()})
        ).matrix()
        answer = self.predict(rows) if probabilities is None else probabilities
        return Batch(columns, rows, np.asarray(answer, np.float32))
