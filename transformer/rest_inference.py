"""REST inference without a server: headers and body in, an HTTP answer out."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus

from flights.errors import FlightDelayError, InvalidRequest, RequestTooLarge, UnsupportedMedia, WrongMethod, shown
from transformer import json_request, status
from transformer.predictor import Probabilities
from transformer.request import InferenceRequest
from transformer.rest_answer import RestAnswerWriter, error_body
from transformer.service import DelayService

Headers = Sequence[tuple[bytes, bytes]]
"""Names in lower case, and values."""

_JSON_LENGTH = b"inference-header-content-length"
_TYPES = frozenset({b"application/json", b"application/octet-stream", b""})
"""KServe's client sends the second with binary data, Triton's none at all."""


@dataclass(frozen=True, slots=True)
class RestResponse:
    """An HTTP answer.

    Attributes:
        status: Its status.
        headers: Its headers, all but Content-Length and what the server itself adds.
        body: Its body.
    """

    status: HTTPStatus
    headers: tuple[tuple[bytes, bytes], ...]
    body: bytes


class RestInference:
    """Reads requests and writes answers of one version.

    Args:
        service: The version.
        most_body_bytes: A larger body is refused.
    """

    def __init__(self, service: DelayService, most_body_bytes: int) -> None:
        self.service = service
        self.most_body_bytes = most_body_bytes
        self.version_header = (b"x-model-version", service.bundle.version.encode())
        self._json_headers = ((b"content-type", b"application/json"), self.version_header)
        self._writer = RestAnswerWriter(service.model_name, service.bundle.version, service.threshold)

    def decode(self, headers: Headers, body: bytes) -> InferenceRequest:
        """Read a request.

        Raises:
            CallerError: The caller's fault.
        """
        self.check_size(len(body))
        return json_request.decode(body, _check(headers), self.service.model_name)

    def encode(self, request: InferenceRequest, probabilities: Probabilities) -> RestResponse:
        """Answer a request with its flights' delay probabilities."""
        answer = self._writer.encode(request, probabilities)
        if answer.json_length is None:
            return RestResponse(HTTPStatus.OK, self._json_headers, answer.body)
        headers = (
            (b"content-type", b"application/octet-stream"),
            (_JSON_LENGTH, b"%d" % answer.json_length),
            self.version_header,
        )
        return RestResponse(HTTPStatus.OK, headers, answer.body)

    def refuse(self, error: FlightDelayError) -> RestResponse:
        """Answer a request with what is wrong."""
        http_status = status.http_status_of(error)
        headers: tuple[tuple[bytes, bytes], ...] = self._json_headers
        if isinstance(error, WrongMethod):
            headers = (*headers, (b"allow", error.allowed.encode()))
        if http_status == HTTPStatus.SERVICE_UNAVAILABLE:
            headers = (*headers, (b"retry-after", b"%d" % status.RETRY_AFTER_S))
        return RestResponse(http_status, headers, error_body(str(error)))

    def document(self, body: bytes) -> RestResponse:
        """Answer with JSON that is there already."""
        return RestResponse(HTTPStatus.OK, self._json_headers, body)

    def fail(self) -> RestResponse:
        """Answer a request that met a defect of this program."""
        return RestResponse(HTTPStatus.INTERNAL_SERVER_ERROR, self._json_headers, error_body("the server has a defect"))

    def check_size(self, size: int) -> None:
        """Refuse a body of so many bytes.

        Raises:
            RequestTooLarge: The caller's fault.
        """
        if size > self.most_body_bytes:
            raise RequestTooLarge(f"the body is larger than {self.most_body_bytes} bytes: send fewer flights at once")


def _check(headers: Headers) -> int | None:
    """Check what the headers say of the body, and return how many bytes of it are JSON; None if all."""
    json_length = None
    for name, value in headers:
        if name == b"content-type":
            if value != b"application/json" and value.partition(b";")[0].strip().lower() not in _TYPES:
                raise UnsupportedMedia(
                    f"content-type is {_text(value)}: it must be application/json, "
                    "or application/octet-stream with binary tensor data"
                )
        elif name == b"content-encoding":
            if value.strip().lower() not in (b"", b"identity"):
                raise UnsupportedMedia(f"content-encoding is {_text(value)}: the body must not be compressed")
        elif name == _JSON_LENGTH:
            if not re.fullmatch(rb"\d{1,18}", value):
                raise InvalidRequest(f"Inference-Header-Content-Length is {_text(value)}: it must be a number of bytes")
            if json_length is not None:
                raise InvalidRequest("Inference-Header-Content-Length is given twice: it must be given once")
            json_length = int(value)
    return json_length


def _text(value: bytes) -> str:
    return shown(value.decode("latin-1"))
