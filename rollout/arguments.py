"""The command's arguments."""

import argparse
import math
import os
import re
from dataclasses import fields
from pathlib import Path

from rollout.errors import CannotRollOut
from rollout.judge import Limits, Rules
from rollout.steps import Pace

CHART = Path(__file__).parents[1] / "helm/flight-delay"
TOKEN = "ROLLOUT_TOKEN"  # the variable's name

_LONGEST_S = 30 * 24 * 3600
_HIGHEST_RATE = 1_000_000

_DEFAULTS = Rules()
_LIMITED = {
    "server_faults": ("5xx", "share of 5xx above the other versions'"),
    "caller_faults": ("4xx", "share of 4xx above the other versions'"),
    "unseen": ("unseen", "share of unseen categories above the other versions'"),
    "median_ratio": ("median-ratio", "median latency over the other versions'"),
    "p95_ratio": ("p95-ratio", "p95 latency over the other versions'"),
    "psi": ("psi", "population stability index of the probabilities"),
}
"""Criteria with two limits: field of the rules, word of the flags, meaning."""


def parser() -> argparse.ArgumentParser:
    """Return the parser."""
    top = argparse.ArgumentParser(
        prog="python -m rollout",
        description="Moves traffic between versions of a release, one Helm revision at a time, and judges by numbers.",
    )
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")
    everywhere = _everywhere()

    def command(name: str, text: str) -> argparse.ArgumentParser:
        return commands.add_parser(name, help=text, description=text, parents=[everywhere])

    status = command("status", "show the versions")
    status.add_argument("--watch", action="store_true", help="refresh until interrupted")
    status.add_argument("--window", type=_window, default=5.0, help="time that rates are counted over (default: 5s)")

    start = command("start", "bring a version in, without traffic")
    start.add_argument("version", metavar="VERSION")
    start.add_argument("--bundle", required=True, help="where its folder is: gs://, s3:// or pvc://")
    start.add_argument("--shadow", action="store_true", help="send it a copy of the traffic, and drop its answers")
    start.add_argument("--runtime", help="a ServingRuntime of its own (default: the release's)")
    start.add_argument("--ready", type=seconds, default=300.0, help="time that it has to become Ready (default: 5m)")

    run = command("run", "take a version through its steps, or go on with it")
    run.add_argument("version", metavar="VERSION")
    run.add_argument("--steps", default="5,25,50,100", help="percent of the traffic (default: %(default)s)")
    run.add_argument("--interval", type=seconds, default=60.0, help="least time at a step (default: 60s)")
    run.add_argument("--wait", type=seconds, default=1800.0, help="longest time at a step (default: 30m)")
    run.add_argument("--out", type=Path, default=Path("build/rollout.html"), help="the report (default: %(default)s)")
    _add_rules(run)

    promote = command("promote", "give a version all the traffic at once")
    promote.add_argument("version", metavar="VERSION")
    command("abort", "put the weights back to where they were before the last rollout")
    prune = command("prune", "take out the versions that have no traffic")
    prune.add_argument("--keep", action="append", default=[], metavar="VERSION", help="but not this one")
    report = command("report", "write the report of the last rollout")
    report.add_argument("--out", type=Path, default=Path("build/rollout.html"), help="where (default: %(default)s)")

    simulate = commands.add_parser("simulate", help="measure how often the rules are wrong")
    simulate.add_argument("--rollouts", type=_count, default=1000, help="of each kind (default: %(default)s)")
    simulate.add_argument("--rate", type=_rate, default=200.0, help="requests a second (default: %(default)s)")
    simulate.add_argument("--interval", type=seconds, default=60.0, help="least time at a step (default: 60s)")
    simulate.add_argument("--wait", type=seconds, default=1800.0, help="longest time at a step (default: 30m)")
    simulate.add_argument("--seed", type=_seed, default=1, help="(default: %(default)s)")
    _add_rules(simulate)
    return top


def _everywhere() -> argparse.ArgumentParser:
    options = argparse.ArgumentParser(add_help=False)
    options.add_argument("--release", default="flight-delay", help="the Helm release (default: %(default)s)")
    options.add_argument("--namespace", default="flight-delay", help="its namespace (default: %(default)s)")
    options.add_argument("--context", help="context of the kubeconfig (default: the current one)")
    options.add_argument("--chart", default=str(CHART), help="chart of the next revision (default: the repository's)")
    options.add_argument("--gateway", help="address for golden flights (default: the Gateway's own)")
    options.add_argument("--prometheus", metavar="URL", help="read counters there (default: from the pods)")
    return options


