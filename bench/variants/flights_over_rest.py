"""The Open Inference Protocol over REST, with the columns of flights: what every variant of the service speaks."""

import json

import numpy as np

from bench.errors import WrongAnswer
from bench.traffic import Batch
from bench.variants.over_rest import OverRest


def encode(batch: Batch) -> bytes:
    """Write a request with a tensor of BYTES for each column."""
    inputs = [
        {"name": name, "shape": [len(column)], "datatype": "BYTES", "data": column}
        for name, column in batch.columns.items()
    ]
    return json.dumps({"inputs": inputs}, separators=(",", ":")).encode()


class FlightsOverRest(OverRest):
    """A variant that is asked about flights in JSON and answers ``delay_probability``."""

    def body(self, batch: Batch) -> bytes:
        """Return a tensor of BYTES for each column."""
        return encode(batch)

    def check(self, batch: Batch, answer: bytes) -> None:
        """Compare ``delay_probability`` and ``delayed`` with the booster's."""
        outputs = {output["name"]: output["data"] for output in json.loads(answer)["outputs"]}
        batch.check(self.name, outputs.get("delay_probability"))
        delayed = [
            bool(probability >= np.float32(self.traffic.bundle.threshold)) for probability in batch.probabilities
        ]
        if outputs.get("delayed") != delayed:
            raise WrongAnswer(f"{self.name} answered delayed {outputs.get('delayed')} where it must be {delayed}")
