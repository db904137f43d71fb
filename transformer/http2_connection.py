"""An HTTP/2 connection for unary gRPC calls, as their client.

It speaks just what such a call needs of HTTP/2 (RFC 9113) and of gRPC over it: no server push, compression, TLS or
retry. It asks the peer for a header table of size 0, so that a block of headers means the same wherever it stands.
"""

import asyncio
import struct
from collections import deque
from typing import cast

import hpack
from grpc import StatusCode

from transformer.http2_frames import (
    ACK,
    CANCEL,
    CONTINUATION,
    DATA,
    DEFAULT_WINDOW,
    ENABLE_PUSH,
    END_HEADERS,
    END_STREAM,
    FRAME_BYTES,
    GOAWAY,
    HEADER_TABLE_SIZE,
    HEADERS,
    INITIAL_WINDOW_SIZE,
    LARGEST_WINDOW,
    LAST_STREAM,
    PING,
    PREFACE,
    PRIORITY,
    RST_STREAM,
    SETTINGS,
    WINDOW_UPDATE,
    encode_frame,
    unpadded,
)

_MOST_ANSWER_BYTES = 4 * 2**20
"""Probabilities of one call are a few KiB; what is far larger is no answer."""
_CODES = {str(code.value[0]).encode(): code for code in StatusCode}


class CallFailed(Exception):
    """A call that has no answer.

    Args:
        code: gRPC's status for it.
        reason: Why, for a log.
    """

    def __init__(self, code: StatusCode, reason: str) -> None:
        self.code = code
        super().__init__(f"{code.name}: {reason}")


class _Stream:
    """One call."""

    __slots__ = ("answer", "chunks", "size", "unsent", "window")

    def __init__(self, answer: asyncio.Future[bytes], unsent: memoryview, window: int) -> None:
        self.answer = answer
        self.unsent = unsent
        self.window = window
        self.chunks: list[bytes] = []
        self.size = 0

    def fail(self, code: StatusCode, reason: str) -> None:
        if not self.answer.done():
            self.answer.set_exception(CallFailed(code, reason))


