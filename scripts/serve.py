"""Serves one bundle on this machine: starts the predictor and the transformer, and ends them together.

``make serve`` runs it. It reads HTTP_PORT, GRPC_PORT, BUNDLE and MODEL_NAME from the environment and prints to
stdout only a request that works as pasted, and its answer; all else, the logs of both processes included, goes to
stderr. A signal ends both and then this with 0; what cannot go on ends it with 1 and one sentence.
"""

import asyncio
import ctypes
import http.client
import json
import os
import re
import shlex
import signal
import socket
import sys
from asyncio.subprocess import DEVNULL, Process
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from flights import bundle as bundles
from flights.bundle import Bundle
from flights.errors import InvalidBundle
from flights.fields import FIELDS
from scripts.ports import ADDRESS, free_ports

START_LIMIT_S = 60.0
STOP_LIMIT_S = 35.0
"""How long a process may take to end; the SDK gives requests 30 seconds to finish."""

_PROBE_EVERY_S = 0.1
_ANSWER_LIMIT_S = 5.0
_PR_SET_PDEATHSIG = 1  # from linux/prctl.h


class CannotServe(Exception):
    """What keeps the pair from being served, as one sentence."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What the environment says.

    Attributes:
        http_port: Port of the transformer for REST.
        grpc_port: Its port for gRPC.
        bundle: Folder of the bundle.
        model_name: Name of the model in every path.
    """

    http_port: int
    grpc_port: int
    bundle: Path
    model_name: str

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> "Settings":
        """Read the variables; an empty one counts as not set.

        Raises:
            CannotServe: A value cannot be used, or a port is taken.
        """
        http_port = _port("HTTP_PORT", environment.get("HTTP_PORT") or "8080")
        grpc_port = _port("GRPC_PORT", environment.get("GRPC_PORT") or "8081")
        if http_port == grpc_port:
            raise CannotServe(f"HTTP_PORT and GRPC_PORT are both {http_port}: they must differ")
        model_name = environment.get("MODEL_NAME") or "flight-delay"
        if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._~-]*", model_name):
            raise CannotServe(
                f"MODEL_NAME is {model_name!r}: it must start with a letter or digit and go on with those or . _ ~ -"
            )
        return cls(http_port, grpc_port, Path(environment.get("BUNDLE") or "bundles/scl"), model_name)


def _port(name: str, text: str) -> int:
    if not re.fullmatch(r"[0-9]{1,5}", text) or not 0 < int(text) < 65536:
        raise CannotServe(f"{name} is {text!r}: it must be a port, a number from 1 to 65535")
    port = int(text)
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # a port in TIME_WAIT is free
        try:
            probe.bind((ADDRESS, port))
        except OSError as error:
            raise CannotServe(f"port {port} is not to be had, {error.strerror}: set {name} to another one") from error
    return port


def commands(settings: Settings) -> dict[str, list[str]]:
    """Return the arguments of both processes, by what they are, in the order to start them."""
    predictor_http_port, predictor_grpc_port = free_ports(2)
    both = ["--model_name", settings.model_name, "--host", ADDRESS]
    return {
        "predictor": [
            *("-m", "model_server", *both, "--model_dir", str(settings.bundle), "--nthread", "1"),
            *("--http_port", str(predictor_http_port), "--grpc_port", str(predictor_grpc_port)),
            "--enable_latency_logging=false",
        ],
        "transformer": [
            *("-m", "transformer", *both, "--bundle", str(settings.bundle)),
            *("--http_port", str(settings.http_port), "--grpc_port", str(settings.grpc_port)),
            *("--predictor_host", f"{ADDRESS}:{predictor_grpc_port}", "--page"),
        ],
    }


async def serve(settings: Settings, bundle: Bundle) -> None:
    """Run the pair until SIGINT or SIGTERM.

    Raises:
        CannotServe: One of the two ended, did not become ready, or did not answer; both are gone by then.
    """
    asked = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, asked.set)
    pair: dict[str, Process] = {}
    try:
        for name, arguments in commands(settings).items():
            pair[name] = await _start(arguments)
        watched: list[asyncio.Task[object]] = [
            asyncio.create_task(asked.wait()),
            asyncio.create_task(_introduce(settings, bundle, asked)),
            *(asyncio.create_task(_fail_when_ended(name, process)) for name, process in pair.items()),
        ]
        await asyncio.wait(watched, return_when=asyncio.FIRST_COMPLETED)
        for task in watched:
            task.cancel()
        outcomes = await asyncio.gather(*watched, return_exceptions=True)
        if not asked.is_set():
            raise next(outcome for outcome in outcomes if isinstance(outcome, Exception))
    finally:
        for name in reversed(pair):  # the transformer first: what it has in flight needs the predictor
            await _stop(pair[name])


