"""What a request's headers say beside its body: ``x-request-id``, W3C ``traceparent``, ``x-model-version``.

The request id is taken if it is safe to write back, else made, and goes into the answer. The trace context goes
to the predictor. The version is the one that the caller wants, whatever the way that the request took.
``authorization`` and all else stay here.
"""

import random
import re
from collections.abc import Sequence
from dataclasses import dataclass

REQUEST_ID = "x-request-id"
TRACEPARENT = "traceparent"
MODEL_VERSION = "x-model-version"

_REQUEST_ID = re.compile(rb"[\x21-\x7e]{1,128}")
_TRACEPARENT = re.compile(rb"(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")
"""https://www.w3.org/TR/trace-context/: version 00, which later ones have to remain readable as."""

_random_bits = random.getrandbits  # has to be unique, not secret


@dataclass(slots=True)
class Correlation:
    """Those of one request.

    Attributes:
        request_id: Printable ASCII, at most 128 characters.
        traceparent: A valid trace context; None if the caller sent none.
        version: The version that the caller wants, in UTF-8 or not; None if it left the choice.
    """

    request_id: bytes
    traceparent: bytes | None
    version: bytes | None = None


def read(headers: Sequence[tuple[bytes, bytes]]) -> Correlation:
    """Read headers or gRPC metadata, names in lower case; whatever they hold, this does not fail."""
    request_id = traceparent = version = None
    for name, value in headers:
        if name == b"x-request-id" and _REQUEST_ID.fullmatch(value):
            request_id = value
        elif name == b"traceparent" and _TRACEPARENT.fullmatch(value):
            traceparent = value
        elif name == b"x-model-version":
            version = value
    return Correlation(b"%032x" % _random_bits(128) if request_id is None else request_id, traceparent, version)
