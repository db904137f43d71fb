"""Measure what columns, the encoder's settings, other trees, weights and calibrations are worth; write the tables."""

import argparse
from pathlib import Path

from rich.console import Console

from training.ablation import CHANGES, SEEDS, SHIPPED, Change, Measured, measure
from training.booster import chosen_hyperparameters
from training.calibration import WEIGHTS, Weighed, weigh
from training.cleaning import Cleaned
from training.judging import encoded
from training.markdown import head, row
from training.outputs import check_file
from training.reading import read
from training.splits import Split, temporal_split
from training.stages import Stages
from training.windows import windows

DEFAULT_OUT = Path("build/ablate.md")

_WEIGHTS = "weights"

Judges = dict[str, list[Split]]
Seeds = tuple[int, ...]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the command takes besides the table."""
    parser.add_argument("--out", type=Path, default=DEFAULT_OUT, help="the tables, as Markdown (default: %(default)s)")
    parser.add_argument(
        "--only", action="append", choices=[*CHANGES, _WEIGHTS], help="a table, may be repeated (default: all)"
    )
    parser.add_argument(
        "--change",
        action="append",
        choices=[name for changes in CHANGES.values() for name in changes],
        metavar="NAME",
        help="a change by its name in the tables, may be repeated (default: all)",
    )
    parser.add_argument("--seeds", type=int, nargs="+", default=SEEDS, help="of the boosters (default: %(default)s)")


def run(arguments: argparse.Namespace, stages: Stages, console: Console) -> int:
    """Judge every change on the windows, which decide, and report the temporal split's test beside.

    Raises:
        InvalidDataset: Ours: the table is too short for a window.
    """
    check_file(arguments.out)
    _, cleaned = read(arguments.data, stages)
    scheduled = cleaned.rows["Fecha-I"].to_list()
    judges = {
        "windows": windows(scheduled, cleaned.delayed),
        "test": [temporal_split(scheduled, cleaned.delayed)],
    }
    lines, seeds = [], tuple(arguments.seeds)
    for name in arguments.only or [*CHANGES, _WEIGHTS]:
        if name == _WEIGHTS:
            lines += [*_weights(cleaned, judges, seeds, stages), ""]
        else:
            lines += [*_changes(_chosen(CHANGES[name], arguments.change), cleaned, judges, seeds, stages), ""]
    text = "\n".join(lines)
    arguments.out.write_text(text)
    console.print(text, markup=False, soft_wrap=True)
    console.print(f"wrote {arguments.out}", markup=False, soft_wrap=True)
    return 0


def _chosen(changes: dict[str, Change], names: list[str] | None) -> dict[str, Change]:
    return {name: change for name, change in changes.items() if names is None or name in (SHIPPED, *names)}


def _changes(changes: dict[str, Change], cleaned: Cleaned, judges: Judges, seeds: Seeds, stages: Stages) -> list[str]:
    scores = ("PR-AUC", "gain", "F1", "log loss", "Brier")
    lines = head("change", *(f"{score}, {judge}" for judge in judges for score in scores))
    shipped: dict[str, Measured] = {}
    for name, change in changes.items():
        cells = [name]
        for judge, splits in judges.items():
            with stages.stage(f"{name}: {judge}"):
                measured = measure(change, cleaned, splits, chosen_hyperparameters(), seeds)
            base, found = shipped.setdefault(judge, measured), measured.scores
            cells += [f"{found.mean_pr_auc:.4f}", "" if measured is base else str(measured.gain(base))]
            cells += [f"{score:.4f}" for score in (found.f1, found.log_loss, found.brier)]
        lines.append(row(cells))
    return [*lines, "", *(f"- {name}: {change.serving}" for name, change in changes.items() if change.serving)]


def _weights(cleaned: Cleaned, judges: Judges, seeds: Seeds, stages: Stages) -> list[str]:
    lines = []
    for judge, splits in judges.items():
        lines += head(
            f"weight of delayed flights, {judge}",
            *("calibration", "PR-AUC", "F1", "F1 at .5", "Brier", "calibration error", "log loss", "of each window"),
        )
        cut = encoded(cleaned, splits)
        for weight in WEIGHTS:
            with stages.stage(f"weight {weight}: {judge}"):
                lines += map(_weighed, weigh(weight, cut, chosen_hyperparameters(), seeds))
        lines.append("")
    return lines


def _weighed(found: Weighed) -> str:
    scores = found.judged
    shown = (scores.mean_pr_auc, scores.f1, found.untuned_f1, scores.brier, scores.calibration_error, scores.log_loss)
    by_window = " ".join(f"{loss:.3f}" for loss in found.log_losses)
    return row([found.weight, found.calibration, *(f"{score:.3f}" for score in shown), by_window])
