"""A gRPC client for one unary method at one address, on the event loop's own transport.

grpcio's client polls in a thread of its own and wakes the loop through a pipe; where waking a thread is dear, that
is the larger part of a call's cost (docs/performance.md).
"""

import asyncio
from collections.abc import Sequence

from grpc import StatusCode

from transformer.http2_connection import CallFailed, Connection
from transformer.http2_frames import encode_header, encode_text

_CONNECT_LIMIT_S = 2.0


class UnaryChannel:
    """Calls one unary method; connects when it is first called, and again after the connection was lost.

    Args:
        address: ``host:port``; an IPv6 host in brackets.
        method: Full path of the method, such as ``/inference.GRPCInferenceService/ModelInfer``.
    """

    def __init__(self, address: str, method: str) -> None:
        host, _, port = address.rpartition(":")
        self._host, self._port = host.strip("[]"), int(port)
        self._headers = b"".join(
            (
                b"\x83\x86",  # :method POST and :scheme http, from the static table
                b"\x04" + encode_text(method.encode()),  # :path
                b"\x01" + encode_text(address.encode()),  # :authority
                encode_header(b"content-type", b"application/grpc"),
                encode_header(b"te", b"trailers"),
                encode_header(b"user-agent", b"flight-delay-transformer"),
            )
        )
        self._connection: Connection | None = None
        self._connecting: asyncio.Task[Connection] | None = None

    async def call(self, message: bytes, timeout_s: float, metadata: Sequence[tuple[bytes, bytes]] = ()) -> bytes:
        """Send one serialized message and return the serialized answer.

        Raises:
            CallFailed: With the peer's status, DEADLINE_EXCEEDED when it is late, UNAVAILABLE when it cannot be
                reached or the connection is lost, INTERNAL when it does not speak gRPC.
        """
        headers = self._headers + b"".join([encode_header(*pair) for pair in metadata]) if metadata else self._headers
        try:
            async with asyncio.timeout(timeout_s):
                connection = self._connection
                if connection is None or not connection.usable:
                    connection = await self._connect()
                return await connection.call(headers, message)
        except TimeoutError:
            raise CallFailed(StatusCode.DEADLINE_EXCEEDED, "no answer in time") from None

    async def _connect(self) -> Connection:
        if self._connecting is None:
            self._connecting = asyncio.get_running_loop().create_task(self._open())
            self._connecting.add_done_callback(self._opened)
        return await asyncio.shield(self._connecting)

    async def _open(self) -> Connection:
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(_CONNECT_LIMIT_S):
                _, connection = await loop.create_connection(Connection, self._host, self._port)
        except (OSError, UnicodeError, TimeoutError) as error:
            raise CallFailed(StatusCode.UNAVAILABLE, "no connection") from error
        return connection

    def _opened(self, connecting: asyncio.Task[Connection]) -> None:
        self._connecting = None
        if not connecting.cancelled() and connecting.exception() is None:
            self._connection = connecting.result()

    async def close(self) -> None:
        """Close the connection; calls under way fail with UNAVAILABLE."""
        if self._connecting is not None:
            self._connecting.cancel()
        if self._connection is not None:
            self._connection.close()
