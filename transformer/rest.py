"""The outermost ASGI application: the public surface of REST, and the short way for inference.

Inference is answered here: one parse, one look-up per value, one predictor call shared with whoever else is
asking, one answer. The other public paths go on to the KServe SDK's application, and everything that the SDK
would also answer (v1, OpenAI, repository load and unload, its documentation) is not found.
"""

import logging
import re
from collections.abc import Awaitable, Callable, MutableMapping
from http import HTTPStatus
from typing import Any

from flights.errors import (
    FlightDelayError,
    InvalidRequest,
    NotReady,
    RequestTooLarge,
    UnknownResource,
    UnsupportedMedia,
    WrongMethod,
    shown,
)
from transformer import json_request, status
from transformer.rest_answer import RestAnswerWriter, error_body
from transformer.service import DelayService

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

logger = logging.getLogger(__name__)

_JSON_LENGTH_HEADER = b"inference-header-content-length"
_VERSION_HEADER = b"x-model-version"

_PLAIN_PATHS = frozenset({"/v2", "/v2/health/live", "/v2/health/ready", "/v2/models", "/metrics"})
_MODEL_PATH = re.compile(r"/v2/models/([^/]+)(?:/versions/([^/]+))?(/infer|/ready)?")
_JSON_TYPES = frozenset({b"application/json", b"application/octet-stream", b""})
"""KServe's client sends the second with binary data, Triton's none at all."""


class RestApplication:
    """The ASGI application of one version.

    Args:
        service: The version.
        sdk: The KServe SDK's application.
        most_body_bytes: A larger body is refused.
    """

    def __init__(self, service: DelayService, sdk: Application, *, most_body_bytes: int) -> None:
        self._service = service
        self._sdk = sdk
        self._most_body_bytes = most_body_bytes
        self._infer_path = f"/v2/models/{service.model_name}/infer"
        self._writer = RestAnswerWriter(service.model_name, service.bundle.version, service.threshold)
        self._version_header = (_VERSION_HEADER, service.bundle.version.encode())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request; see the ASGI specification."""
        if scope["type"] != "http":
            await self._sdk(scope, receive, send)
            return
        try:
            path, method = scope["path"], scope["method"]
            if path == self._infer_path and method == "POST":
                await self._infer(scope, receive, send)
                return
            path = self._public_path(path)
            allowed = "POST" if path == self._infer_path else "GET"
            if method != allowed:
                raise WrongMethod(method, scope["path"], allowed)
            if path == self._infer_path:
                await self._infer(scope, receive, send)
            elif path.endswith("/ready") and not await self._service.ready():
                # the SDK would say the same, and log a stack trace at every probe
                raise NotReady(f"{self._service.model_name} is not ready: its golden flights do not come back right")
            else:
                await self._sdk({**scope, "path": path, "raw_path": path.encode()}, receive, self._with_version(send))
        except FlightDelayError as error:
            await self._refuse(error, send)

    def _public_path(self, path: str) -> str:
        """Return the path without its version, if it is one of the public ones.

        Raises:
            UnknownResource: The caller's fault.
        """
        if path in _PLAIN_PATHS:
            return path
        match = _MODEL_PATH.fullmatch(path)
        if match is None:
            raise UnknownResource(
                f"{shown(path)} is not served here: see /v2 and /v2/models/{self._service.model_name}"
            )
        model_name, version, verb = match.groups()
        self._service.check_name(model_name, version)
        return f"/v2/models/{model_name}{verb or ''}"

    async def _infer(self, scope: Scope, receive: Receive, send: Send) -> None:
        json_length = _check_headers(scope["headers"], self._most_body_bytes)
        body = await self._body(receive)
        request = json_request.decode(body, json_length, self._service.model_name)
        answer = self._writer.encode(request, await self._service.infer(request))
        if answer.json_length is None:
            headers = [(b"content-type", b"application/json")]
        else:
            headers = [
                (b"content-type", b"application/octet-stream"),
                (_JSON_LENGTH_HEADER, b"%d" % answer.json_length),
            ]
        await self._answer(HTTPStatus.OK, answer.body, headers, send)

    async def _body(self, receive: Receive) -> bytes:
        body: bytes = b""
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise InvalidRequest("the caller hung up before its body was whole")
            body += message["body"]
            if len(body) > self._most_body_bytes:
                raise RequestTooLarge(f"the body is larger than {self._most_body_bytes} bytes: send fewer flights")
            if not message.get("more_body"):
                return body

    async def _refuse(self, error: FlightDelayError, send: Send) -> None:
        http_status, _ = status.of(error)
        headers = [(b"content-type", b"application/json")]
        if isinstance(error, WrongMethod):
            headers.append((b"allow", error.allowed.encode()))
        if http_status == HTTPStatus.SERVICE_UNAVAILABLE:
            headers.append((b"retry-after", b"%d" % status.RETRY_AFTER_S))
        await self._answer(http_status, error_body(str(error)), headers, send)

    async def _answer(
        self, http_status: HTTPStatus, body: bytes, headers: list[tuple[bytes, bytes]], send: Send
    ) -> None:
        headers += [(b"content-length", b"%d" % len(body)), self._version_header]
        await send({"type": "http.response.start", "status": http_status, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    def _with_version(self, send: Send) -> Send:
        async def send_with_version(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", ()), self._version_header]
            await send(message)

        return send_with_version


def _check_headers(headers: list[tuple[bytes, bytes]], most_body_bytes: int) -> int | None:
    """Check what the headers say of the body and return how much of it is JSON, None if all."""
    json_length = None
    for name, value in headers:
        if name == b"content-type":
            if value.partition(b";")[0].strip().lower() not in _JSON_TYPES:
                raise UnsupportedMedia(
                    f"content-type is {shown(value.decode('latin-1'))}: it must be application/json, "
                    "or application/octet-stream with binary tensor data"
                )
        elif name == b"content-encoding":
            if value.strip().lower() not in (b"", b"identity"):
                raise UnsupportedMedia(
                    f"content-encoding is {shown(value.decode('latin-1'))}: the body must not be compressed"
                )
        elif name == b"content-length":
            if int(value) > most_body_bytes:
                raise RequestTooLarge(f"the body has {int(value)} bytes: it must have at most {most_body_bytes}")
        elif name == _JSON_LENGTH_HEADER:
            if not re.fullmatch(rb"\d{1,18}", value):
                raise InvalidRequest(
                    f"Inference-Header-Content-Length is {shown(value.decode('latin-1'))}: it must be a number of bytes"
                )
            json_length = int(value)
    return json_length
