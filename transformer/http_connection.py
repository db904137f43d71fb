"""uvicorn's HTTP protocol for clients of any manners: none of them gets a wrong answer, or none where one is due.

What uvicorn leaves to its users: a client that closes its sending side still gets its answer; what cannot be read
is refused behind the answers that are due before it, and read to its end, or the client would lose the refusal;
heads and messages have a largest size and a time to arrive in, answers a time to be read in; trailers are not headers;
an upgrade that is not known is not taken, and its request answered all the same.
"""

import asyncio
from typing import Any, ClassVar

import httptools
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from flights.errors import FlightDelayError, HeadTooLarge, InvalidRequest, RequestTooLarge, RequestTooSlow
from transformer import correlation
from transformer.rest_inference import RestInference, RestResponse

_MOST_HEAD_BYTES = 64 * 2**10
"""Of one that comes in several pieces, the first does not count; the short way takes any that comes in one."""
_HEAD_TOO_LARGE = f"address and headers are larger than {_MOST_HEAD_BYTES} bytes"

_LINGER_S = 2.0
"""Seconds that a refused client has for reading why, before the connection is cut."""


class _Trailers(list[tuple[bytes, bytes]]):
    """Takes the headers behind a chunked body, and forgets them."""

    def append(self, _: tuple[bytes, bytes]) -> None:
        """Forget a header."""


_TRAILERS = _Trailers()