async def _start(arguments: list[str]) -> Process:
    # Each has a session of its own, so that Ctrl-C reaches this process alone, which ends them in order.
    return await asyncio.create_subprocess_exec(
        sys.executable,
        *arguments,
        stdin=DEVNULL,
        stdout=sys.stderr,
        env={"KSERVE_LOGLEVEL": "WARNING", **os.environ, "OMP_NUM_THREADS": "1"},
        start_new_session=True,
        preexec_fn=_end_with_parent(),
    )


def _end_with_parent() -> Callable[[], object] | None:
    """Return what a new process runs so that Linux kills it when this process is killed; None elsewhere."""
    if sys.platform != "linux":
        return None
    prctl = ctypes.CDLL(None).prctl
    return lambda: prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


async def _fail_when_ended(name: str, process: Process) -> None:
    code = await process.wait()
    raise CannotServe(f"the {name} ended by itself with exit code {code}: the other one was stopped")


async def _stop(process: Process) -> None:
    with suppress(ProcessLookupError):
        process.terminate()
    try:
        await asyncio.wait_for(process.wait(), STOP_LIMIT_S)
    except TimeoutError:
        process.kill()
        await process.wait()


async def _introduce(settings: Settings, bundle: Bundle, asked: asyncio.Event) -> None:
    """Wait for readiness, show one request and its answer, then wait for the end."""
    path = f"/v2/models/{settings.model_name}"
    try:
        async with asyncio.timeout(START_LIMIT_S):
            while (await asyncio.to_thread(_ask, settings.http_port, "GET", f"{path}/ready"))[0] != 200:
                await asyncio.sleep(_PROBE_EVERY_S)
    except TimeoutError:
        raise CannotServe(f"the transformer was not ready within {START_LIMIT_S:g} seconds") from None
    flight = json.dumps(sample_request(bundle))
    status, answer = await asyncio.to_thread(_ask, settings.http_port, "POST", f"{path}/infer", flight)
    if status != 200:
        raise CannotServe(f"a golden flight was answered with {status or 'no status'}: {answer}")
    url = f"http://{ADDRESS}:{settings.http_port}{path}/infer"
    print(shlex.join(["curl", "-sS", url, "-H", "Content-Type: application/json", "-d", flight]))
    print(answer, flush=True)
    print(f"try it in a browser: http://{ADDRESS}:{settings.http_port}{path}/page", file=sys.stderr)
    await asked.wait()


def sample_request(bundle: Bundle) -> dict[str, object]:
    """Return a request for the bundle's first golden flight, with the required tensors only."""
    return {
        "inputs": [
            {
                "name": field.name,
                "datatype": field.datatype,
                "shape": [1],
                "data": bundle.golden.columns[field.name][:1],
            }
            for field in FIELDS
            if field.required
        ]
    }


def _ask(port: int, method: str, path: str, body: str | None = None) -> tuple[int, str]:
    """Send one request; return status and body, or 0 and the reason if there was no whole answer."""
    connection = http.client.HTTPConnection(ADDRESS, port, timeout=_ANSWER_LIMIT_S)
    try:
        connection.request(method, path, body, {"Content-Type": "application/json"})
        answer = connection.getresponse()
        return answer.status, answer.read().decode(errors="replace")
    except (OSError, http.client.HTTPException) as error:
        return 0, str(error)
    finally:
        connection.close()


def main() -> None:
    """Serve what the environment says."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: os._exit(0))  # nothing is started yet; ``serve`` takes the signals over
    try:
        settings = Settings.from_environment(os.environ)
        asyncio.run(serve(settings, bundles.decode(settings.bundle)))
    except InvalidBundle as error:
        sys.exit(f"BUNDLE cannot be served: {error}")
    except CannotServe as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
