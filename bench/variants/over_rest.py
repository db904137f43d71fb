"""Variants that are asked over REST, with wrk."""

from abc import abstractmethod
from collections.abc import Mapping
from typing import ClassVar

from bench import wrk
from bench.case import Case
from bench.load import Sender
from bench.traffic import Batch
from bench.variants.variant import Variant

MODEL_NAME = "flight-delay"


class OverRest(Variant):
    """A variant whose first server answers inference over REST."""

    path: ClassVar[str] = f"/v2/models/{MODEL_NAME}/infer"
    headers: ClassVar[Mapping[str, str]] = {"Content-Type": "application/json"}

    @abstractmethod
    def body(self, batch: Batch) -> bytes:
        """Return the request for a batch."""

    def ask(self, batch: Batch) -> None:
        """See ``Variant.ask``."""
        self.check(batch, self.servers[0].post(self.path, self.headers, self.body(batch)))

    def send(self, case: Case, duration_s: float) -> Sender:
        """See ``Variant.send``."""
        return wrk.run(
            port=self.servers[0].http_port,
            path=self.path,
            headers=self.headers,
            bodies=[self.body(batch) for batch in self.traffic.batches(case.flights)],
            connections=case.connections,
            duration_s=duration_s,
        )
