"""gRPC's server, with an end that loses no call."""

import asyncio

import grpc

from flights.errors import OperatorError
from transformer import sockets
from transformer.grpc_handlers import handlers_of
from transformer.grpc_service import GrpcService
from transformer.service import DelayService

QUIET_S = 1.0
"""A server whose connections bring nothing for so long may end; the clients have gone."""

_LOOK_EVERY_S = 0.1


class GrpcServer:
    """Serves one version over gRPC.

    Args:
        service: The version.
        host: Address to listen on.
        port: Port to listen on.
        most_body_bytes: A larger message is refused.
        connection_s: After so long a connection is asked to go and its client makes another; what is under way on
            it finishes. That is how clients leave a server that ends, and find new ones behind the same address.
        arrival_s: Seconds that it has for that. A call whose message never comes, or whose answer nobody reads, ends
            with its connection then.

    Raises:
        OperatorError: Ours: the port cannot be listened on.
    """

    def __init__(
        self,
        service: DelayService,
        *,
        host: str,
        port: int,
        most_body_bytes: int,
        connection_s: float,
        arrival_s: float,
    ) -> None:
        self._port = port
        self._at_once = False
        self._server = grpc.aio.server(
            options=[
                ("grpc.max_receive_message_length", most_body_bytes),
                ("grpc.max_connection_age_ms", round(connection_s * 1000)),
                ("grpc.max_connection_age_grace_ms", round(arrival_s * 1000)),
                ("grpc.so_reuseport", 0),
            ]
        )
        self._server.add_generic_rpc_handlers((handlers_of(GrpcService(service)),))
        try:
            self._server.add_insecure_port(f"[{host}]:{port}" if ":" in host else f"{host}:{port}")
        except RuntimeError as error:
            raise OperatorError(f"port {port} of {host} cannot be listened on: it must be free") from error

    async def start(self) -> None:
        """Begin to serve."""
        await self._server.start()

    async def end(self, grace_s: float) -> None:
        """Take no new connections, answer on those that there are until they are gone or quiet, then end."""
        loop = asyncio.get_running_loop()
        until_s = loop.time() + grace_s
        sockets.refuse_connections(self._port)
        while not self._at_once and loop.time() < until_s and sockets.has_received(self._port, QUIET_S):
            await asyncio.sleep(_LOOK_EVERY_S)
        await self._server.stop(0 if self._at_once else max(0.0, until_s - loop.time()))

    async def end_at_once(self) -> None:
        """Make ``end`` come back, whatever is under way."""
        self._at_once = True
        await self._server.stop(0)
