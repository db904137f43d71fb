"""The outermost ASGI application: the public surface of REST.

Inference is answered here, and so is what describes the model. The other public paths go on to the KServe SDK's
application, and everything that the SDK would also answer (v1, OpenAI, repository load and unload, its
documentation) is not found.
"""

import json
import re
from collections.abc import Awaitable, Callable, MutableMapping
from http import HTTPStatus
from typing import Any
from urllib.parse import unquote

from flights.errors import FlightDelayError, InvalidRequest, NotReady, UnknownResource, WrongMethod, shown
from transformer import correlation, metadata, openapi, samples
from transformer.correlation import Correlation
from transformer.metrics import HUNG_UP, STATUS_TEXT
from transformer.page.pages import pages_of
from transformer.rest_inference import RestInference, RestResponse

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

_PLAIN_PATHS = {"/v2": "", "/v2/health/live": "", "/v2/health/ready": "/ready", "/v2/models": "", "/metrics": ""}
"""Those without a model's name, and what is asked there if another path asks it too."""
_MODEL_PATH = re.compile(
    r"/v2/models/([^/]+)(?:/versions/([^/]+))?(/infer|/ready|/openapi\.json|/sample-request\.json|/page|/api)?"
)
_NO_VERSION = re.compile(rb"version=(?!\d{1,3}\.\d{1,3}\.\d{1,3}\s*(?:[;,]|$))")
"""In ``Accept``, a version of a format that is not three numbers: prometheus_client raises at it."""
_PAGES = (metadata.PAGE, metadata.REFERENCE)


class _Body:
    """A request's body. It is read to its end before the answer: a client that still sends would lose it.

    Args:
        scope: The request. One with an expectation sends its body only if it is asked for it.
        receive: Where its body comes from.
    """

    def __init__(self, scope: Scope, receive: Receive) -> None:
        names = {name for name, _ in scope["headers"]}
        self._is_left = not names.isdisjoint((b"content-length", b"transfer-encoding")) and b"expect" not in names
        self._receive = receive

    async def receive(self) -> Message:
        """See the ASGI specification."""
        message = await self._receive()
        self._is_left = self._is_left and message.get("more_body", False)  # none in the news that the client is gone
        return message

    async def pass_by(self) -> None:
        """Read what is left of it."""
        while self._is_left:
            await self.receive()


