"""``python -m bench.stress``: the old service's published stress test, against the pair as ``make serve`` runs it.

Ends with 1 if an answer was late, failed or wrong. Requests a second depend on the machine: they are printed beside
the goal and decide nothing.
"""

import argparse
import logging
import os
import sys
from collections.abc import Callable
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bench import rounds, wrk
from bench.arguments import count
from bench.case import Case
from bench.errors import CannotMeasure, WrongAnswer
from bench.processes import Starter
from bench.rounds import Measurement
from bench.traffic import Traffic
from bench.variants.served import Served
from flights.errors import InvalidBundle

CONNECTIONS, SECONDS = 500, 45

_WIDTH_IN_A_FILE = 100

_ROWS: tuple[tuple[str, Callable[[Measurement], float], str, str], ...] = (
    ("requests a second", lambda each: each.rps, "1,173", ">= 9,000 on two cores"),
    ("mean latency, ms", lambda each: each.load.mean_ms, "437", ""),
    ("median latency, ms", lambda each: each.load.p50_ms, "", ""),
    ("p99 latency, ms", lambda each: each.load.p99_ms, "", ""),
    ("answers later than 2 s", lambda each: each.load.late, "576", "0"),
    ("other than 2xx, or broken", lambda each: each.load.errors, "90", "0"),
)
"""What is told: ours, what the old service's authors published, and the goal."""


def table(measurement: Measurement, cores: int | None) -> Table:
    """Put a measurement beside the old service's."""
    shown = Table(title=f"{CONNECTIONS} connections, one flight a request, an answer is late after {wrk.LATE_S} s")
    for title in ("", "ours", "old service", "goal"):
        shown.add_column(title, justify="left" if not title else "right")
    for title, quantity, theirs, goal in _ROWS:
        shown.add_row(title, f"{quantity(measurement):,.0f}", theirs, goal)
    shown.add_row("cores", f"{cores}, wrk on them too", "up to 160", "")
    shown.add_row("CPU us a request", f"{measurement.cpu_us:,.0f}", "", "")
    return shown


def _stress(arguments: argparse.Namespace) -> bool:
    wrk.check_installed()
    traffic = Traffic(arguments.bundle)
    case = Case(arguments.connections, 1)
    logs = Path("build/bench-logs")
    logs.mkdir(parents=True, exist_ok=True)
    with Starter(logs) as starter:
        measured = rounds.run({Served.start(starter, traffic): [case]}, 1, arguments.seconds)
    (measurement,) = measured[Served.name, case]
    console = Console() if sys.stdout.isatty() else Console(width=_WIDTH_IN_A_FILE)
    console.print(table(measurement, os.cpu_count()))
    console.print(f"Other programs kept {measurement.others_cores:.2f} cores busy meanwhile.")
    return measurement.load.late == 0 and measurement.load.errors == 0


def main() -> int:
    """Run it; return the exit code."""
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    parser = argparse.ArgumentParser(prog="python -m bench.stress", description=__doc__)
    parser.add_argument("--connections", type=count, default=CONNECTIONS)
    parser.add_argument("--seconds", type=count, default=SECONDS)
    parser.add_argument("--bundle", type=Path, default=Path("bundles/scl"), help="folder of the bundle that is served")
    arguments = parser.parse_args()
    try:
        return 0 if _stress(arguments) else 1
    except WrongAnswer as error:
        print(error, file=sys.stderr)
        return 1
    except (CannotMeasure, InvalidBundle) as error:
        print(error, file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
