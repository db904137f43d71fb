"""Bytes to a port and bytes back, for what no HTTP client would send."""

import json
import re
import socket
import time
from collections.abc import Sequence
from dataclasses import dataclass

CLOSE = b"connection: close\r\n"
LIMIT_S = 8


@dataclass(frozen=True)
class Conversation:
    """Everything that came back until the server closed the connection."""

    received: bytes

    @property
    def statuses(self) -> list[int]:
        return [int(status) for status in re.findall(rb"HTTP/1\.1 (\d{3}) ", self.received)]

    @property
    def last_body(self) -> object:
        return json.loads(self.received.rpartition(b"\r\n\r\n")[2])


def request(
    method: bytes, path: bytes, headers: bytes = b"", body: bytes | None = None, version: bytes = b"HTTP/1.1"
) -> bytes:
    length = b"" if body is None else b"content-length: %d\r\n" % len(body)
    return b"%b %b %b\r\nhost: x\r\n%b%b\r\n%b" % (method, path, version, headers, length, body or b"")


def converse(port: int, *pieces: bytes, half_close: bool = False, pause_s: float = 0.02) -> Conversation:
    """Send pieces, then read to the end; the test fails when the server neither answers nor closes in time."""
    with socket.create_connection(("127.0.0.1", port), timeout=LIMIT_S) as connection:
        _send(connection, pieces, pause_s)
        if half_close:
            connection.shutdown(socket.SHUT_WR)
        received = bytearray()
        while piece := connection.recv(65536):
            received += piece
        return Conversation(bytes(received))


def _send(connection: socket.socket, pieces: Sequence[bytes], pause_s: float) -> None:
    for place, piece in enumerate(pieces):
        if place:
            time.sleep(pause_s)
        connection.sendall(piece)


def leave(port: int, sent: bytes) -> None:
    """Send and be gone at once, without a goodbye."""
    with socket.create_connection(("127.0.0.1", port), timeout=LIMIT_S) as connection:
        connection.sendall(sent)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
