"""Writes the body of a REST inference answer."""

from dataclasses import dataclass

import msgspec

from transformer.predictor import Probabilities
from transformer.request import (
    ALL_OUTPUTS,
    OUTPUT_DATATYPES,
    PROBABILITY,
    InferenceRequest,
    RequestedOutput,
    delayed,
    output_bytes,
)

_encode = msgspec.json.Encoder().encode


@dataclass(slots=True)
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

    def __init__(self, model_name: str, version: str, threshold: float) -> None:
        self._head = b'{"model_name":%b,"model_version":%b,' % (_encode(model_name), _encode(version))
        self._threshold = threshold

    def encode(self, request: InferenceRequest, probabilities: Probabilities) -> RestAnswer:
        """Answer a request with its flights' delay probabilities."""
        head = self._head if request.id is None else b'%b"id":%b,' % (self._head, _encode(request.id))
        if request.outputs is ALL_OUTPUTS:
            count = len(probabilities)
            return RestAnswer(
                b'%b"outputs":[{"name":"delay_probability","datatype":"FP32","shape":[%d],"data":%b},'
                b'{"name":"delayed","datatype":"BOOL","shape":[%d],"data":%b}]}'
                % (head, count, _encode(probabilities), count, _encode(delayed(probabilities, self._threshold)))
            )
        binary = [
            output_bytes(output.name, probabilities, self._threshold) if output.binary else None
            for output in request.outputs
        ]
        described = [
            self._described(output, probabilities, data) for output, data in zip(request.outputs, binary, strict=True)
        ]
        text = b'%b"outputs":[%b]}' % (head, b",".join(described))
        tail = [data for data in binary if data is not None]
        return RestAnswer(b"".join((text, *tail)), len(text)) if tail else RestAnswer(text)

    def _described(self, output: RequestedOutput, probabilities: Probabilities, binary: bytes | None) -> bytes:
        if binary is not None:
            content = b'"parameters":{"binary_data_size":%d}' % len(binary)
        elif output.name == PROBABILITY:
            content = b'"data":' + _encode(probabilities)
        else:
            content = b'"data":' + _encode(delayed(probabilities, self._threshold))
        return b'{"name":"%b","datatype":"%b","shape":[%d],%b}' % (
            output.name.encode(),
            OUTPUT_DATATYPES[output.name].encode(),
            len(probabilities),
            content,
        )


def error_body(sentence: str) -> bytes:
    """Return the protocol's error object."""
    return _encode({"error": sentence})
