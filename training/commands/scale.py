"""Measure what training costs as the table grows; the given table, if any, comes first."""

import argparse
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.console import Console
from rich.table import Table

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
            table = Path(folder) / "made up.csv"
            with stages.stage(f"making up {count:,} flights"):
                made_up(count).to_csv(table, index=False)
            with stages.stage(f"training on {count:,} flights"):
                costs.append(cost(table, Path(folder) / "bundle"))
    console.print(_table(costs))
    return 0


def _table(costs: list[Cost]) -> Table:
    table = Table(title="Training and evaluation on both splits, one process, one thread")
    table.add_column("table")
    for heading in ("flights", "CPU s", "CPU us a flight", "trees", "peak MiB", "KiB a flight"):
        table.add_column(heading, justify="right")
    for each in costs:
        table.add_row(
            each.name,
            f"{each.flights:,}",
            f"{each.cpu_s:.1f}",
            f"{1e6 * each.cpu_s / each.flights:.0f}",
            str(each.trees),
            f"{each.peak_mib:.0f}",
            f"{1024 * each.peak_mib / each.flights:.1f}",
        )
    return table


def _count(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} must be a whole number of flights, 1 or more")
    return int(text)