class Connection(asyncio.Protocol):
    """One HTTP/2 connection, as its client.

    Attributes:
        usable: Whether it takes further calls.
    """

    def __init__(self) -> None:
        self.usable = True
        self._transport: asyncio.Transport | None = None
        self._loop = asyncio.get_running_loop()
        self._streams: dict[int, _Stream] = {}
        self._next_stream = 1
        self._received = bytearray()
        self._block = b""
        self._block_flags = 0
        self._window = DEFAULT_WINDOW
        self._stream_window = DEFAULT_WINDOW
        self._blocked: deque[int] = deque()
        self._uncredited = 0
        self._statuses: dict[bytes, StatusCode | None] = {}
        self._frames_seen = 0
        self._lost: tuple[StatusCode, str] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """See ``asyncio.Protocol``."""
        self._transport = transport = cast(asyncio.Transport, transport)  # uvloop's is none by its class
        settings = {HEADER_TABLE_SIZE: 0, ENABLE_PUSH: 0, INITIAL_WINDOW_SIZE: LARGEST_WINDOW}
        payload = b"".join(struct.pack(">HI", *setting) for setting in settings.items())
        transport.write(
            PREFACE
            + encode_frame(SETTINGS, 0, 0, payload)
            + encode_frame(WINDOW_UPDATE, 0, 0, (LARGEST_WINDOW - DEFAULT_WINDOW).to_bytes(4))
        )

    def data_received(self, data: bytes) -> None:
        """See ``asyncio.Protocol``."""
        received = self._received
        received += data
        at = 0
        try:
            while len(received) - at >= 9:
                size = int.from_bytes(received[at : at + 3])
                if size > FRAME_BYTES:
                    raise ValueError("a frame that is too long")
                end = at + 9 + size
                if end > len(received):
                    break
                stream = int.from_bytes(received[at + 5 : at + 9]) & LAST_STREAM
                self._take(received[at + 3], received[at + 4], stream, bytes(received[at + 9 : end]))
                at = end
        except (ValueError, IndexError, struct.error, hpack.HPACKError) as error:
            self._lose(StatusCode.INTERNAL, f"the peer does not speak HTTP/2: {error}")
            return
        del received[:at]

    def connection_lost(self, exc: Exception | None) -> None:
        """See ``asyncio.Protocol``."""
        self._lose(StatusCode.UNAVAILABLE, f"the connection was lost: {exc}")

    async def call(self, headers: bytes, message: bytes) -> bytes:
        """Send one message with its headers, and wait for the answer.

        Raises:
            CallFailed: See ``UnaryChannel.call``.
        """
        if self._lost is not None:  # between being opened and being used
            raise CallFailed(*self._lost)
        assert self._transport is not None
        number = self._next_stream
        self._next_stream += 2
        if self._next_stream > LAST_STREAM:
            self.usable = False  # the channel opens another
        unsent = memoryview(b"\0" + len(message).to_bytes(4) + message)
        stream = self._streams[number] = _Stream(self._loop.create_future(), unsent, self._stream_window)
        seen = self._frames_seen
        head = encode_frame(HEADERS, END_HEADERS, number, headers)
        if not self._blocked and len(unsent) <= min(FRAME_BYTES, self._window, stream.window):
            self._window -= len(unsent)
            stream.unsent = unsent[:0]
            self._transport.write(head + encode_frame(DATA, END_STREAM, number, unsent))
        else:
            self._transport.write(head)
            self._blocked.append(number)
            self._send_blocked()
        try:
            return await stream.answer
        except asyncio.CancelledError:
            if self._lost is None:
                self._write(encode_frame(RST_STREAM, 0, number, CANCEL.to_bytes(4)))
            if self._frames_seen == seen:
                self.usable = False  # a peer that says nothing at all may be gone: the next call connects anew
            raise
        finally:
            self._streams.pop(number, None)
            if not self.usable and not self._streams:
                self._transport.close()

    def close(self) -> None:
        """Close the connection."""
        self._lose(StatusCode.UNAVAILABLE, "the connection was closed")

    def _take(self, kind: int, flags: int, number: int, payload: bytes) -> None:
        self._frames_seen += 1
        if kind == DATA:
            self._take_data(flags, number, unpadded(flags, payload), len(payload))
        elif kind == HEADERS:
            payload = unpadded(flags, payload)
            self._block, self._block_flags = payload[5:] if flags & PRIORITY else payload, flags
            if flags & END_HEADERS:
                self._take_headers(number)
        elif kind == CONTINUATION:
            self._block += payload
            if len(self._block) > FRAME_BYTES:
                raise ValueError("headers that are too long")
            if flags & END_HEADERS:
                self._take_headers(number)
        elif kind == SETTINGS and not flags & ACK:
            self._take_settings(payload)
        elif kind == PING and not flags & ACK:
            self._write(encode_frame(PING, ACK, 0, payload))
        elif kind == WINDOW_UPDATE:
            self._take_window(number, int.from_bytes(payload) & LARGEST_WINDOW)
        elif kind == RST_STREAM:
            if stream := self._streams.get(number):
                stream.fail(StatusCode.UNAVAILABLE, "the peer reset the call")
        elif kind == GOAWAY:
            self.usable = False
            last = int.from_bytes(payload[:4]) & LAST_STREAM
            for other, stream in list(self._streams.items()):
                if other > last:
                    stream.fail(StatusCode.UNAVAILABLE, "the peer is going away")

    def _take_data(self, flags: int, number: int, content: bytes, size: int) -> None:
        self._uncredited += size
        if self._uncredited > LARGEST_WINDOW // 2:
            self._write(encode_frame(WINDOW_UPDATE, 0, 0, self._uncredited.to_bytes(4)))
            self._uncredited = 0
        stream = self._streams.get(number)
        if stream is None:
            return
        stream.chunks.append(content)
        stream.size += len(content)
        if stream.size > _MOST_ANSWER_BYTES:
            stream.fail(StatusCode.INTERNAL, "the answer is too large")
        elif flags & END_STREAM:
            stream.fail(StatusCode.INTERNAL, "the answer has no status")

    def _take_headers(self, number: int) -> None:
        block, self._block = self._block, b""
        status = self._status(block)
        stream = self._streams.get(number)
        if stream is None:
            return
        if not self._block_flags & END_STREAM:
            return  # the headers before the message
        if status is not StatusCode.OK:
            stream.fail(status or StatusCode.INTERNAL, "the peer's status")
            return
        answer = b"".join(stream.chunks)
        if len(answer) < 5 or answer[0] != 0 or int.from_bytes(answer[1:5]) != len(answer) - 5:
            stream.fail(StatusCode.INTERNAL, "the answer is not one message")
        elif not stream.answer.done():
            stream.answer.set_result(answer[5:])

    def _status(self, block: bytes) -> StatusCode | None:
        """Return the gRPC status in a block of headers, None if there is none; each block is decoded once."""
        if block not in self._statuses:
            # with a decoder of its own: a peer that uses a table all the same is found out
            headers = dict(hpack.Decoder().decode(block, raw=True))
            code = headers.get(b"grpc-status")
            if len(self._statuses) >= 64:
                self._statuses.clear()
            self._statuses[block] = None if code is None else _CODES.get(code, StatusCode.UNKNOWN)
        return self._statuses[block]

    def _take_settings(self, payload: bytes) -> None:
        for setting, value in struct.iter_unpack(">HI", payload):
            if setting == INITIAL_WINDOW_SIZE:
                for stream in self._streams.values():
                    stream.window += value - self._stream_window
                self._stream_window = value
        self._write(encode_frame(SETTINGS, ACK, 0, b""))
        self._send_blocked()

    def _take_window(self, number: int, more: int) -> None:
        if number == 0:
            self._window += more
        elif stream := self._streams.get(number):
            stream.window += more
        self._send_blocked()

    def _send_blocked(self) -> None:
        """Send what the peer's windows allow, the oldest call first."""
        while self._blocked:
            stream = self._streams.get(self._blocked[0])
            if stream is not None:
                size = min(len(stream.unsent), FRAME_BYTES, self._window, stream.window)
                if size <= 0:
                    return
                content, stream.unsent = stream.unsent[:size], stream.unsent[size:]
                self._window -= size
                stream.window -= size
                flags = 0 if stream.unsent else END_STREAM
                self._write(encode_frame(DATA, flags, self._blocked[0], content))
                if stream.unsent:
                    continue
            self._blocked.popleft()

    def _write(self, frame: bytes) -> None:
        assert self._transport is not None
        self._transport.write(frame)

    def _lose(self, code: StatusCode, reason: str) -> None:
        self.usable = False
        self._lost = self._lost or (code, reason)
        for stream in self._streams.values():
            stream.fail(*self._lost)
        if self._transport is not None:
            self._transport.close()
