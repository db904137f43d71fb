"""uvicorn's HTTP protocol, with a short way for the one request that matters.

An inference request over HTTP/1.1 is answered from within the parser's callbacks: no ASGI scope, no task, no
event, one write. It waits in the coalescer as an ``_Exchange``, which uvicorn takes for the request's cycle, so
that time-outs, pipelining and shutdown stay uvicorn's. Everything else (other paths and methods, a request
behind another on its connection, HTTP/1.0, ``Expect``, a client that does not read its answers) goes the ordinary
way to the ASGI application, which answers inference just the same.
"""

import logging
from http import HTTPStatus
from typing import ClassVar

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from flights.errors import FlightDelayError, PredictorError
from transformer.coalescer import Probabilities
from transformer.request import InferenceRequest
from transformer.rest_answer import error_body
from transformer.rest_inference import RestInference, RestResponse

logger = logging.getLogger(__name__)

_NOT_HTTP = RestResponse(
    HTTPStatus.BAD_REQUEST,
    ((b"content-type", b"application/json"), (b"connection", b"close")),
    error_body("the request is not HTTP/1.1: it cannot be read"),
)


def protocol_for(inference: RestInference) -> type[HttpToolsProtocol]:
    """Return uvicorn's protocol class with the short way to one version."""

    class InferenceHttpProtocol(_ShortWay):
        pass

    InferenceHttpProtocol.inference = inference
    InferenceHttpProtocol.inference_url = f"/v2/models/{inference.service.model_name}/infer".encode()
    return InferenceHttpProtocol


class _NoEvent:
    """Stands for the event that wakes an ASGI application: there is none."""

    def set(self) -> None:
        return None


class _Exchange:
    """One inference request and its answer: its connection's ``cycle`` for uvicorn, the waiter for the coalescer."""

    __slots__ = (
        "_chunks",
        "_protocol",
        "_size",
        "disconnected",
        "headers",
        "keep_alive",
        "request",
        "response_complete",
    )
    message_event: ClassVar = _NoEvent()

    def __init__(self, protocol: "_ShortWay", headers: list[tuple[bytes, bytes]], keep_alive: bool) -> None:
        self._protocol = protocol
        self._chunks: list[bytes] = []
        self._size = 0
        self.headers = headers
        self.keep_alive = keep_alive
        self.disconnected = False
        self.response_complete = False
        self.request: InferenceRequest | None = None

    def take(self, chunk: bytes) -> None:
        """Take a piece of the body, and let go of one that is too large: the answer follows when it has passed."""
        self._size += len(chunk)
        if self._size <= self._protocol.inference.most_body_bytes:
            self._chunks.append(chunk)
        else:
            self._chunks.clear()

    def body(self) -> bytes:
        """Return the whole body.

        Raises:
            RequestTooLarge: The caller's fault.
        """
        self._protocol.inference.check_size(self._size)
        return self._chunks[0] if len(self._chunks) == 1 else b"".join(self._chunks)

    @property
    def done(self) -> bool:
        """See ``coalescer.Waiter``."""
        return self.response_complete or self.disconnected

    def succeed(self, probabilities: Probabilities) -> None:
        """See ``coalescer.Waiter``."""
        assert self.request is not None
        self._protocol.answer(self, self._protocol.inference.encode(self.request, probabilities))

    def fail(self, error: PredictorError) -> None:
        """See ``coalescer.Waiter``."""
        self._protocol.answer(self, self._protocol.inference.refuse(error))


class _ShortWay(HttpToolsProtocol):
    inference: ClassVar[RestInference]
    inference_url: ClassVar[bytes]

    def on_message_begin(self) -> None:
        self.url = b""
        self.headers: list[tuple[bytes, bytes]] = []
        self.expect_100_continue = False

    def on_headers_complete(self) -> None:
        if (
            self.url == self.inference_url
            and self.parser.get_method() == b"POST"
            and (self.cycle is None or self.cycle.response_complete)
            and self.parser.get_http_version() == "1.1"
            and not self.expect_100_continue
            and not self.flow.write_paused
            and not self.parser.should_upgrade()
        ):
            self.cycle = _Exchange(self, self.headers, self.parser.should_keep_alive())  # type: ignore[assignment]
            return
        url, headers, expect_100_continue = self.url, self.headers, self.expect_100_continue
        super().on_message_begin()  # makes the ASGI scope, which the short way does without
        self.url, self.expect_100_continue = url, expect_100_continue
        self.headers.extend(headers)
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        if isinstance(self.cycle, _Exchange):
            self.cycle.take(body)
        else:
            super().on_body(body)

    def on_message_complete(self) -> None:
        exchange: object = self.cycle
        if not isinstance(exchange, _Exchange):
            super().on_message_complete()
            return
        try:
            exchange.request = self.inference.decode(exchange.headers, exchange.body())
            self.inference.service.submit(exchange.request, exchange)
        except FlightDelayError as error:
            self.answer(exchange, self.inference.refuse(error))
        except Exception:
            logger.exception("an inference request failed in a way that nobody foresaw")
            self.answer(exchange, self.inference.fail())

    def answer(self, exchange: _Exchange, response: RestResponse) -> None:
        """Write an answer, unless the client is gone."""
        if exchange.done:
            return
        exchange.response_complete = True
        self._write(response, keep_alive=exchange.keep_alive)
        if not exchange.keep_alive:
            self.transport.close()
        self.on_response_complete()

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002  # in uvicorn's words, not the protocol's
        self._write(_NOT_HTTP, keep_alive=True)
        self.transport.close()

    def _write(self, response: RestResponse, *, keep_alive: bool) -> None:
        head = [STATUS_LINE[response.status]]
        for name, value in self.server_state.default_headers:
            head += (name, b": ", value, b"\r\n")
        for name, value in response.headers:
            head += (name, b": ", value, b"\r\n")
        if not keep_alive:
            head.append(b"connection: close\r\n")
        head.append(b"content-length: %d\r\n\r\n" % len(response.body))
        head.append(response.body)
        self.transport.write(b"".join(head))
