"""A JSON object for each flight, as services that do not speak the Open Inference Protocol take them."""

import json

from bench.errors import WrongAnswer
from bench.traffic import Batch
from bench.variants.over_rest import OverRest


class FlightsAsRows(OverRest):
    """A variant that is asked about ``flights`` and answers ``probability`` for each."""

    path = "/predict"

    def body(self, batch: Batch) -> bytes:
        """Return an object for each flight."""
        rows = [dict(zip(batch.columns, row, strict=True)) for row in zip(*batch.columns.values(), strict=True)]
        return json.dumps({"flights": rows}, separators=(",", ":")).encode()

    def check(self, batch: Batch, answer: bytes) -> None:
        """Compare the probabilities with the booster's."""
        told = json.loads(answer)
        if not isinstance(told, dict):
            raise WrongAnswer(f"{self.name} answered {told!r} where an object must be")
        batch.check(self.name, told.get("probability"))
