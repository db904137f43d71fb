"""The listening sockets, and those that gRPC keeps to itself.

gRPC's server can only be stopped, and then cancels calls that it has received but not begun, and those on their way.
So before it is stopped, its port is closed to new connections, and those it has are waited for. It has no
function for either, but they are this process's sockets.
"""

import ctypes
import os
import socket
import stat
import struct
import sys
from collections.abc import Iterator
from contextlib import suppress

from flights.errors import OperatorError

_DESCRIPTORS = "/dev/fd"
_LAST_RECEIVED = 52
"""Offset of tcpi_last_data_recv, milliseconds, 32 bits, in struct tcp_info of linux/tcp.h."""

_SO_ATTACH_FILTER = 26  # asm-generic/socket.h
_NO_SYN = (
    (0x30, 0, 0, 13),  # load the byte of a segment that holds its flags: RFC 9293, section 3.1
    (0x45, 0, 1, 0x02),  # is it a SYN
    (0x06, 0, 0, 0),  # yes: drop it
    (0x06, 0, 0, 0xFFFFFFFF),  # no: keep all of it
)
"""A program of linux/filter.h."""


def listen(host: str, port: int) -> socket.socket:
    """Listen on a port of an address, of IPv4 or IPv6; ``::`` is every address of both.

    Raises:
        OperatorError: Ours: it cannot be listened on.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=2048, dualstack_ipv6=host == "::")
    except (OSError, UnicodeError) as error:
        reason = getattr(error, "strerror", None) or error
        raise OperatorError(f"port {port} of {host} cannot be listened on: {reason}") from error


def ignore_connections(listener: socket.socket) -> None:
    """Let no further connection begin, where the kernel can; those that have begun can still be accepted.

    Closing a listening socket resets the connections that wait to be accepted, with requests that they may have
    brought. After this, and a moment in which the event loop accepts them, none do.
    """
    if sys.platform != "linux":
        return
    program = ctypes.create_string_buffer(b"".join(struct.pack("=HBBI", *step) for step in _NO_SYN))
    with suppress(OSError):  # a sandbox may not have it
        listener.setsockopt(
            socket.SOL_SOCKET, _SO_ATTACH_FILTER, struct.pack("@HP", len(_NO_SYN), ctypes.addressof(program))
        )


def refuse_connections(port: int) -> None:
    """Close a port of this process to new connections, and leave those that it has."""
    for each in _on(port):
        with each, suppress(OSError):
            if each.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
                each.shutdown(socket.SHUT_RDWR)


def has_received(port: int, within_s: float) -> bool:
    """Tell whether bytes came over any connection of a port in so many last seconds; never where that is not told."""
    if not hasattr(socket, "TCP_INFO"):
        return False
    return any(_received_ms_ago(each) < within_s * 1000 for each in _on(port))


def _received_ms_ago(connection: socket.socket) -> float:
    with connection, suppress(OSError):
        connection.getpeername()
        info = connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _LAST_RECEIVED + 4)
        milliseconds: int = struct.unpack_from("=I", info, _LAST_RECEIVED)[0]
        return milliseconds
    return float("inf")


def _on(port: int) -> Iterator[socket.socket]:
    """Yield a second handle of each socket that is bound to a port; whoever takes it closes it."""
    for name in os.listdir(_DESCRIPTORS):  # noqa: PTH208  # it need not be a folder of files
        try:
            if not stat.S_ISSOCK(os.fstat(int(name)).st_mode):
                continue
            each = socket.socket(fileno=os.dup(int(name)))
        except OSError:  # it is gone again
            continue
        if each.family in (socket.AF_INET, socket.AF_INET6) and each.getsockname()[1] == port:
            yield each
        else:
            each.close()
