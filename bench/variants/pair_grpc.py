"""Our transformer in front of the runtime, asked over gRPC."""

from typing import Self

from kserve.protocol.grpc.grpc_predict_v2_pb2 import ModelInferRequest

from bench.processes import Starter
from bench.traffic import Batch, Traffic
from bench.variants.over_grpc import OverGrpc
from bench.variants.over_rest import MODEL_NAME
from bench.variants.pair import Pair


class PairGrpc(OverGrpc):
    """The servers of ``pair``."""

    name = "pair_grpc"

    @classmethod
    def start(cls, starter: Starter, traffic: Traffic) -> Self:
        """Start both servers."""
        return cls(traffic, *Pair.start(starter, traffic).servers)

    def request(self, batch: Batch) -> ModelInferRequest:
        """Return a tensor of BYTES for each column."""
        request = ModelInferRequest(model_name=MODEL_NAME)
        for name, column in batch.columns.items():
            request.inputs.add(name=name, datatype="BYTES", shape=[len(column)])
            texts = [value.encode() for value in column]
            request.raw_input_contents.append(b"".join(len(text).to_bytes(4, "little") + text for text in texts))
        return request
