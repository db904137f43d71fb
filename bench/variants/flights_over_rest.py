"""The Open Inference Protocol over REST, with the columns of flights: what every variant of the service speaks."""

import json
from typing import ClassVar

import numpy as np

from bench.errors import WrongAnswer
from bench.traffic import Batch
from bench.variants.variant import Variant
from flights.golden import TOLERANCE

MODEL_NAME = "flight-delay"


class FlightsOverRest(Variant):
    """A variant that is asked about flights in JSON and answers ``delay_probability``."""

    path = f"/v2/models/{MODEL_NAME}/infer"
    headers: ClassVar = {"Content-Type": "application/json"}

    def body(self, batch: Batch) -> bytes:
        """Return a tensor of BYTES for each column."""
        inputs = [
            {"name": name, "shape": [len(column)], "datatype": "BYTES", "data": column}
            for name, column in batch.columns.items()
        ]
        return json.dumps({"inputs": inputs}, separators=(",", ":")).encode()

    def check(self, batch: Batch, answer: bytes) -> None:
        """Compare ``delay_probability`` and ``delayed`` with the booster's."""
        outputs = {output["name"]: output["data"] for output in json.loads(answer)["outputs"]}
        compare(self.name, batch, outputs.get("delay_probability"))
        delayed = [
            bool(probability >= np.float32(self.traffic.bundle.threshold)) for probability in batch.probabilities
        ]
        if outputs.get("delayed") != delayed:
            raise WrongAnswer(f"{self.name} answered delayed {outputs.get('delayed')} where it must be {delayed}")


def compare(name: str, batch: Batch, served: object) -> None:
    """Compare served delay probabilities with a batch's own.

    Raises:
        WrongAnswer: They differ by more than what golden flights may.
    """
    try:
        answer = np.asarray(served, np.float64)
    except (TypeError, ValueError):
        raise WrongAnswer(f"{name} answered {served!r} where probabilities must be") from None
    if answer.shape != batch.probabilities.shape:
        raise WrongAnswer(f"{name} answered shape {answer.shape}: it must be {batch.probabilities.shape}")
    row = int(np.abs(answer - batch.probabilities).argmax())
    if not abs(answer[row] - batch.probabilities[row]) <= TOLERANCE:  # NaN compares false
        flight = {field: column[row] for field, column in batch.columns.items()}
        raise WrongAnswer(f"{name} answered {answer[row]} for {flight}: it must be {batch.probabilities[row]}")