def _add_rules(command: argparse.ArgumentParser) -> None:
    for name, (word, meaning) in _LIMITED.items():
        limits: Limits = getattr(_DEFAULTS, name)
        command.add_argument(
            f"--allow-{word}",
            type=_number,
            default=limits.allow,
            help=f"shown to be above it, roll back: {meaning} (default: %(default)s)",
        )
        command.add_argument(
            f"--refuse-{word}",
            type=_number,
            default=limits.refuse,
            help="shown to be below it, go on (default: %(default)s)",
        )
    command.add_argument(
        "--least-requests",
        type=int,
        default=_DEFAULTS.least_requests,
        help="no verdict from fewer (default: %(default)s)",
    )
    command.add_argument(
        "--false-alarms",
        type=_number,
        default=_DEFAULTS.false_alarms,
        help="chance that a good version is rolled back (default: %(default)s)",
    )
    command.add_argument(
        "--misses",
        type=_number,
        default=_DEFAULTS.misses,
        help="chance that a version at a refuse limit goes on (default: %(default)s)",
    )


def rules(parsed: argparse.Namespace, steps: int) -> Rules:
    """Return the rules that the arguments ask for.

    Raises:
        CannotRollOut: They contradict one another.
    """
    limits = {}
    for name, (word, _) in _LIMITED.items():
        allow, refuse = (getattr(parsed, f"{kind}_{word.replace('-', '_')}") for kind in ("allow", "refuse"))
        if not 0 <= allow < refuse:
            raise CannotRollOut(
                f"--allow-{word} {allow:g} --refuse-{word} {refuse:g}: "
                "the second must be the larger, and the first at least 0"
            )
        limits[name] = Limits(allow, refuse)
    for flag in ("false_alarms", "misses"):
        if not 0 < getattr(parsed, flag) < 1:
            raise CannotRollOut(f"--{flag.replace('_', '-')} {getattr(parsed, flag):g}: it must lie between 0 and 1")
    if parsed.least_requests < 1:
        raise CannotRollOut(f"--least-requests {parsed.least_requests}: it must be at least 1")
    given = {each.name: getattr(parsed, each.name) for each in fields(Rules) if hasattr(parsed, each.name)}
    return Rules(**{**given, **limits, "steps": steps})


def pace(parsed: argparse.Namespace) -> Pace:
    """Return the pace that the arguments ask for.

    Raises:
        CannotRollOut: There would be no time to look.
    """
    if parsed.interval < 1:
        raise CannotRollOut(f"--interval {parsed.interval:g}s: it must be at least 1s")
    if parsed.wait < parsed.interval:
        raise CannotRollOut(f"--wait {parsed.wait:g}s: it must not be shorter than --interval {parsed.interval:g}s")
    return Pace(interval_s=parsed.interval, wait_s=parsed.wait)


def token() -> str | None:
    """Return the token for the Gateway, out of the environment: arguments are seen by everybody on a machine."""
    return os.environ.get(TOKEN)


def seconds(text: str) -> float:
    """Read a time such as ``90``, ``90s``, ``1.5m`` or ``1h``, up to 30 days."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?)(s|m|h)?", text)
    if match is None:
        raise argparse.ArgumentTypeError(f"{text!r} is no time such as 90s, 10m or 1h")
    found = float(match[1]) * {"s": 1, "m": 60, "h": 3600}[match[2] or "s"]
    if found > _LONGEST_S:
        raise argparse.ArgumentTypeError(f"{text!r} must be at most {_LONGEST_S // 3600}h")
    return found


def _window(text: str) -> float:
    if (found := seconds(text)) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} must be at least 1s")
    return found


def _number(text: str) -> float:
    """Read a number, or a percentage such as ``0.5%``."""
    try:
        found = float(text.removesuffix("%")) / (100 if text.endswith("%") else 1)
    except ValueError:
        found = math.nan
    if not math.isfinite(found):
        raise argparse.ArgumentTypeError(f"{text!r} is neither a number nor a percentage")
    return found


def _rate(text: str) -> float:
    if not 0 < (found := _number(text)) <= _HIGHEST_RATE:
        raise argparse.ArgumentTypeError(f"{text!r} must be above 0 and at most {_HIGHEST_RATE:,}")
    return found


def _count(text: str) -> int:
    if not re.fullmatch(r"[0-9]{1,9}", text) or not int(text):
        raise argparse.ArgumentTypeError(f"{text!r} must be a whole number, 1 or more")
    return int(text)


def _seed(text: str) -> int:
    if not re.fullmatch(r"[0-9]{1,18}", text):
        raise argparse.ArgumentTypeError(f"{text!r} must be a whole number, 0 or more")
    return int(text)
