"""uvicorn's server, with an end that loses no request."""

import asyncio
import socket
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn

from transformer.http_protocol import InferenceHttpProtocol
from transformer.sockets import ignore_connections

_TICK_S = 0.1
"""uvicorn's time between two ticks."""

_LAST_READING_S = 0.3
"""So long before the end, clients that do not read are cut off."""

_ACCEPT_S = 0.1
"""How long connections that have begun are still accepted."""


class HttpServer(uvicorn.Server):
    """Serves HTTP until told to end; signals are its owner's.

    Args:
        config: uvicorn's configuration, with our protocol.
        listener: The socket that it listens on.
        arrival_s: Seconds in which a request has to arrive, and a client to read on in its answers. Either may take
            twice as long, because connections are looked at only that often.
    """

    def __init__(self, config: uvicorn.Config, listener: socket.socket, arrival_s: float) -> None:
        super().__init__(config)
        self._listener = listener
        self._ticks_between_looks = max(1, round(arrival_s / _TICK_S))

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave the signals alone."""
        yield

    async def on_tick(self, counter: int) -> bool:
        """See uvicorn; look at every connection now and then."""
        if counter % self._ticks_between_looks == 0:
            for connection in list(self.server_state.connections):
                assert isinstance(connection, InferenceHttpProtocol)
                connection.look()
        return await super().on_tick(counter)

    async def run_until_ended(self) -> None:
        """Serve; see ``end``."""
        await self.serve([self._listener])

    def end(self, grace_s: float) -> None:
        """Take no new connections, tell on those that there are to go, and make ``run_until_ended`` come back."""
        self.config.timeout_graceful_shutdown = grace_s  # type: ignore[assignment]  # it is given to asyncio as it is
        self.should_exit = True

    async def _wait_tasks_to_complete(self) -> None:
        """See uvicorn, which would cancel what waits for clients that read nothing, with stack traces."""
        assert self.config.timeout_graceful_shutdown is not None
        left_s = max(0.0, self.config.timeout_graceful_shutdown - _LAST_READING_S)
        cutting = asyncio.get_running_loop().call_later(left_s, self._cut_off)
        try:
            await super()._wait_tasks_to_complete()
        finally:
            cutting.cancel()

    def _cut_off(self) -> None:
        for connection in list(self.server_state.connections):
            assert isinstance(connection, InferenceHttpProtocol)
            connection.cut_off()

    def end_at_once(self) -> None:
        """Do not wait for what is under way."""
        self.should_exit = self.force_exit = True

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """See uvicorn."""
        protocol = self.config.http_protocol_class
        assert isinstance(protocol, type)
        assert issubclass(protocol, InferenceHttpProtocol)
        ignore_connections(self._listener)
        await asyncio.sleep(_ACCEPT_S)
        protocol.ending = True
        await super().shutdown(sockets)
