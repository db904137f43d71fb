"""What ``locust -f loadtest`` takes besides Locust's own options."""

import argparse
from collections.abc import Sequence
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from loadtest.budgets import Budgets

if TYPE_CHECKING:  # Locust changes the standard library when it is imported: only the locust command may do that
    from locust.argument_parser import LocustArgumentParser

ENVIRONMENT = "FLIGHT_DELAY"
"""Begins the name of each variable that an option may be set by."""


def add_to(parser: "LocustArgumentParser") -> None:
    """Declare the options; every one is also read from FLIGHT_DELAY_<NAME>."""

    def add(name: str, help: str, **details: object) -> None:
        variable = f"{ENVIRONMENT}_{name.upper().replace('-', '_')}"
        parser.add_argument(f"--{name}", help=help, env_var=variable, **details)

    add("rate", "requests a second of all users together (default: the scenario's)", type=_positive)
    add("p95-ms", "what 95 %% of the good requests may take (default: the scenario's)", type=_positive)
    add("p99-ms", "what 99 %% of them may take (default: the scenario's)", type=_positive)
    add("error-rate", "share of the requests that may fail (default: 0)", type=_share)
    add("min-rps", "requests a second that must be answered (default: 0.9 of --rate)", type=_positive)
    add("late-s", "an answer that takes longer is a failure", type=_positive, default=2.0)
    add("warm-up-s", "the run's first seconds, that no budget is held against", type=_not_negative, default=2.0)
    add("token", "bearer token for every request", default="", is_secret=True, include_in_web_ui=False)
    add("model", "name of the model", default="flight-delay")
    add("bundle", "folders of bundles whose golden flights are mixed in, divided by commas", default="bundles/scl")
    add("seed", "chooses days, flights and bad requests", type=int, default=2018)
    add("grpc-host", "<host>:<port> of gRPC (default: --host's, one port up)", default="")
    add("spike-factor", "how many times as many users a spike has", type=_positive, default=5.0)
    add("bad-share", "share of bad requests in Abuse", type=_share, default=0.2)
    add("shares", "of Canary, what must answer: <version>=<weight>,<version>=<weight>", type=shares, default=None)
    add("replicas-of", "<namespace>/<deployment> whose ready pods are counted, with kubectl", default="")
    add("report", "folder for the run's report; empty for none", default="build/loadtest")


def budgets_from(options: argparse.Namespace, scenario: Budgets) -> Budgets:
    """Return the scenario's budgets, with those that were given in their place."""
    min_rps = options.min_rps
    if min_rps is None and scenario.min_rps is not None and options.rate:
        min_rps = scenario.min_rps * options.rate
    return Budgets(
        p95_ms=scenario.p95_ms if options.p95_ms is None else options.p95_ms,
        p99_ms=scenario.p99_ms if options.p99_ms is None else options.p99_ms,
        error_rate=scenario.error_rate if options.error_rate is None else options.error_rate,
        min_rps=min_rps,
    )


def grpc_host(host: str) -> str:
    """Return where gRPC is by custom: one port above REST's.

    Raises:
        ValueError: The host is no URL.
    """
    parts = urlsplit(host)
    if not parts.hostname:
        raise ValueError(f"--host is {host!r}: it must be a URL such as http://127.0.0.1:8080")
    return f"{parts.hostname}:{(parts.port or 80) + 1}"


def shares(text: str) -> dict[str, float]:
    """Read ``<version>=<weight>,...``."""
    pairs = [pair.partition("=") for pair in text.split(",")]
    try:
        weights = {version: _not_negative(weight) for version, _, weight in pairs}
    except (ValueError, argparse.ArgumentTypeError):
        weights = {}
    if not all(weights) or not sum(weights.values()) > 0:
        raise argparse.ArgumentTypeError(f"{text!r} must be <version>=<weight>,<version>=<weight>")
    return weights


def shown(options: argparse.Namespace) -> dict[str, object]:
    """Return what a report tells of the options: what shaped the load, and no secret."""
    names: Sequence[str] = ("num_users", "rate", "run_time", "late_s", "warm_up_s", "seed", "bundle", "shares")
    return {name: getattr(options, name) for name in names if getattr(options, name) is not None}


def _positive(text: str) -> float:
    number = float(text)
    if not 0 < number < float("inf"):
        raise argparse.ArgumentTypeError(f"{text!r} must be a number above 0")
    return number


def _not_negative(text: str) -> float:
    number = float(text)
    if not 0 <= number < float("inf"):
        raise argparse.ArgumentTypeError(f"{text!r} must be a number, 0 or above")
    return number


def _share(text: str) -> float:
    number = float(text)
    if not 0 <= number <= 1:
        raise argparse.ArgumentTypeError(f"{text!r} must be a number from 0 to 1")
    return number
