"""An inference request, whatever it came in."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from flights.errors import InvalidRequest, shown
from flights.flight import Flights
from transformer.predictor import Probabilities

PROBABILITY = "delay_probability"
DELAYED = "delayed"
OUTPUT_DATATYPES = {PROBABILITY: "FP32", DELAYED: "BOOL"}
"""The outputs, in the order in which they are answered, with their datatypes; each of shape [n]."""


@dataclass(frozen=True, slots=True)
class RequestedOutput:
    """An output that the caller wants.

    Attributes:
        name: One of ``OUTPUT_DATATYPES``.
        binary: Whether its data go behind the JSON as bytes; gRPC does not ask.
    """

    name: str
    binary: bool = False


ALL_OUTPUTS = tuple(RequestedOutput(name) for name in OUTPUT_DATATYPES)


@dataclass(slots=True)
class InferenceRequest:
    """Flights to judge, and how to answer.

    Attributes:
        flights: The flights.
        id: What the caller calls the request, echoed in the answer; None if it said nothing.
        outputs: The outputs to answer, in order.
        traceparent: The caller's W3C trace context, for the predictor.
    """

    flights: Flights
    id: str | None = None
    outputs: tuple[RequestedOutput, ...] = ALL_OUTPUTS
    traceparent: bytes | None = None


def requested_outputs(outputs: Sequence[RequestedOutput]) -> tuple[RequestedOutput, ...]:
    """Check the outputs that a caller named.

    Raises:
        InvalidRequest: The caller's fault: one is unknown or named twice.
    """
    names = [output.name for output in outputs]
    for name in names:
        if name not in OUTPUT_DATATYPES:
            raise InvalidRequest(f"{shown(name)} is not an output: the outputs are {', '.join(OUTPUT_DATATYPES)}")
        if names.count(name) > 1:
            raise InvalidRequest(f"{name} is requested twice: each output must be requested once")
    return tuple(outputs)


def delayed(probabilities: Probabilities, threshold: float) -> list[bool]:
    """Return whether each flight counts as delayed: the output ``delayed``."""
    return [probability >= threshold for probability in probabilities]


def output_bytes(name: str, probabilities: Probabilities, threshold: float) -> bytes:
    """Return an output's n values as binary tensor data: FP32 little-endian, or a byte for each BOOL."""
    if name == PROBABILITY:
        return np.array(probabilities, dtype="<f4").tobytes()
    assert name == DELAYED
    return bytes(delayed(probabilities, threshold))
