"""A predictor that needs no process."""

import asyncio
from collections.abc import Callable

import numpy as np

from transformer.metrics import Metrics


def probabilities_of(rows: bytes, count: int) -> list[float]:
    """Stand in for a booster: a probability that depends on every column of a row."""
    matrix = np.frombuffer(rows, "<f4").reshape(count, -1)
    weights = np.linspace(0.1, 1.0, matrix.shape[1], dtype=np.float32)
    return (np.sin(matrix * weights).sum(axis=1) / (2 * matrix.shape[1]) + 0.5).astype(np.float32).tolist()


def make_metrics() -> Metrics:
    return Metrics("flight-delay", "v-test", "0" * 64, 0.5)


class FakePredictor:
    """Answers at once, or when let go; remembers the size of each call."""

    def __init__(self) -> None:
        self.calls: list[int] = []
        self.fault: Exception | None = None
        self.answer: Callable[[bytes, int], list[float]] = probabilities_of
        self.gate: asyncio.Event | None = None
        self.answered_s = float("-inf")

    async def predict(self, rows: bytes, count: int, timeout_s: float, traceparent: bytes | None = None) -> list[float]:
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
