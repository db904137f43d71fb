"""Processes that a test starts, and plain HTTP to them.

Nothing here knows a server of ours: a test names the command and what tells that it is up.
"""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

ROOT = Path(__file__).parents[2]

NOTHING: Mapping[str, str] = MappingProxyType({})

START_LIMIT_S = 60
STOP_LIMIT_S = 10

_IN_THE_WAY = frozenset(
    {
        *("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "grpc_proxy", "KSERVE_LOGLEVEL"),
        *("MAKEFLAGS", "MAKELEVEL", "MFLAGS"),  # under `make test`, make would announce the folders that it enters
    }
)

ALIVE: list["Running"] = []
"""Everything that is running now; the logs of a failed test are taken from here."""


@dataclass(frozen=True)
class Answer:
    """An HTTP answer, read whole."""

    status: int
    headers: http.client.HTTPMessage
    body: bytes

    def json(self):
        return json.loads(self.body)


def request(
    method: str, port: int, path: str, body: bytes | None = None, headers: Mapping[str, str] = NOTHING
) -> Answer:
    """Send one request to 127.0.0.1."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request(method, path, body, dict(headers))
        answer = connection.getresponse()
        return Answer(answer.status, answer.headers, answer.read())
    finally:
        connection.close()


def get(port: int, path: str) -> Answer:
    return request("GET", port, path)


def post(port: int, path: str, body: object, headers: Mapping[str, str] = NOTHING) -> Answer:
    """Post bytes as they are, or anything else as JSON."""
    if isinstance(body, bytes):
        return request("POST", port, path, body, headers)
    return request("POST", port, path, json.dumps(body).encode(), {"Content-Type": "application/json", **headers})


def listens(port: int) -> bool:
    """Tell whether 127.0.0.1 accepts connections on the port."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def wait_until(holds, what: str, limit_s: float = START_LIMIT_S) -> None:
    """Wait until the function returns something true, and fail the test when it does not in time."""
    until = time.monotonic() + limit_s
    while not holds():
        assert time.monotonic() < until, f"{what} did not come about within {limit_s} s"
        time.sleep(0.05)


class Running:
    """A started process; its output goes to files, so that it can never block on a full pipe."""

    def __init__(self, command: Sequence[str], logs: Path, cwd: Path, env: Mapping[str, str]) -> None:
        self.command = list(command)
        self._stdout, self._stderr = logs.with_suffix(".out"), logs.with_suffix(".err")
        inherited = {name: value for name, value in os.environ.items() if name not in _IN_THE_WAY}
        with self._stdout.open("wb") as out, self._stderr.open("wb") as err:
            self.popen = subprocess.Popen(
                self.command,
                cwd=cwd,
                env=inherited | dict(env),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                process_group=0,  # so that a test can send what a terminal sends on Ctrl-C
            )
        ALIVE.append(self)

    @property
    def stdout(self) -> str:
        return self._stdout.read_text()

    @property
    def stderr(self) -> str:
        return self._stderr.read_text()

    def wait_for_exit(self, limit_s: float = START_LIMIT_S) -> int:
        """Return the exit code of a process that ends by itself."""
        return self.popen.wait(limit_s)

    def press_ctrl_c(self) -> None:
        """Send SIGINT to the process and to those of its children that stayed in its group."""
        os.killpg(self.popen.pid, signal.SIGINT)

    def stop(self, how: signal.Signals = signal.SIGTERM, limit_s: float = STOP_LIMIT_S) -> int:
        """Send a signal and return the exit code; the test fails if the process stays."""
        self.popen.send_signal(how)
        return self.popen.wait(limit_s)

    def end(self) -> None:
        """End the process whatever its state."""
        try:
            if self.popen.poll() is None:
                self.popen.terminate()
                self.popen.wait(STOP_LIMIT_S)
        except subprocess.TimeoutExpired:
            self.popen.kill()
            self.popen.wait()
        finally:
            ALIVE.remove(self)


class Starter:
    """Starts processes and ends them in the reverse order."""

    def __init__(self, logs: Path) -> None:
        self._logs = logs
        self._started: list[Running] = []

    def __call__(
        self,
        *arguments: object,
        until: tuple[int, str] | None = None,
        cwd: Path = ROOT,
        env: Mapping[str, str] = NOTHING,
        executable: str = sys.executable,
    ) -> Running:
        """Start a process, by default Python's with these arguments.

        Args:
            arguments: Its arguments.
            until: Port and path that answer 200 once it is up; None returns at once.
            cwd: Its working directory.
            env: Variables on top of the tests' own.
            executable: What to run instead of Python.
        """
        log = self._logs / f"process-{len(self._started)}"
        running = Running([executable, *map(str, arguments)], log, cwd, env)
        self._started.append(running)
        if until is not None:
            wait_until(lambda: _answers(running, *until), f"200 on http://127.0.0.1:{until[0]}{until[1]}")
        return running

    def end_all(self) -> None:
        for running in reversed(self._started):
            running.end()


def _answers(running: Running, port: int, path: str) -> bool:
    code = running.popen.poll()
    assert code is None, f"{running.command} ended with exit code {code} instead of answering on port {port}"
    try:
        return get(port, path).status == 200
    except (OSError, http.client.HTTPException):
        return False
