"""The hop to the XGBoost runtime: one tensor of encoded flights there, their delay probabilities back."""

import asyncio
from typing import Protocol

import grpc
import numpy as np
from google.protobuf.message import DecodeError
from kserve.protocol.grpc.grpc_predict_v2_pb2 import ModelInferRequest, ModelInferResponse

from flights.errors import PredictorError, PredictorNonsense, PredictorTimeout, PredictorUnavailable
from transformer.correlation import TRACEPARENT
from transformer.http2_connection import CallFailed
from transformer.unary_channel import UnaryChannel

Probabilities = list[float]
"""Delay probabilities: FP32 numbers held as Python's, which every answer is written from."""

_OUTPUT = "output-0"
"""The stock XGBoost runtime's only output: FP32 of shape [n], for binary:logistic the probability."""

_INFER = "/inference.GRPCInferenceService/ModelInfer"

_TIMEOUTS = frozenset({grpc.StatusCode.DEADLINE_EXCEEDED})
_UNAVAILABLE = frozenset(
    {
        grpc.StatusCode.UNAVAILABLE,  # refused, reset, or cut in the middle of an answer
        grpc.StatusCode.NOT_FOUND,  # up, its booster not loaded yet
        grpc.StatusCode.RESOURCE_EXHAUSTED,
        grpc.StatusCode.CANCELLED,
        grpc.StatusCode.ABORTED,
    }
)
"""A later try may succeed; whatever is in neither set says that the predictor cannot make sense of a right call."""


class Predictor(Protocol):
    """Whatever turns encoded flights into probabilities.

    Attributes:
        answered_s: When it last gave a usable answer, in seconds of the event loop's clock.
    """

    answered_s: float

    async def predict(
        self, rows: bytes, count: int, timeout_s: float, traceparent: bytes | None = None
    ) -> Probabilities:
        """Return the delay probabilities of n encoded flights, each from 0 to 1.

        Args:
            rows: ``EncodedFlights.rows``: FP32 of shape [n, k], little-endian.
            count: n.
            timeout_s: Seconds that the answer may take.
            traceparent: W3C trace context to pass on.

        Raises:
            PredictorError: Ours: it is away, late, or answered something that cannot be an answer.
        """
        ...

    async def close(self) -> None:
        """Give up the connection."""
        ...


class GrpcPredictor:
    """Calls a runtime's ``ModelInfer`` with one raw tensor; the request is written by hand, not by the SDK.

    Args:
        host: ``host:port`` of the runtime's gRPC server.
        model_name: Name that the runtime serves the booster under.
        column_count: k, the booster's columns.
    """

    def __init__(self, host: str, model_name: str, column_count: int) -> None:
        request = ModelInferRequest(model_name=model_name)
        self._named = request.SerializeToString()
        self._column_count = column_count
        self.answered_s = float("-inf")
        self._channel = UnaryChannel(host, _INFER)

    async def predict(
        self, rows: bytes, count: int, timeout_s: float, traceparent: bytes | None = None
    ) -> Probabilities:
        """See ``Predictor.predict``."""
        request = ModelInferRequest(raw_input_contents=[rows])
        request.inputs.add(name="input-0", datatype="FP32", shape=[count, self._column_count])
        metadata = () if traceparent is None else ((TRACEPARENT.encode(), traceparent),)
        try:
            # messages of protobuf that follow one another are one message
            answer = await self._channel.call(self._named + request.SerializeToString(), timeout_s, metadata)
        except CallFailed as error:
            raise _as_predictor_error(error.code) from error
        probabilities = decode_answer(answer, count)
        self.answered_s = asyncio.get_running_loop().time()
        return probabilities

    async def close(self) -> None:
        """See ``Predictor.close``."""
        await self._channel.close()


def _as_predictor_error(code: grpc.StatusCode) -> PredictorError:
    if code in _TIMEOUTS:
        return PredictorTimeout("the predictor did not answer in time")
    if code in _UNAVAILABLE:
        return PredictorUnavailable("the predictor is not available")
    return PredictorNonsense("the predictor could not answer")


def decode_answer(answer: bytes, count: int) -> Probabilities:
    """Read the runtime's answer to n flights, believing nothing.

    Returns:
        n probabilities, each from 0 to 1.

    Raises:
        PredictorNonsense: Ours: the runtime's answer has another output, datatype, shape or impossible values.
    """
    response = ModelInferResponse()
    try:
        response.ParseFromString(answer)
    except DecodeError as error:
        raise PredictorNonsense("the predictor's answer cannot be read") from error
    if len(response.outputs) != 1:
        raise PredictorNonsense("the predictor's answer has not one output")
    output = response.outputs[0]
    if output.name != _OUTPUT or output.datatype != "FP32" or list(output.shape) != [count]:
        raise PredictorNonsense("the predictor's output has another name, datatype or shape")
    if response.raw_output_contents:
        raw = response.raw_output_contents[0]
        if len(response.raw_output_contents) != 1 or len(raw) != 4 * count:
            raise PredictorNonsense("the predictor's output has another size than its shape")
        probabilities = np.frombuffer(raw, dtype="<f4")
    else:
        probabilities = np.array(output.contents.fp32_contents, dtype=np.float32)
    if len(probabilities) != count:
        raise PredictorNonsense("the predictor's output has another size than its shape")
    if not ((probabilities >= 0) & (probabilities <= 1)).all():  # false for NaN too
        raise PredictorNonsense("the predictor's output is no probability")
    answered: Probabilities = probabilities.tolist()
    return answered
