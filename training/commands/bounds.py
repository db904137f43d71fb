"""Measure what more flights, or more than can be known, would bring; write the tables and the learning curve."""

import argparse
from pathlib import Path

from rich.console import Console

from training import pictures
from training.booster import chosen_hyperparameters
from training.bounds import Bound, bounds, learning_curve
from training.markdown import head, row
from training.outputs import check_folder
from training.reading import read
from training.splits import random_split, temporal_split
from training.stages import Stages

DEFAULT_OUT = Path("build/bounds")

_SHOWN = {"f1": "F1", "pr_auc": "PR-AUC", "brier": "Brier"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the command takes besides the table."""
    parser.add_argument("--out", type=Path, default=DEFAULT_OUT, help="folder for the results (default: %(default)s)")


def run(arguments: argparse.Namespace, stages: Stages, console: Console) -> int:
    """Judge bounds and draw the learning curve, on both splits.

    Raises:
        InvalidDataset: Ours: the table cannot be split.
    """
    check_folder(arguments.out)
    _, cleaned = read(arguments.data, stages)
    hyperparameters = chosen_hyperparameters()
    found, curves = [], {}
    for split in (temporal_split(cleaned.rows["Fecha-I"].to_list(), cleaned.delayed), random_split(cleaned.delayed)):
        with stages.stage(f"{split.name} split: bounds"):
            found += bounds(cleaned, split, hyperparameters)
        with stages.stage(f"{split.name} split: learning curve"):
            curves[split.name] = learning_curve(cleaned, split, hyperparameters)
    text = "\n".join([*head("split", "what is known", *_SHOWN.values()), *map(_row, found), ""])
    (arguments.out / "bounds.md").write_text(text)
    (arguments.out / "learning.svg").write_bytes(pictures.svg(pictures.learning_curves(curves)))
    console.print(text, markup=False, soft_wrap=True)
    console.print(f"wrote bounds.md and learning.svg to {arguments.out}", markup=False, soft_wrap=True)
    return 0


def _row(bound: Bound) -> str:
    cells = [bound.split, bound.name]
    for name in _SHOWN:
        low, high = bound.ci95[name]
        cells.append(f"{getattr(bound.scores, name):.3f} ({low:.3f} to {high:.3f})")
    return row(cells)
