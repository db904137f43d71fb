"""``python -m bench``: measures the service beside others, in interleaved rounds on this machine."""

import argparse
import json
import logging
import signal
import sys
from pathlib import Path
from types import FrameType
from typing import NoReturn

from rich.console import Console

from bench import goals, growth, machine, picture, report, rounds, start, wrk
from bench.arguments import count
from bench.case import Case
from bench.errors import CannotInstall, CannotMeasure, WrongAnswer
from bench.processes import Starter
from bench.traffic import Traffic
from bench.variants.pair import Pair
from bench.variants.registry import VARIANTS
from flights.errors import InvalidBundle

_WIDTH_IN_A_FILE = 150


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m bench", description=__doc__, formatter_class=argparse.ArgumentDefaultsHelpFormatter
    )
    names = [variant.name for variant in VARIANTS]
    parser.add_argument("--quick", action="store_true", help="under 3 minutes: fewer cases, 2 rounds of 3 seconds")
    parser.add_argument("--variants", type=_listed, help=f"some of {','.join(names)} (default: all)")
    parser.add_argument("--cases", type=_listed, help="such as 32x1,500x1: what to measure (default: a variant's own)")
    parser.add_argument("--rounds", type=count, help="how many (default: 5; 2 with --quick)")
    parser.add_argument("--seconds", type=count, help="of each load (default: 5; 3 with --quick)")
    parser.add_argument("--growth", action="store_true", help="how cost grows, too: always in a whole run")
    parser.add_argument("--bundle", type=Path, default=Path("bundles/scl"), help="folder of the bundle that is served")
    parser.add_argument("--out", type=Path, default=Path("build/bench.json"), help="file for the figures")
    return parser


def _listed(text: str) -> list[str]:
    return text.split(",")


def main() -> int:
    """Measure; return the exit code."""
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    signal.signal(signal.SIGTERM, _interrupt)
    arguments = _parser().parse_args()
    try:
        _bench(arguments)
    except WrongAnswer as error:
        print(error, file=sys.stderr)
        return 1
    except (CannotMeasure, InvalidBundle) as error:
        print(error, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("interrupted: every server was ended", file=sys.stderr)
        return 130
    return 0


def _interrupt(_signal_number: int, _frame: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt


def _bench(arguments: argparse.Namespace) -> None:
    wrk.check_installed()
    by_name = {variant.name: variant for variant in VARIANTS}
    names = arguments.variants or list(by_name)
    if unknown := [name for name in names if name not in by_name]:
        raise CannotMeasure(f"--variants has {unknown[0]!r}: it must be one of {', '.join(by_name)}")
    try:
        asked = [Case.parse(text) for text in arguments.cases or []]
    except ValueError as error:
        raise CannotMeasure(f"--cases: {error}") from None
    round_count = arguments.rounds or (2 if arguments.quick else 5)
    traffic = Traffic(arguments.bundle)
    logs = arguments.out.parent / "bench-logs"
    logs.mkdir(parents=True, exist_ok=True)
    with Starter(logs) as starter:
        starts = []
        if not asked and Pair.name in names:
            starts = start.measure(starter, traffic, 1 if arguments.quick else 5)
        plan = {}
        for kind in (kind for kind in VARIANTS if kind.name in names):
            cases = asked or (kind.quick_cases if arguments.quick else kind.cases)
            if cases := [case for case in cases if case.connections <= kind.most_connections]:
                try:
                    plan[kind.start(starter, traffic)] = cases
                except CannotInstall as error:
                    print(error, file=sys.stderr)
        if not plan:
            raise CannotMeasure("no variant is left to measure")
        seconds = arguments.seconds or (3 if arguments.quick else 5)
        measurements = rounds.run(plan, round_count, seconds)
        whole = not arguments.quick and not asked and not arguments.variants
        grown = growth.run(starter, traffic, seconds) if whole or arguments.growth else None
    outcomes = goals.outcomes(measurements, starts)
    written = report.encode(machine.describe(), round_count, measurements, starts, outcomes, grown)
    arguments.out.write_bytes(written)
    for file in picture.write(json.loads(written), arguments.out.parent):
        logging.info("drawn: %s", file)
    # a pipe has no width: a table there must not be cut to 80
    console = Console() if sys.stdout.isatty() else Console(width=_WIDTH_IN_A_FILE)
    report.show(measurements, outcomes, console)


if __name__ == "__main__":
    sys.exit(main())
