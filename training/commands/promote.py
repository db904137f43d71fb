"""Decide whether one bundle may take another's place, and write the verdict into its report."""

import argparse
import json
from pathlib import Path

from rich.console import Console
from rich.table import Table

from flights import bundle
from training.judged_bundle import check_same_table, judged_bundle, later_flights
from training.promotion import MARGIN, Verdict, judge
from training.reading import read
from training.stages import Stages

PROMOTION = "promotion.json"

EXIT_REFUSED = 1


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the command takes besides the table."""
    parser.add_argument("--champion", type=Path, required=True, help="the bundle that is served")
    parser.add_argument("--challenger", type=Path, required=True, help="the bundle that would take its place")
    parser.add_argument(
        "--margin", type=_margin, default=MARGIN, help="what still counts as no worse, in F1 and PR-AUC (%(default)s)"
    )


def run(arguments: argparse.Namespace, stages: Stages, console: Console) -> int:
    """Judge both on the later flights of the challenger's table; return 0 if the challenger is promoted, else 1.

    Raises:
        InvalidDataset: Ours: the challenger was trained on another table.
        InvalidBundle: Ours: a folder holds no whole bundle.
    """
    known = bundle.decode(arguments.champion), bundle.decode(arguments.challenger)
    table, cleaned = read(arguments.data, stages)
    # a champion that knew some of these flights could only look better than it is
    check_same_table(arguments.challenger, known[1], table)
    test = later_flights(cleaned)
    with stages.stage(f"judging {known[0].version} and {known[1].version} on {len(test):,} later flights"):
        champion, challenger = (
            judged_bundle(folder, cleaned, test) for folder in (arguments.champion, arguments.challenger)
        )
        verdict = judge(champion, challenger, arguments.margin)
    content = verdict.content(champion, challenger, table.name, arguments.margin)
    bundle.add_report(arguments.challenger, {PROMOTION: (json.dumps(content, indent=1) + "\n").encode()})
    console.print(_table(verdict))
    decided = "promoted" if verdict.promoted else "not promoted"
    console.print(f"{known[1].version} is {decided}: {verdict.reason}", markup=False, soft_wrap=True)
    return 0 if verdict.promoted else EXIT_REFUSED


def _table(verdict: Verdict) -> Table:
    table = Table(title="Challenger minus champion, with 95 % intervals over days")
    table.add_column("score")
    for name in ("difference", "from", "to"):
        table.add_column(name, justify="right")
    for name, difference in verdict.differences.items():
        table.add_row(name, *(f"{value:+.4f}" for value in (difference.value, difference.low, difference.high)))
    return table


def _margin(text: str) -> float:
    try:
        margin = float(text)
    except ValueError:
        margin = -1
    if not 0 <= margin < 1:
        raise argparse.ArgumentTypeError(f"{text!r} must be a number from 0 to below 1")
    return margin
