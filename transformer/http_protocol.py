"""uvicorn's HTTP protocol, with a short way for the one request that matters.

An inference request over HTTP/1.1 is answered from within the parser's callbacks: no ASGI scope, no task, no
event, one write. It waits in the coalescer as an ``_Exchange``, which uvicorn takes for the request's cycle, so
that time-outs, pipelining and shutdown stay uvicorn's. Everything else (other paths and methods, a request
behind another on its connection, HTTP/1.0, ``Expect``, a client that does not read its answers) goes the ordinary
way to the ASGI application, which answers inference just the same.
"""

import asyncio
import logging
from typing import Any, ClassVar

from uvicorn.protocols.http.httptools_impl import STATUS_LINE

from flights.errors import FlightDelayError, PredictorError
from transformer import correlation
from transformer.correlation import Correlation
from transformer.http_connection import HttpConnection
from transformer.metrics import HUNG_UP, STATUS_TEXT, RequestClock, now_s
from transformer.predictor import Probabilities
from transformer.request import InferenceRequest
from transformer.rest_inference import RestInference, RestResponse

logger = logging.getLogger(__name__)

_LARGEST_MESSAGE = 8
"""Times the largest body: so much of a request is read before it is refused, and a body in one-byte chunks has six
times its size on the wire.
"""

_LINGER_S = 1.0
"""How long a connection stays open that is idle when the server ends."""


def protocol_for(inference: RestInference) -> type["InferenceHttpProtocol"]:
    """Return uvicorn's protocol class with the short way to one version."""

    class ProtocolOfOneVersion(InferenceHttpProtocol):
        pass

    ProtocolOfOneVersion.inference = inference
    ProtocolOfOneVersion.most_message_bytes = _LARGEST_MESSAGE * inference.most_body_bytes
    ProtocolOfOneVersion.inference_url = f"/v2/models/{inference.service.model_name}/infer".encode()
    return ProtocolOfOneVersion


class _NoEvent:
    """Stands for the event that wakes an ASGI application: there is none."""

    def set(self) -> None:
        return None


class _Exchange:
    """One inference request and its answer: its connection's ``cycle`` for uvicorn, the waiter for the coalescer."""

    __slots__ = (
        "_protocol",
        "body",
        "clock",
        "correlation",
        "disconnected",
        "done",
        "headers",
        "keep_alive",
        "request",
        "response_complete",
    )
    message_event: ClassVar = _NoEvent()

    def __init__(self, protocol: "InferenceHttpProtocol", headers: list[tuple[bytes, bytes]], keep_alive: bool) -> None:
        self._protocol = protocol
        self.body: bytes | bytearray = b""
        self.headers = headers
        self.keep_alive = keep_alive
        self.disconnected = False
        self.response_complete = False
        self.done = False  # answered, or the client is gone
        self.request: InferenceRequest | None = None
        self.clock: RequestClock | None = None
        self.correlation: Correlation | None = None

    def succeed(self, probabilities: Probabilities) -> None:
        """See ``coalescer.Waiter``."""
        assert self.request is not None
        assert self.clock is not None
        self.clock.answered_s = now_s()
        payload_log = self._protocol.inference.service.payload_log
        if payload_log is not None:
            payload_log.offer(self.request.flights, probabilities)
        try:
            response = self._protocol.inference.encode(self.request, probabilities)
        except Exception:
            logger.exception("an inference answer failed in a way that nobody foresaw")
            response = self._protocol.inference.fail()
        self._protocol.answer(self, response)

    def fail(self, error: PredictorError) -> None:
        """See ``coalescer.Waiter``."""
        self._protocol.answer(self, self._protocol.inference.refuse(error))


