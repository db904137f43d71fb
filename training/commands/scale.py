"""Measure what training costs as the table grows; the given table, if any, comes first."""

import argparse
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.console import Console

from training.markdown import head, row
from training.scaling import SIZES, Cost, cost, made_up
from training.stages import Stages


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the command takes besides the table."""
    parser.add_argument(
        "--flights", type=_count, nargs="+", default=SIZES, help="sizes of the tables that are made up (%(default)s)"
    )


def run(arguments: argparse.Namespace, stages: Stages, console: Console) -> int:
    """Train on every table, each in a process of its own, and print what it took.

    Raises:
        InvalidDataset: Ours: a table cannot be trained on.
    """
    costs = []
    with TemporaryDirectory() as folder:
        if arguments.data is not None:
            with stages.stage(f"training on {arguments.data.name}"):
                costs.append(cost(arguments.data, Path(folder) / "bundle"))
        for count in arguments.flights:
            table = Path(folder) / "made-up.csv"
            with stages.stage(f"making up {count:,} flights"):
                made_up(count).to_csv(table, index=False)
            with stages.stage(f"training on {count:,} flights"):
                costs.append(cost(table, Path(folder) / "bundle"))
    console.print("\n".join(_table(costs)), markup=False, soft_wrap=True)
    return 0


def _table(costs: list[Cost]) -> list[str]:
    lines = head("table", "flights", "CPU s", "CPU us a flight", "trees", "peak MiB")
    for each in costs:
        us = f"{1e6 * each.cpu_s / each.flights:.0f}"
        lines.append(
            row([each.name, f"{each.flights:,}", f"{each.cpu_s:.1f}", us, str(each.trees), f"{each.peak_mib:.0f}"])
        )
    return lines


def _count(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} must be a whole number of flights, 1 or more")
    return int(text)
