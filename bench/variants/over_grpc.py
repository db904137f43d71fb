"""Variants that are asked over gRPC, by one client."""

from abc import abstractmethod
from functools import cached_property
from typing import ClassVar

import numpy as np
from kserve.protocol.grpc.grpc_predict_v2_pb2 import ModelInferRequest, ModelInferResponse

from bench.case import Case
from bench.grpc_client import GrpcClient, GrpcSender
from bench.load import Sender
from bench.traffic import Batch
from bench.variants.variant import Variant


class OverGrpc(Variant):
    """A variant whose first server answers inference over gRPC with raw contents, probabilities first."""

    most_connections = 1
    cases: ClassVar = (Case(1, 1),)
    quick_cases: ClassVar = (Case(1, 1),)

    @cached_property
    def _client(self) -> GrpcClient:
        return GrpcClient(self.servers[0].grpc_port)

    @abstractmethod
    def request(self, batch: Batch) -> ModelInferRequest:
        """Return the request for a batch."""

    def check(self, batch: Batch, answer: bytes) -> None:
        """Compare the first output with the booster's."""
        response = ModelInferResponse.FromString(answer)
        batch.check(self.name, np.frombuffer(response.raw_output_contents[0], "<f4"))

    def ask(self, batch: Batch) -> None:
        """See ``Variant.ask``."""
        self.check(batch, self._client.ask(self.request(batch).SerializeToString()))

    def send(self, case: Case, duration_s: float) -> Sender:
        """See ``Variant.send``."""
        requests = [self.request(batch).SerializeToString() for batch in self.traffic.batches(case.flights)]
        return GrpcSender(self._client, requests, duration_s)
