"""The flags of ``python -m transformer``, and what each may be: what cannot be served with is refused at once."""

import argparse
import math
import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

_LONGEST_S = 86_400.0
"""A day. No wait here makes sense for longer, and gRPC counts milliseconds in 32 bits."""
_SHORTEST_S = 0.001


def parser(description: str | None) -> argparse.ArgumentParser:
    """Return what reads the flags."""
    flags = argparse.ArgumentParser(
        prog="python -m transformer", description=description, formatter_class=argparse.ArgumentDefaultsHelpFormatter
    )
    flags.add_argument(
        "--model_name", type=_model_name, default="flight-delay", help="name of the model, here and at the predictor"
    )
    flags.add_argument("--bundle", type=Path, default=Path("/mnt/models"), help="folder of the version's bundle")
    flags.add_argument("--expected_version", help="the version that the bundle must be, or nothing is served")
    flags.add_argument(
        "--predictor_host", type=_host_and_port, required=True, help="host:port of the runtime's gRPC server"
    )
    flags.add_argument("--host", default="0.0.0.0", help="address to listen on")
    flags.add_argument("--http_port", type=_port, default=8080, help="port for REST")
    flags.add_argument("--grpc_port", type=_port, default=8081, help="port for gRPC")
    flags.add_argument(
        "--deadline_s",
        type=_seconds(_SHORTEST_S),
        default=5.0,
        help="seconds from arrival after which a request is answered 504",
    )
    flags.add_argument(
        "--most_rows_waiting",
        type=_count,
        default=200_000,
        help="a request that finds more flights than this waiting for the predictor is answered 503",
    )
    flags.add_argument(
        "--golden_kept_s", type=_seconds(0), default=1.0, help="seconds for which a golden check's outcome is believed"
    )
    flags.add_argument("--most_body_bytes", type=_count, default=8 * 2**20, help="a larger body is answered 413")
    flags.add_argument(
        "--unready_s",
        type=_seconds(0),
        default=0.0,
        help="seconds from SIGTERM to closing the ports, readiness 503 already; none is needed after a preStop.sleep",
    )
    flags.add_argument(
        "--grace_s", type=_seconds(0), default=20.0, help="seconds for requests under way once the ports are closed"
    )
    flags.add_argument(
        "--arrival_s",
        type=_seconds(_SHORTEST_S),
        default=60.0,
        help="seconds in which a request has to arrive, answered 408 after at most twice as many, and a client to read "
        "on; over gRPC they begin when the connection is asked to go",
    )
    flags.add_argument(
        "--timeout_keep_alive",
        type=_count,
        default=65,
        help="seconds after which an idle connection is closed; longer than the load balancer in front keeps one, "
        "or it sends requests into closed connections",
    )
    flags.add_argument(
        "--grpc_connection_s",
        type=_seconds(_SHORTEST_S),
        default=10.0,
        help="seconds after which a gRPC client is asked to connect anew; below --grace_s no call is lost at the end",
    )
    flags.add_argument(
        "--page",
        action="store_true",
        help="also serve the pages for people, to try the version and to read its API, below the model's path",
    )
    flags.add_argument(
        "--trace_endpoint",
        type=_collector,
        help="http://host:port of an OpenTelemetry collector (OTLP over HTTP); none: no traces",
    )
    flags.add_argument(
        "--trace_share", type=_share, default=0.01, help="share of the requests without a traceparent that is traced"
    )
    flags.add_argument(
        "--payload_share", type=_share, default=0.0, help="share of the answered requests that stdout has events of"
    )
    flags.add_argument("--payload_most_per_s", type=_count, default=10, help="of these, no more in any second")
    flags.add_argument("--payload_most_flights", type=_count, default=100, help="an event has no more flights")
    return flags


def _share(text: str) -> float:
    try:
        share = float(text)
    except ValueError:
        share = math.nan
    if not 0 <= share <= 1:  # true for NaN too
        raise argparse.ArgumentTypeError(f"{text!r} must be a number from 0 to 1")
    return share


def _count(text: str) -> int:
    if not re.fullmatch(r"[1-9][0-9]{0,8}", text):
        raise argparse.ArgumentTypeError(f"{text!r} must be a whole number from 1 on")
    return int(text)


def _port(text: str) -> int:
    if not re.fullmatch(r"[0-9]{1,5}", text) or not 0 < int(text) < 2**16:
        raise argparse.ArgumentTypeError(f"{text!r} must be a port, a number from 1 to 65535")
    return int(text)


def _host_and_port(text: str) -> str:
    match = re.fullmatch(r"(?:[^\s:/@\[\]]+|\[[0-9A-Fa-f:.]+\]):([0-9]{1,5})", text)
    if match is None or not 0 < int(match[1]) < 2**16:
        raise argparse.ArgumentTypeError(f"{text!r} must be host:port, such as 127.0.0.1:8086 or [::1]:8086")
    return text


def _model_name(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._~-]*", text):
        raise argparse.ArgumentTypeError(f"{text!r} must start with a letter or digit and go on with those or . _ ~ -")
    return text


def _seconds(least: float) -> Callable[[str], float]:
    def seconds(text: str) -> float:
        try:
            number = float(text)
        except ValueError:
            number = math.nan
        if not least <= number <= _LONGEST_S:  # true for NaN too
            raise argparse.ArgumentTypeError(f"{text!r} must be seconds, a number from {least:g} to {_LONGEST_S:g}")
        return number

    return seconds


def _collector(text: str) -> str:
    try:
        address = urlsplit(text)
        if address.scheme not in ("http", "https") or not address.hostname or address.port == 0:
            raise ValueError(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} must be the URL of a collector, such as http://host:4318") from None
    return text
