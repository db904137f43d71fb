"""A version that needs no files, and a predictor that needs no process."""

import asyncio
from collections.abc import Callable
from datetime import date

import numpy as np
import numpy.typing as npt
import pytest

from flights.bundle import Bundle
from flights.calendar import Calendar
from flights.encoder import CategoryTable, Encoder
from flights.golden import GoldenFlights

GOLDEN_COLUMNS: dict[str, list[object]] = {
    "Fecha-I": ["2017-01-01 23:30:00", "2017-09-18 08:00"],
    "Des-I": ["KMIA", "SCFA"],
    "Emp-I": ["AAL", "XXX"],
    "TIPOVUELO": ["I", "N"],
}


def probabilities_of(rows: bytes, count: int) -> npt.NDArray[np.float32]:
    """Stand in for a booster: a probability that depends on every column of a row."""
    matrix = np.frombuffer(rows, "<f4").reshape(count, -1)
    weights = np.linspace(0.1, 1.0, matrix.shape[1], dtype=np.float32)
    return (np.sin(matrix * weights).sum(axis=1) / (2 * matrix.shape[1]) + 0.5).astype(np.float32)


class FakePredictor:
    """Answers at once, or when let go; remembers the size of each call."""

    def __init__(self) -> None:
        self.calls: list[int] = []
        self.fault: Exception | None = None
        self.answer: Callable[[bytes, int], npt.NDArray[np.float32]] = probabilities_of
        self.gate: asyncio.Event | None = None

    async def predict(self, rows: bytes, count: int, timeout_s: float) -> npt.NDArray[np.float32]:
        self.calls.append(count)
        if self.gate is not None:
            await self.gate.wait()
        else:
            await asyncio.sleep(0)
        if self.fault is not None:
            raise self.fault
        return self.answer(rows, count)

    async def close(self) -> None:
        return None


@pytest.fixture
def encoder() -> Encoder:
    return Encoder(
        Calendar(frozenset({date(2017, 9, 18)})),
        (
            CategoryTable("Emp-I", ("airline_rate",), {"AAL": (0.3,), "LAN": (0.17,)}, (0.185,)),
            CategoryTable("Des-I", ("destination_rate",), {"KMIA": (0.25,), "SCFA": (0.16,)}, (0.185,)),
            CategoryTable("TIPOVUELO", ("type_rate",), {"I": (0.225,), "N": (0.15,)}, (0.185,)),
        ),
    )


@pytest.fixture
def bundle(encoder: Encoder) -> Bundle:
    golden = GoldenFlights(("a known one", "an unseen airline"), GOLDEN_COLUMNS, (0.0, 0.0))
    encoded = encoder.encode(golden.flights())
    known = GoldenFlights(
        golden.notes, golden.columns, tuple(map(float, probabilities_of(encoded.rows, encoded.count)))
    )
    return Bundle("v-test", "0" * 64, encoder, float(np.float32(0.5)), known, {})


@pytest.fixture
def predictor() -> FakePredictor:
    return FakePredictor()
