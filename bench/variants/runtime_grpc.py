"""The runtime asked directly over gRPC: the very call that the transformer makes."""

from typing import Self

from kserve.protocol.grpc.grpc_predict_v2_pb2 import ModelInferRequest

from bench.processes import Starter
from bench.traffic import Batch, Traffic
from bench.variants import runtime
from bench.variants.over_grpc import OverGrpc
from bench.variants.over_rest import MODEL_NAME


class RuntimeGrpc(OverGrpc):
    """The server of ``runtime``."""

    name = "runtime_grpc"

    @classmethod
    def start(cls, starter: Starter, traffic: Traffic) -> Self:
        """Start it."""
        return cls(traffic, runtime.server(starter, traffic))

    def request(self, batch: Batch) -> ModelInferRequest:
        """Return one FP32 tensor."""
        request = ModelInferRequest(model_name=MODEL_NAME, raw_input_contents=[batch.rows.tobytes()])
        request.inputs.add(name="input-0", datatype="FP32", shape=batch.rows.shape)
        return request
