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

_PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
_DATA, _HEADERS, _RST_STREAM, _SETTINGS, _PING, _GOAWAY, _WINDOW_UPDATE, _CONTINUATION = 0, 1, 3, 4, 6, 7, 8, 9
_END_STREAM, _ACK, _END_HEADERS, _PADDED, _PRIORITY = 0x1, 0x1, 0x4, 0x8, 0x20
_HEADER_TABLE_SIZE, _ENABLE_PUSH, _INITIAL_WINDOW_SIZE, _MAX_FRAME_SIZE = 1, 2, 4, 5
_CANCEL = 8
_LARGEST_WINDOW = 2**31 - 1
_DEFAULT_WINDOW = 65_535
_FRAME_BYTES = 16_384
"""The longest frame that either side sends unless the other allows more; we do not."""
_LAST_STREAM = _LARGEST_WINDOW
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
        self._window = _DEFAULT_WINDOW
        self._stream_window = _DEFAULT_WINDOW
        self._blocked: deque[int] = deque()
        self._uncredited = 0
        self._statuses: dict[bytes, StatusCode | None] = {}
        self._frames_seen = 0
        self._lost: tuple[StatusCode, str] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """See ``asyncio.Protocol``."""
        self._transport = transport = cast(asyncio.Transport, transport)  # uvloop's is none by its class
        settings = {_HEADER_TABLE_SIZE: 0, _ENABLE_PUSH: 0, _INITIAL_WINDOW_SIZE: _LARGEST_WINDOW}
        payload = b"".join(struct.pack(">HI", *setting) for setting in settings.items())
        transport.write(
            _PREFACE
            + _frame(_SETTINGS, 0, 0, payload)
            + _frame(_WINDOW_UPDATE, 0, 0, (_LARGEST_WINDOW - _DEFAULT_WINDOW).to_bytes(4))
        )

    def data_received(self, data: bytes) -> None:
        """See ``asyncio.Protocol``."""
        received = self._received
        received += data
        at = 0
        try:
            while len(received) - at >= 9:
                size = int.from_bytes(received[at : at + 3])
                if size > _FRAME_BYTES:
                    raise ValueError("a frame that is too long")
                end = at + 9 + size
                if end > len(received):
                    break
                stream = int.from_bytes(received[at + 5 : at + 9]) & _LAST_STREAM
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
        if self._next_stream > _LAST_STREAM:
            self.usable = False  # the channel opens another
        unsent = memoryview(b"\0" + len(message).to_bytes(4) + message)
        stream = self._streams[number] = _Stream(self._loop.create_future(), unsent, self._stream_window)
        seen = self._frames_seen
        head = _frame(_HEADERS, _END_HEADERS, number, headers)
        if not self._blocked and len(unsent) <= min(_FRAME_BYTES, self._window, stream.window):
            self._window -= len(unsent)
            stream.unsent = unsent[:0]
            self._transport.write(head + _frame(_DATA, _END_STREAM, number, unsent))
        else:
            self._transport.write(head)
            self._blocked.append(number)
            self._send_blocked()
        try:
            return await stream.answer
        except asyncio.CancelledError:
            if self._lost is None:
                self._write(_frame(_RST_STREAM, 0, number, _CANCEL.to_bytes(4)))
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
        if kind == _DATA:
            self._take_data(flags, number, _unpadded(flags, payload), len(payload))
        elif kind == _HEADERS:
            payload = _unpadded(flags, payload)
            self._block, self._block_flags = payload[5:] if flags & _PRIORITY else payload, flags
            if flags & _END_HEADERS:
                self._take_headers(number)
        elif kind == _CONTINUATION:
            self._block += payload
            if len(self._block) > _FRAME_BYTES:
                raise ValueError("headers that are too long")
            if flags & _END_HEADERS:
                self._take_headers(number)
        elif kind == _SETTINGS and not flags & _ACK:
            self._take_settings(payload)
        elif kind == _PING and not flags & _ACK:
            self._write(_frame(_PING, _ACK, 0, payload))
        elif kind == _WINDOW_UPDATE:
            self._take_window(number, int.from_bytes(payload) & _LARGEST_WINDOW)
        elif kind == _RST_STREAM:
            if stream := self._streams.get(number):
                stream.fail(StatusCode.UNAVAILABLE, "the peer reset the call")
        elif kind == _GOAWAY:
            self.usable = False
            last = int.from_bytes(payload[:4]) & _LAST_STREAM
            for other, stream in list(self._streams.items()):
                if other > last:
                    stream.fail(StatusCode.UNAVAILABLE, "the peer is going away")

    def _take_data(self, flags: int, number: int, content: bytes, size: int) -> None:
        self._uncredited += size
        if self._uncredited > _LARGEST_WINDOW // 2:
            self._write(_frame(_WINDOW_UPDATE, 0, 0, self._uncredited.to_bytes(4)))
            self._uncredited = 0
        stream = self._streams.get(number)
        if stream is None:
            return
        stream.chunks.append(content)
        stream.size += len(content)
        if stream.size > _MOST_ANSWER_BYTES:
            stream.fail(StatusCode.INTERNAL, "the answer is too large")
        elif flags & _END_STREAM:
            stream.fail(StatusCode.INTERNAL, "the answer has no status")

    def _take_headers(self, number: int) -> None:
        block, self._block = self._block, b""
        status = self._status(block)
        stream = self._streams.get(number)
        if stream is None:
            return
        if not self._block_flags & _END_STREAM:
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
            if setting == _INITIAL_WINDOW_SIZE:
                for stream in self._streams.values():
                    stream.window += value - self._stream_window
                self._stream_window = value
        self._write(_frame(_SETTINGS, _ACK, 0, b""))
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
                size = min(len(stream.unsent), _FRAME_BYTES, self._window, stream.window)
                if size <= 0:
                    return
                content, stream.unsent = stream.unsent[:size], stream.unsent[size:]
                self._window -= size
                stream.window -= size
                flags = 0 if stream.unsent else _END_STREAM
                self._write(_frame(_DATA, flags, self._blocked[0], content))
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


def _frame(kind: int, flags: int, stream: int, payload: bytes | memoryview) -> bytes:
    return b"".join((len(payload).to_bytes(3), bytes((kind, flags)), stream.to_bytes(4), payload))


def _unpadded(flags: int, payload: bytes) -> bytes:
    if not flags & _PADDED:
        return payload
    if payload[0] >= len(payload):
        raise ValueError("more padding than frame")
    return payload[1 : len(payload) - payload[0]]


def encode_header(name: bytes, value: bytes) -> bytes:
    """Encode a header that no table holds (RFC 7541, 6.2.2)."""
    return b"\0" + encode_text(name) + encode_text(value)


def encode_text(text: bytes) -> bytes:
    """Encode a text without Huffman's code; ours are shorter than the 127 bytes that need a second length byte."""
    if len(text) < 127:
        return bytes((len(text),)) + text
    length, encoded = len(text) - 127, bytearray(b"\x7f")
    while length >= 128:
        encoded.append(length % 128 + 128)
        length //= 128
    encoded.append(length)
    return bytes(encoded) + text
