"""Measure what each column, each calibration and the weight of delayed flights is worth; write the tables."""

import argparse
from dataclasses import replace
from pathlib import Path

from rich.console import Console

from training.ablation import CHANGES, SEEDS, SHIPPED, Ablated, ablate, gain
from training.booster import chosen_hyperparameters
from training.calibration import Calibrated, calibrated
from training.judging import Judged, encoded, judge
from training.reading import read
from training.splits import temporal_split
from training.stages import Stages
from training.windows import windows

DEFAULT_OUT = Path("build/ablate.md")

_WEIGHTS = (1.0, 2.0, 5.0)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the command takes besides the table."""
    parser.add_argument("--out", type=Path, default=DEFAULT_OUT, help="the tables, as Markdown (default: %(default)s)")


def run(arguments: argparse.Namespace, stages: Stages, console: Console) -> int:
    """Judge every change on the windows, and report the temporal split's test beside.

    Raises:
        InvalidDataset: Ours: the table is too short for a window.
    """
    _, cleaned = read(arguments.data, stages)
    scheduled = cleaned.rows["Fecha-I"].to_list()
    cut, temporal = windows(scheduled, cleaned.delayed), temporal_split(scheduled, cleaned.delayed)
    hyperparameters = chosen_hyperparameters()
    ablated = []
    for name in CHANGES:
        with stages.stage(name):
            ablated.append(ablate(name, cleaned, cut, temporal, hyperparameters))
    on_windows, on_test = encoded(cleaned, cut), encoded(cleaned, [temporal])
    weights = []
    for weight in _WEIGHTS:
        with stages.stage(f"weight {weight:g} of delayed flights"):
            weighted = replace(hyperparameters, scale_pos_weight=weight)
            weights.append((weight, judge(on_windows, weighted, SEEDS), judge(on_test, weighted, SEEDS)))
    with stages.stage("calibrations"):
        calibrations = [calibrated(window, hyperparameters) for window in (*on_windows, *on_test)]
    text = "\n".join([*_columns(ablated), "", *_weights(weights), "", *_calibrations(calibrations), ""])
    arguments.out.parent.mkdir(parents=True, exist_ok=True)
    arguments.out.write_text(text)
    console.print(text, markup=False, soft_wrap=True)
    console.print(f"wrote {arguments.out}", markup=False, soft_wrap=True)
    return 0


def _columns(ablated: list[Ablated]) -> list[str]:
    [shipped] = [each for each in ablated if each.name == SHIPPED]
    lines = [
        "| columns | PR-AUC, windows | gain +- standard error | log loss, windows | PR-AUC, test | Brier, test |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for each in ablated:
        gained = "" if each is shipped else "{:+.4f} +- {:.4f}".format(*gain(shipped, each))
        scores = (each.windows.log_loss, each.test.mean_pr_auc, each.test.brier)
        cells = (each.name, f"{each.windows.mean_pr_auc:.4f}", gained, *(f"{score:.4f}" for score in scores))
        lines.append(f"| {' | '.join(cells)} |")
    lines += ["", *(f"- {each.name}: {each.serving}" for each in ablated if each.serving)]
    return lines


def _weights(weights: list[tuple[float, Judged, Judged]]) -> list[str]:
    scores = ("mean_pr_auc", "f1", "log_loss", "calibration_error")
    lines = [
        "| weight of delayed flights | PR-AUC | F1 | log loss | calibration error | the same on the test |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for weight, on_windows, on_test in weights:
        told = [f"{getattr(on_windows, score):.3f}" for score in scores]
        tested = ", ".join(f"{getattr(on_test, score):.3f}" for score in scores)
        lines.append(f"| {weight:g} | {' | '.join(told)} | {tested} |")
    return lines


def _calibrations(calibrations: list[Calibrated]) -> list[str]:
    names = list(calibrations[0].log_loss)
    headings = [f"{score}, {name}" for score in ("log loss", "calibration error") for name in names]
    lines = [f"| later flights | {' | '.join(headings)} |", "| --- |" + " --- |" * len(headings)]
    for each in calibrations:
        values = [*each.log_loss.values(), *each.calibration_error.values()]
        lines.append(f"| {each.period} | {' | '.join(f'{value:.3f}' for value in values)} |")
    return lines