class HttpConnection(HttpToolsProtocol):
    """One connection.

    Attributes:
        inference: The version, for its limits and its way to refuse.
        most_message_bytes: A request that is larger on the wire is not read to its end.
    """

    inference: ClassVar[RestInference]
    most_message_bytes: ClassVar[int]

    _message_bytes: int | None = None  # of the request that is being read; -1 in the piece that it begins in
    _begun = 0  # requests so far
    _begun_at_last_look: int | None = None
    _unread_at_last_look: tuple[int, int] | None = None  # bytes of answers, and requests so far
    _running: Any = None  # uvicorn's cycle whose task was started last
    _in_head = False
    _upgrade = False
    _refused = False
    _lingering: asyncio.TimerHandle | None = None

    def abandon(self, cycle: Any) -> None:
        """Give up a request whose end cannot be read."""
        cycle.disconnected = True
        cycle.waiting_for_100_continue = False  # nothing may be written behind the refusal
        cycle.message_event.set()

    def cut_off(self) -> bool:
        """Cut off a client that leaves its answers unread, and return whether it did: closing would wait for it."""
        if not self.transport.get_write_buffer_size():
            return False
        self.transport.abort()
        return True

    def look(self) -> None:
        """Cut off a client that has read nothing since the last look; refuse a request that was being read then."""
        # a new request's answer may leave as much unread as the one before: who asks on also reads on
        unread = self.transport.get_write_buffer_size(), self._begun
        if unread == self._unread_at_last_look and self.cut_off():
            return
        self._unread_at_last_look = unread
        if self._message_bytes is None:
            self._begun_at_last_look = None
        elif self._begun != self._begun_at_last_look:
            self._begun_at_last_look = self._begun
        elif not self._refused:
            self._refuse(RequestTooSlow("the request did not arrive in time"))

    # called by the event loop

    def data_received(self, data: bytes) -> None:
        """Read a piece of what the client sends."""
        if self._refused:
            return
        self._unset_keepalive_if_required()
        try:
            self._parse(data)
        except httptools.HttpParserError as error:
            cause = error.__context__  # what was raised in a callback
            unreadable = InvalidRequest("the request is not HTTP/1.1: it cannot be read")
            self._refuse(cause if isinstance(cause, HeadTooLarge) else unreadable)
            return
        if self._message_bytes is not None:
            self._message_bytes = 0 if self._message_bytes < 0 else self._message_bytes + len(data)
            if self._in_head and self._message_bytes > _MOST_HEAD_BYTES:
                self._refuse(HeadTooLarge(_HEAD_TOO_LARGE))
            elif self._message_bytes > self.most_message_bytes:
                self._refuse(RequestTooLarge(f"the request is larger than {self.most_message_bytes} bytes"))

    def eof_received(self) -> bool:  # type: ignore[override]  # uvicorn declares that it never stays open
        """Stay open for the answers that are due to a client that sends no more; return whether there are any."""
        answered = self.cycle is None or self.cycle.response_complete
        if answered and (self._refused or self._message_bytes is None):
            return False
        if self._refused:
            return True
        self._refuse(InvalidRequest("the request ends before it is whole"))
        if self._lingering is not None:
            self.transport.close()
        return self._lingering is None

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop waiting for the client."""
        if self._lingering is not None:
            self._lingering.cancel()
        if self._running is not None:  # uvicorn tells the last request that it has read, which may be another
            self._running.disconnected = True
        super().connection_lost(exc)

    # called by the parser

    def on_message_begin(self) -> None:
        """Start on a request."""
        self._message_bytes, self._in_head = -1, True
        self._begun += 1
        self.url = b""
        self.headers: list[tuple[bytes, bytes]] = []
        self.expect_100_continue = False

    def on_headers_complete(self) -> None:
        """Take a request whose head is whole."""
        self._upgrade = self.parser.should_upgrade()
        if self._upgrade:
            return
        self.take_request()
        self.headers = _TRAILERS
        self._in_head = False

    def take_request(self) -> None:
        """Make uvicorn's ASGI scope, cycle and task."""
        if len(self.url) + sum([len(name) + len(value) for name, value in self.headers]) > _MOST_HEAD_BYTES:
            raise HeadTooLarge(_HEAD_TOO_LARGE)
        url, headers, expect_100_continue = self.url, self.headers, self.expect_100_continue
        super().on_message_begin()  # makes the scope
        self.url, self.expect_100_continue = url, expect_100_continue
        self.headers.extend(headers)
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """End a request, unless its head will be read again."""
        if self._upgrade:
            return
        self._message_bytes = None
        self.end_request()

    def _start_asgi_task(self, cycle: Any, app: Any) -> None:
        self._running = cycle
        super()._start_asgi_task(cycle, app)

    def end_request(self) -> None:
        """Tell that a request's body is whole."""
        super().on_message_complete()

    def _parse(self, data: bytes) -> None:
        """Let the parser read on, past any number of requests for an upgrade."""
        unread: list[bytes | memoryview] = [data]
        while unread and not self._refused:
            piece = unread.pop()
            try:
                self.parser.feed_data(piece)
            except httptools.HttpParserUpgrade as upgrade:
                unread += [memoryview(piece)[upgrade.args[0] :], self._head_without_upgrade()]

    def _head_without_upgrade(self) -> bytes:
        """Return the head just read as one that asks for no upgrade: the parser skips the body of one that does."""
        method = self.parser.get_method()
        if method == b"CONNECT":
            self._refuse(InvalidRequest("CONNECT is not served here: this is no proxy"))
        head = [b"%b %b HTTP/%b\r\n" % (method, self.url, self.parser.get_http_version().encode())]
        for name, value in self.headers:
            if name == b"connection":
                value = b"close" if b"close" in value.lower() else b"keep-alive"
            if name != b"upgrade":
                head.append(b"%b: %b\r\n" % (name, value))
        self.parser = httptools.HttpRequestParser(self)
        return b"%b\r\n" % b"".join(head)

    def _refuse(self, error: FlightDelayError) -> None:
        """Answer what is due, then say what is wrong, and take nothing more."""
        self._refused = True
        cycle: Any = self.cycle
        answered = cycle is None or cycle.response_complete
        if self.transport.is_closing():
            return
        if self._message_bytes is None or self._in_head:  # the last request that was taken is whole
            if not answered:
                cycle.keep_alive = False
                return
            self._write_refusal(error)
        elif not answered:
            if self.pipeline and self.pipeline[0][0] is cycle:
                self.pipeline[0] = (cycle, _answering(self._refusal(error)))
                cycle.keep_alive = False
                return
            self.abandon(cycle)
            if not getattr(cycle, "response_started", False):
                self._write_refusal(error)
        self.transport.write_eof()
        self._lingering = self.loop.call_later(_LINGER_S, self.transport.close)

    def _write_refusal(self, error: FlightDelayError) -> None:
        answer = self._refusal(error)
        lines = [b"%b: %b\r\n" % header for header in (*self.server_state.default_headers, *answer.headers)]
        self.transport.write(b"%b%b\r\n%b" % (STATUS_LINE[answer.status], b"".join(lines), answer.body))

    def _refusal(self, error: FlightDelayError) -> RestResponse:
        answer = self.inference.refuse(error)
        headers = (
            *answer.headers,
            (b"x-request-id", correlation.read(()).request_id),  # the request's own was not read, or not to its end
            (b"connection", b"close"),
            (b"content-length", b"%d" % len(answer.body)),
        )
        return RestResponse(answer.status, headers, answer.body)


def _answering(answer: RestResponse) -> Any:
    """Return an ASGI application that answers so whatever it is asked."""

    async def application(scope: object, receive: object, send: Any) -> None:  # noqa: ARG001
        await send({"type": "http.response.start", "status": answer.status, "headers": answer.headers})
        await send({"type": "http.response.body", "body": answer.body})

    return application
