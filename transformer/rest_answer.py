"""Writes the body of a REST inference answer."""

from dataclasses import dataclass

import msgspec
import numpy as np
import numpy.typing as npt

from transformer.request import DELAYED, OUTPUT_DATATYPES, PROBABILITY, InferenceRequest, RequestedOutput

_encode = msgspec.json.Encoder().encode


@dataclass(frozen=True, slots=True)
class RestAnswer:
    """A body, and where its JSON ends.

    Attributes:
        body: JSON, then the binary tensors if there are any.
        json_length: Bytes of JSON; None if all of the body is.
    """

    body: bytes
    json_length: int | None = None


class RestAnswerWriter:
    """Writes the answers of one version.

    Args:
        model_name: Name of the model.
        version: The bundle's version, in every answer.
        threshold: Probability from which a flight counts as delayed.
    """

    def __init__(self, model_name: str, version: str, threshold: np.float32) -> None:
        self._head = b'{"model_name":%b,"model_version":%b,' % (_encode(model_name), _encode(version))
        self._threshold = threshold

    def encode(self, request: InferenceRequest, probabilities: npt.NDArray[np.float32]) -> RestAnswer:
        """Answer a request with delay probabilities, FP32 of shape [n]."""
        head = self._head if request.id is None else b'%b"id":%b,' % (self._head, _encode(request.id))
        binary = [self._binary(output, probabilities) for output in request.outputs if output.binary]
        described = b",".join(self._described(output, probabilities) for output in request.outputs)
        text = b'%b"outputs":[%b]}' % (head, described)
        if not binary:
            return RestAnswer(text)
        return RestAnswer(b"".join((text, *binary)), len(text))

    def _described(self, output: RequestedOutput, probabilities: npt.NDArray[np.float32]) -> bytes:
        if output.binary:
            size = len(self._binary(output, probabilities))
            content = b'"parameters":{"binary_data_size":%d}' % size
        else:
            content = b'"data":' + _encode(self._values(output, probabilities).tolist())
        return b'{"name":"%b","datatype":"%b","shape":[%d],%b}' % (
            output.name.encode(),
            OUTPUT_DATATYPES[output.name].encode(),
            len(probabilities),
            content,
        )

    def _binary(self, output: RequestedOutput, probabilities: npt.NDArray[np.float32]) -> bytes:
        return self._values(output, probabilities).tobytes()

    def _values(
        self, output: RequestedOutput, probabilities: npt.NDArray[np.float32]
    ) -> npt.NDArray[np.float32] | npt.NDArray[np.bool_]:
        if output.name == PROBABILITY:
            return probabilities
        assert output.name == DELAYED
        return probabilities >= self._threshold


def error_body(sentence: str) -> bytes:
    """Return the protocol's error object."""
    return _encode({"error": sentence})


def json_body(content: object) -> bytes:
    """Return any other answer's body."""
    return _encode(content)