class RestApplication:
    """The ASGI application of one version.

    Args:
        inference: The version.
        sdk: The KServe SDK's application.
        with_pages: Whether the pages for people are served too.
    """

    def __init__(self, inference: RestInference, sdk: Application, *, with_pages: bool) -> None:
        self._inference = inference
        self._service = inference.service
        self._sdk = sdk
        model = f"/v2/models/{self._service.model_name}"
        described = openapi.document(inference, with_pages=with_pages)
        self._documents = {
            model: _document(inference, metadata.model_metadata(self._service, with_pages=with_pages)),
            model + metadata.OPENAPI: _document(inference, described),
            model + metadata.SAMPLE_REQUEST: _document(inference, samples.required_fields()),
        }
        pages = pages_of(self._service, described) if with_pages else {}
        self._pages = {model + below: page for below, page in pages.items()}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request; see the ASGI specification."""
        if scope["type"] != "http":
            await self._sdk(scope, receive, send)
            return
        found = correlation.read(scope["headers"])
        body = _Body(scope, receive)
        receive, send = body.receive, self._with_version(send, found.request_id, body)
        try:
            path, verb = self._public_path(scope["raw_path"].decode("latin-1"))
            self._service.check_version(found.version)
            is_inference = verb == "/infer"
            allowed = ("POST",) if is_inference else ("GET", "HEAD")  # the server drops the body of an answer to HEAD
            if scope["method"] not in allowed:
                raise WrongMethod(scope["method"], scope["path"], ", ".join(allowed))
            if is_inference:
                await _answer(await self._infer(scope, receive, found), send)
                return
            if verb == "/ready" and not await self._service.ready():
                # the SDK would say the same, and log a stack trace at every probe
                raise NotReady(f"{self._service.model_name} is not ready: {self._service.unready_reason}")
            if path in self._documents:
                await _answer(self._documents[path], send)
                return
            if path in self._pages:
                await _answer(self._pages[path].answer(scope["headers"]), send)
                return
            await self._sdk(_plain(scope, path), receive, send)
        except FlightDelayError as error:
            await _answer(self._inference.refuse(error), send)

    def _public_path(self, path: str) -> tuple[str, str]:
        """Return the path without its version, and what is asked of the server or the model, if that is public.

        Raises:
            UnknownResource: The caller's fault.
        """
        if path in _PLAIN_PATHS:
            return path, _PLAIN_PATHS[path]
        match = _MODEL_PATH.fullmatch(path)
        if match is None or (match[3] in _PAGES and not self._pages):
            raise UnknownResource(
                f"{shown(path)} is not served here: see /v2 and /v2/models/{self._service.model_name}"
            )
        model_name, version, verb = match.groups()
        model_name = unquote(model_name)  # only now: an escaped slash is part of a name, and no other path
        self._service.check_name(model_name, version and unquote(version))
        return f"/v2/models/{model_name}{verb or ''}", verb or ""

    async def _infer(self, scope: Scope, receive: Receive, found: Correlation) -> RestResponse:
        body = await self._body(scope, receive)
        metrics, clock = self._service.metrics, self._service.metrics.begin()
        if self._service.tracing is not None:
            clock.trace = self._service.tracing.begin(found.traceparent)
        status = HUNG_UP
        try:
            request = self._inference.decode(scope["headers"], body)
            request.traceparent = found.traceparent
            response = self._inference.encode(request, await self._service.infer(request, clock))
            status = STATUS_TEXT[response.status]
        except FlightDelayError as error:
            response = self._inference.refuse(error)
            status = STATUS_TEXT[response.status]
        finally:
            metrics.end(clock, "rest", status)
        return response

    async def _body(self, scope: Scope, receive: Receive) -> bytes:
        headers = dict(scope["headers"])
        if b"expect" in headers:  # the caller waits for leave to send so much
            self._inference.check_size(int(headers.get(b"content-length", 0)))
        chunks: list[bytes] = []
        size = 0
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise InvalidRequest("the caller hung up before its body was whole")
            size += len(message["body"])
            if size <= self._inference.most_body_bytes:  # beyond it, let the rest pass: then the caller reads why
                chunks.append(message["body"])
            if not message.get("more_body"):
                self._inference.check_size(size)
                return b"".join(chunks)

    def _with_version(self, send: Send, request_id: bytes, body: _Body) -> Send:
        async def send_with_version(message: Message) -> None:
            if message["type"] == "http.response.start":
                await body.pass_by()
                headers = [header for header in message.get("headers", ()) if header[0] != b"x-model-version"]
                message["headers"] = [*headers, self._inference.version_header, (b"x-request-id", request_id)]
            await send(message)

        return send_with_version


def _plain(scope: Scope, path: str) -> Scope:
    """Return a request for the SDK, with nothing in it of the caller's but the format of the metrics."""
    accept = [(name, value) for name, value in scope["headers"] if name == b"accept" and not _NO_VERSION.search(value)]
    heard = {"method": "GET", "path": path, "raw_path": path.encode(), "query_string": b"", "headers": accept}
    return {**scope, **heard}


def _document(inference: RestInference, content: object) -> RestResponse:
    return inference.document(json.dumps(content, ensure_ascii=False).encode())


async def _answer(response: RestResponse, send: Send) -> None:
    headers = [*response.headers]
    if response.status != HTTPStatus.NOT_MODIFIED:  # the length there would be that of what is not sent
        headers.append((b"content-length", b"%d" % len(response.body)))
    await send({"type": "http.response.start", "status": response.status, "headers": headers})
    await send({"type": "http.response.body", "body": response.body})
