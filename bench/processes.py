"""The servers that a benchmark starts, on free ports of 127.0.0.1, and ends."""

import ctypes
import http.client
import logging
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from types import MappingProxyType, TracebackType
from typing import Self

from bench.errors import CannotMeasure
from scripts.ports import ADDRESS, free_ports

logger = logging.getLogger(__name__)

START_LIMIT_S = 60.0
STOP_LIMIT_S = 10.0

_PROBE_EVERY_S = 0.02
_ANSWER_LIMIT_S = 30.0
_PR_SET_PDEATHSIG = 1  # from linux/prctl.h

NOTHING: Mapping[str, str] = MappingProxyType({})


class Server:
    """A started server.

    Attributes:
        name: What it is.
        http_port: Its port for REST.
        grpc_port: Its port for gRPC, if it has one.
        popen: Its process.
    """

    def __init__(self, name: str, http_port: int, grpc_port: int, popen: subprocess.Popen[bytes]) -> None:
        self.name = name
        self.http_port = http_port
        self.grpc_port = grpc_port
        self.popen = popen

    @property
    def pid(self) -> int:
        """Number of its process."""
        return self.popen.pid

    def check_alive(self) -> None:
        """Make sure that it runs.

        Raises:
            CannotMeasure: It has ended.
        """
        code = self.popen.poll()
        if code is not None:
            raise CannotMeasure(f"the server {self.name} ended with exit code {code}")

    def post(self, path: str, headers: Mapping[str, str], body: bytes) -> bytes:
        """Send one request and return the body of an answer with status 200.

        Raises:
            CannotMeasure: There is no such answer.
        """
        status, answer = _exchange(self.http_port, "POST", path, headers, body)
        if status != 200:
            raise CannotMeasure(f"the server {self.name} answered {path} with {status or 'nothing'}: {answer[:300]!r}")
        return answer

    def wait_for_200(self, path: str) -> None:
        """Wait until the path answers 200.

        Raises:
            CannotMeasure: It ended, or did not answer so in time.
        """
        until = time.monotonic() + START_LIMIT_S
        while _exchange(self.http_port, "GET", path)[0] != 200:
            self.check_alive()
            if time.monotonic() > until:
                raise CannotMeasure(f"the server {self.name} did not answer {path} with 200 in {START_LIMIT_S:g} s")
            time.sleep(_PROBE_EVERY_S)

    def end(self) -> None:
        """End it, whatever its state."""
        try:
            if self.popen.poll() is None:
                self.popen.terminate()
                self.popen.wait(STOP_LIMIT_S)
        except subprocess.TimeoutExpired:
            pass
        finally:
            if self.popen.poll() is None:
                self.popen.kill()
                self.popen.wait()


class Starter:
    """Starts servers, each once, and ends them in the reverse order.

    Args:
        logs: Folder for what they print.
    """

    def __init__(self, logs: Path) -> None:
        self._logs = logs
        self._servers: dict[str, Server] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with ExitStack() as ends:  # which goes on when one of them is interrupted
            for server in self._servers.values():
                ends.callback(server.end)

    def server(
        self,
        name: str,
        arguments: Callable[[int, int], Sequence[str]],
        ready_path: str,
        environment: Mapping[str, str] = NOTHING,
        port_variables: Sequence[str] = (),
        python: str = sys.executable,
    ) -> Server:
        """Return the server of that name, started and ready.

        Args:
            name: What it is.
            arguments: Python's arguments for it, from its ports for REST and gRPC.
            ready_path: Path that answers 200 once it is ready.
            environment: Variables on top of our own.
            port_variables: Variables that its ports for REST and gRPC are put into.
            python: Which Python runs it.

        Raises:
            CannotMeasure: It does not come up.
        """
        if name not in self._servers:
            logger.info("starting %s", name)
            server = self._servers[name] = self._start(name, arguments, environment, port_variables, python)
            server.wait_for_200(ready_path)
        return self._servers[name]

    def time_start(
        self,
        name: str,
        arguments: Callable[[int, int], Sequence[str]],
        ready_path: str,
        when_ready: Callable[[Server], None],
    ) -> float:
        """Start one more server and end it again; return the seconds from its start until it was ready."""
        started_s = time.perf_counter()
        server = self._start(name, arguments)
        try:
            server.wait_for_200(ready_path)
            ready_s = time.perf_counter()
            when_ready(server)
        finally:
            server.end()
        return ready_s - started_s

    def _start(
        self,
        name: str,
        arguments: Callable[[int, int], Sequence[str]],
        environment: Mapping[str, str] = NOTHING,
        port_variables: Sequence[str] = (),
        python: str = sys.executable,
    ) -> Server:
        http_port, grpc_port = free_ports(2)
        ports = dict(zip(port_variables, map(str, (http_port, grpc_port)), strict=False))
        with (self._logs / f"{name}.log").open("wb") as log:
            popen = subprocess.Popen(
                [python, *arguments(http_port, grpc_port)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env={**os.environ, "OMP_NUM_THREADS": "1", **environment, **ports},
                start_new_session=True,  # Ctrl-C reaches the benchmark alone, which ends its servers in order
                preexec_fn=_end_with_parent(),
            )
        return Server(name, http_port, grpc_port, popen)


def _end_with_parent() -> Callable[[], object]:
    """Return what a new process runs so that Linux kills it when this process is killed."""
    prctl = ctypes.CDLL(None).prctl
    return lambda: prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def _exchange(
    port: int, method: str, path: str, headers: Mapping[str, str] = NOTHING, body: bytes | None = None
) -> tuple[int, bytes]:
    """Send one request; return status and body, or 0 and the reason if there was no whole answer."""
    connection = http.client.HTTPConnection(ADDRESS, port, timeout=_ANSWER_LIMIT_S)
    try:
        connection.request(method, path, body, dict(headers))
        answer = connection.getresponse()
        return answer.status, answer.read()
    except (OSError, http.client.HTTPException) as error:
        return 0, str(error).encode()
    finally:
        connection.close()