class InferenceHttpProtocol(HttpConnection):
    """One connection.

    Attributes:
        inference_url: Path of its inference.
        ending: Whether the server ends: each answer is the last of its connection.
    """

    inference_url: ClassVar[bytes]
    ending: ClassVar[bool] = False

    _exchange: _Exchange | None = None  # whose request is being read
    _unanswered: _Exchange | None = None
    _idle_since_s: float | None = None
    _idle_timer: asyncio.TimerHandle | None = None
    # the header lines of the last answer, and what they were made of
    _lines = b""
    _written_headers: object = None
    _written_defaults: object = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        super().connection_made(transport)
        self._begin_to_idle()  # uvicorn lets one that never sends anything stay for ever

    def take_request(self) -> None:
        parser = self.parser
        if (
            self.url == self.inference_url
            and (self.cycle is None or self.cycle.response_complete)
            and parser.get_method() == b"POST"
            and parser.get_http_version() == "1.1"
            and not self.expect_100_continue
            and not self.flow.write_paused
        ):
            self._exchange = _Exchange(self, self.headers, parser.should_keep_alive() and not self.ending)
            self._unanswered = self._exchange
            self.cycle = self._exchange  # type: ignore[assignment]
            return
        self._exchange = None
        super().take_request()
        if self.ending:
            self.cycle.keep_alive = False

    def on_body(self, body: bytes) -> None:
        exchange = self._exchange
        if exchange is None:
            super().on_body(body)
        elif not exchange.body:
            exchange.body = body
        elif len(exchange.body) <= self.inference.most_body_bytes:  # beyond it, let the rest pass unread
            if isinstance(exchange.body, bytes):
                exchange.body = bytearray(exchange.body)
            exchange.body += body

    def end_request(self) -> None:
        exchange = self._exchange
        if exchange is None:
            super().end_request()
            return
        inference = self.inference
        clock = exchange.clock = inference.service.metrics.begin()
        found = exchange.correlation = correlation.read(exchange.headers)
        if inference.service.tracing is not None:
            clock.trace = inference.service.tracing.begin(found.traceparent)
        try:
            inference.service.check_version(found.version)
            request = exchange.request = inference.decode(exchange.headers, bytes(exchange.body))
            request.traceparent = found.traceparent
            inference.service.submit(request, exchange, clock)
        except FlightDelayError as error:
            self.answer(exchange, inference.refuse(error))
        except Exception:
            logger.exception("an inference request failed in a way that nobody foresaw")
            self.answer(exchange, inference.fail())

    def abandon(self, cycle: Any) -> None:
        if not isinstance(cycle, _Exchange):
            super().abandon(cycle)
        elif not cycle.done:
            cycle.done = True
            if cycle.clock is not None:
                self.inference.service.metrics.end(cycle.clock, "rest", HUNG_UP)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._unanswered is not None:
            self.abandon(self._unanswered)
        if self._idle_timer is not None:
            self._idle_timer.cancel()
        super().connection_lost(exc)

    # uvicorn sets a timer after each answer and takes it back at the next request; this one only moves its mark.

    def on_response_complete(self) -> None:
        self.server_state.total_requests += 1
        if self.transport.is_closing():
            return
        self.flow.resume_reading()
        if self.pipeline:
            self._start_asgi_task(*self.pipeline.pop())
            return
        self._begin_to_idle()

    def _begin_to_idle(self) -> None:
        self._idle_since_s = self.loop.time()
        if self._idle_timer is None:
            self._idle_timer = self.loop.call_later(self.timeout_keep_alive, self._close_if_idle)

    def _unset_keepalive_if_required(self) -> None:
        self._idle_since_s = None

    def _close_if_idle(self) -> None:
        left_s = float(self.timeout_keep_alive)
        if self._idle_since_s is not None:
            left_s -= self.loop.time() - self._idle_since_s
        if left_s > 0:
            self._idle_timer = self.loop.call_later(left_s, self._close_if_idle)
        else:
            self.timeout_keep_alive_handler()

    def shutdown(self) -> None:
        """Close after the answer under way; an idle connection later, for a request may be on its way to it."""
        if self.cycle is not None and not self.cycle.response_complete:
            self.cycle.keep_alive = False
        else:
            self.loop.call_later(_LINGER_S, self._close_if_still_idle)

    def _close_if_still_idle(self) -> None:
        if self.headers is None or self._idle_since_s is not None:  # else a request has begun to arrive
            self.transport.close()

    def answer(self, exchange: _Exchange, response: RestResponse) -> None:
        """Write an answer, unless the client is gone."""
        if exchange.done:
            return
        assert exchange.correlation is not None
        assert exchange.clock is not None
        exchange.done = exchange.response_complete = True
        self._write(response, exchange.correlation.request_id, keep_alive=exchange.keep_alive)
        self.inference.service.metrics.end(exchange.clock, "rest", STATUS_TEXT[response.status])
        if not exchange.keep_alive:
            self.transport.close()
        self.on_response_complete()

    def _write(self, response: RestResponse, request_id: bytes, *, keep_alive: bool) -> None:
        defaults = self.server_state.default_headers  # a new list every second, for the date
        if response.headers is not self._written_headers or defaults is not self._written_defaults:
            lines = b"".join(b"%b: %b\r\n" % header for header in (*defaults, *response.headers))
            self._written_headers, self._written_defaults, self._lines = response.headers, defaults, lines
        self.transport.write(
            b"%b%bx-request-id: %b\r\n%bcontent-length: %d\r\n\r\n%b"
            % (
                STATUS_LINE[response.status],
                self._lines,
                request_id,
                b"" if keep_alive else b"connection: close\r\n",
                len(response.body),
                response.body,
            )
        )
