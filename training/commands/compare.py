"""Compare encoders and baselines on both splits; write the table and its picture."""

import argparse
import json
from dataclasses import asdict
from pathlib import Path

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from training import markdown, pictures
from training.compare import CANDIDATES, Row, compare
from training.compare import Table as Flights
from training.outputs import check_folder
from training.reading import read
from training.splits import random_split, temporal_split
from training.stages import Stages

DEFAULT_OUT = Path("build/compare")

_SHOWN = {"f1": "F1", "pr_auc": "PR-AUC", "roc_auc": "ROC-AUC", "brier": "Brier", "log_loss": "log loss"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the command takes besides the table."""
    parser.add_argument("--out", type=Path, default=DEFAULT_OUT, help="folder for the results (default: %(default)s)")
    parser.add_argument(
        "--only", action="append", choices=CANDIDATES, help="a candidate, may be repeated (default: all)"
    )


def run(arguments: argparse.Namespace, stages: Stages, console: Console) -> int:
    """Compare on the temporal and on the random split.

    Raises:
        InvalidDataset: Ours: the table cannot be split.
    """
    check_folder(arguments.out)
    _, cleaned = read(arguments.data, stages)
    rows: list[Row] = []
    for split in (temporal_split(cleaned.rows["Fecha-I"].to_list(), cleaned.delayed), random_split(cleaned.delayed)):
        flights = Flights(cleaned, split)
        for name in arguments.only or CANDIDATES:
            with stages.stage(f"{split.name} split: {name}"):
                rows.append(compare(name, flights))
        console.print(_table([row for row in rows if row.split == split.name]))
    content = [{**asdict(row), "fitted": row.costs()} for row in rows]
    (arguments.out / "compare.json").write_text(json.dumps(content, indent=1) + "\n")
    (arguments.out / "compare.md").write_text(tables(rows))
    (arguments.out / "compare.svg").write_bytes(pictures.svg(pictures.comparison(rows)))
    console.print(f"wrote compare.json, compare.md and compare.svg to {arguments.out}", markup=False, soft_wrap=True)
    return 0


def _cells(row: Row) -> list[str]:
    scores = [f"{getattr(row.scores, name):.3f}" for name in _SHOWN]
    predict = "" if row.fitted.predict_ms is None else f"{row.fitted.predict_ms:.2f}"
    return [
        row.name,
        *scores,
        str(row.fitted.columns),
        f"{row.fitted.encode_s:.1f}",
        f"{row.fitted.fit_s:.1f}",
        predict,
    ]


_HEADINGS = ["candidate", *_SHOWN.values(), "columns", "encode s", "fit s", "predict ms"]

_SHORT = {"columns": "read", "encode s": "code s", "predict ms": "ask ms", "PR-AUC": "PR AUC", "ROC-AUC": "ROC AUC"}
"""For a table that fits into 80 columns."""


def _table(rows: list[Row]) -> Table:
    table = Table(title=f"On the {rows[0].split} split's test part", box=SIMPLE_HEAD, padding=(0, 0, 0, 1))
    table.add_column(_HEADINGS[0], no_wrap=True)
    for heading in _HEADINGS[1:]:
        table.add_column(_SHORT.get(heading, heading), justify="right")
    for row in rows:
        table.add_row(*_cells(row))
    table.caption = "read: columns of the booster; ask: 1,000 rows, encoded before; times are of CPU, one thread"
    return table


def tables(rows: list[Row]) -> str:
    """Return one table for each split, with the intervals."""
    text = []
    for split in dict.fromkeys(row.split for row in rows):
        text += [f"**The {split} split**\n", *markdown.head(*_HEADINGS)]
        for each in rows:
            if each.split == split:
                cells = _cells(each)
                for at, name in enumerate(_SHOWN, start=1):
                    low, high = each.ci95[name]
                    cells[at] += f" ({low:.3f} to {high:.3f})"
                text.append(markdown.row(cells))
        text.append("")
    return "\n".join(text)
