"""Ports of 127.0.0.1 for servers that are to be started."""

import socket
from contextlib import ExitStack

ADDRESS = "127.0.0.1"


def free_ports(count: int) -> list[int]:
    """Return ports that nothing listens on, all different."""
    with ExitStack() as sockets:
        taken = [sockets.enter_context(socket.socket()) for _ in range(count)]
        for each in taken:
            each.bind((ADDRESS, 0))
        return [each.getsockname()[1] for each in taken]
