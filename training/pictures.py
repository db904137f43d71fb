"""The report's pictures: SVG that is the same on every run."""

import io
from typing import Any

import matplotlib as mpl
import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from sklearn.metrics import precision_recall_curve, roc_curve

from training.bounds import Point
from training.compare import Row
from training.evaluation import Labels, Probabilities, Scores, calibration_bins
from training.slices import Slice
from training.walk_forward import Aged, by_age, never_retrained, retrained

_BLUE, _ORANGE, _GREY = "#1f5fa8", "#d9731a", "#8a8a8a"
_SMALL, _WIDE = (4.85, 3.5), (9.85, 3.7)
"""Inches; two small ones or a wide one fill the report's line."""
_STYLE: Any = {
    "svg.hashsalt": "flight-delay",  # or the identifiers in the file would differ on every run
    "font.size": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlesize": 10,
    "axes.titlelocation": "left",
    "legend.frameon": False,
    "image.cmap": "Blues",
}
_MOST_SHAP_FLIGHTS = 2000

_styled = mpl.rc_context(_STYLE)  # titles and legends take their style when they are made


@_styled
def svg(figure: Figure) -> bytes:
    """Return the figure as SVG, without the time of its making."""
    written = io.BytesIO()
    figure.savefig(written, format="svg", metadata={"Date": None})
    return written.getvalue()


def _axes(size: tuple[float, float], title: str, x: str, y: str) -> tuple[Figure, Axes]:
    figure = Figure(figsize=size, layout="constrained")
    axes = figure.add_subplot()
    axes.set(title=title, xlabel=x, ylabel=y)
    return figure, axes


@_styled
def precision_recall(delayed: Labels, probabilities: Probabilities, scores: Scores) -> Figure:
    """Draw precision over recall, with the threshold's point and the share delayed."""
    figure, axes = _axes(_SMALL, f"Precision and recall, PR-AUC {scores.pr_auc:.3f}", "recall", "precision")
    precision, recall, _ = precision_recall_curve(delayed, probabilities)
    axes.plot(recall, precision, color=_BLUE)
    axes.axhline(scores.delayed, color=_GREY, linestyle=":", label=f"flag at random ({scores.delayed:.3f})")
    axes.plot(scores.recall, scores.precision, "o", color=_ORANGE, label=f"the threshold, F1 {scores.f1:.3f}")
    axes.set(xlim=(0, 1), ylim=(0, 1))
    axes.legend()
    return figure


@_styled
def roc(delayed: Labels, probabilities: Probabilities, scores: Scores) -> Figure:
    """Draw the ROC curve, with the threshold's point."""
    figure, axes = _axes(
        _SMALL, f"ROC, area {scores.roc_auc:.3f}", "share of on-time flights flagged", "share of delayed flagged"
    )
    false, true, _ = roc_curve(delayed, probabilities)
    axes.plot(false, true, color=_BLUE)
    axes.plot((0, 1), (0, 1), color=_GREY, linestyle=":", label="flag at random")
    flagged_on_time = (scores.flagged - scores.recall * scores.delayed) / (1 - scores.delayed)
    axes.plot(flagged_on_time, scores.recall, "o", color=_ORANGE, label="the threshold")
    axes.set(xlim=(0, 1), ylim=(0, 1))
    axes.legend(loc="lower right")
    return figure


@_styled
def reliability(delayed: Labels, probabilities: Probabilities, scores: Scores) -> Figure:
    """Draw the share delayed over the probability, in ten bins of equally many flights."""
    figure, axes = _axes(
        _SMALL,
        f"Calibration, expected error {scores.calibration_error:.3f}",
        "mean probability of a tenth of the flights",
        "share delayed",
    )
    predicted, happened, flights = calibration_bins(delayed, probabilities).T
    spread = 1.96 * np.sqrt(happened * (1 - happened) / flights)
    axes.errorbar(predicted, happened, yerr=spread, fmt="o-", color=_BLUE, capsize=2, label="with sampling error, 95 %")
    top = 1.1 * max(predicted.max(), happened.max())
    axes.plot((0, top), (0, top), color=_GREY, linestyle=":", label="perfect")
    axes.set(xlim=(0, top), ylim=(0, top))
    axes.legend(loc="upper left")
    return figure


@_styled
def thresholds(delayed: Labels, probabilities: Probabilities, threshold: float) -> Figure:
    """Draw F1, precision and recall over the threshold."""
    figure, axes = _axes(_SMALL, "What another threshold would give", "threshold", "score")
    precision, recall, at = precision_recall_curve(delayed, probabilities)
    precision, recall = precision[:-1], recall[:-1]
    f1 = 2 * precision * recall / np.maximum(precision + recall, 1e-9)
    for name, values, color in (("F1", f1, _BLUE), ("precision", precision, _ORANGE), ("recall", recall, _GREY)):
        axes.plot(at, values, color=color, label=name)
    axes.axvline(threshold, color="black", linestyle=":", label=f"chosen before, {threshold:.3f}")
    axes.set(xlim=(0, float(np.quantile(at, 0.999))), ylim=(0, 1))
    axes.legend()
    return figure


@_styled
def confusion(delayed: Labels, probabilities: Probabilities, threshold: float) -> Figure:
    """Draw how many flights of each kind were flagged."""
    figure, axes = _axes(_SMALL, "Flights, as they were and as they were called", "called", "were")
    flagged = probabilities >= np.float32(threshold)
    counts = np.array([[np.sum((delayed == was) & (flagged == called)) for called in (0, 1)] for was in (0, 1)])
    axes.imshow(counts, vmin=0, vmax=1.6 * counts.max(), cmap="Blues", aspect="auto")
    for was in (0, 1):
        for called in (0, 1):
            share = counts[was, called] / counts[was].sum()
            axes.text(called, was, f"{counts[was, called]:,}\n{share:.0%} of them", ha="center", va="center")
    axes.set(xticks=(0, 1), yticks=(0, 1), xticklabels=("on time", "delayed"), yticklabels=("on time", "delayed"))
    return figure


@_styled
def importance(columns: tuple[str, ...], contributions: npt.NDArray[np.float32]) -> Figure:
    """Draw each column's mean absolute contribution to the log odds, [n, k]."""
    figure, axes = _axes(_SMALL, "Importance", "mean absolute contribution to the log odds", "")
    size = np.abs(contributions).mean(axis=0)
    order = np.argsort(size)
    axes.barh([columns[column] for column in order], size[order], color=_BLUE)
    return figure


@_styled
def shap_summary(
    columns: tuple[str, ...], rows: npt.NDArray[np.float32], contributions: npt.NDArray[np.float32]
) -> Figure:
    """Draw the contributions of each column to single flights, coloured by the column's value; both are [n, k]."""
    figure, axes = _axes(_WIDE, "What moves single flights (SHAP)", "contribution to the log odds", "")
    random = np.random.default_rng(0)
    some = random.permutation(len(rows))[:_MOST_SHAP_FLIGHTS]
    order = np.argsort(np.abs(contributions).mean(axis=0))
    for height, column in enumerate(order):
        values = rows[some, column]
        rank = np.searchsorted(np.sort(values), values, "right") / len(values)
        scattered = height + random.uniform(-0.3, 0.3, len(some))
        dots = axes.scatter(contributions[some, column], scattered, c=rank, cmap="coolwarm", s=2, rasterized=True)
    axes.axvline(0, color=_GREY, linewidth=0.8)
    axes.set(yticks=range(len(order)), yticklabels=[columns[column] for column in order])
    bar = figure.colorbar(dots, ax=axes, ticks=(0.05, 1), aspect=40)
    bar.ax.set_yticklabels(("low value", "high value"))
    return figure


@_styled
def by_slice(slices: list[Slice], by: str) -> Figure:
    """Draw for the slices of one kind the share delayed, the mean probability, and F1 beside flagging them all."""
    chosen = [each for each in slices if each.by == by]
    figure = Figure(figsize=(_WIDE[0], 1.3 + 0.25 * len(chosen)), layout="constrained")
    left, right = figure.subplots(1, 2, sharey=True)
    names = [f"{each.name} ({each.flights:,})" for each in chosen]
    height = np.arange(len(chosen))
    left.plot([each.delayed for each in chosen], height, "o", color=_ORANGE, label="share delayed")
    left.plot([each.probability for each in chosen], height, "x", color=_BLUE, label="mean probability")
    left.set(title=f"By {by} (flights)", yticks=height, yticklabels=names)
    right.plot(
        [each.flag_all_f1 for each in chosen], height, "|", color=_GREY, markersize=11, label="F1 of flagging all"
    )
    right.plot([np.nan if each.f1 is None else each.f1 for each in chosen], height, "o", color=_BLUE, label="F1")
    right.set(title="F1")
    for axes in (left, right):
        axes.set_xlim(left=-0.02)
        axes.grid(axis="y", color="#eeeeee")
        axes.margins(y=0.5 / len(chosen))
    left.invert_yaxis()
    figure.legend(*left.get_legend_handles_labels(), loc="outside lower left", ncols=2)
    figure.legend(*right.get_legend_handles_labels(), loc="outside lower right", ncols=2)
    return figure


@_styled
def walk_forward(walk: list[Aged]) -> Figure:
    """Draw each month's average precision with and without retraining, and how much of it is left by age."""
    figure = Figure(figsize=_WIDE, layout="constrained")
    left, right = figure.subplots(1, 2)
    for name, months, color in (
        ("retrained every month", retrained(walk), _BLUE),
        (f"never retrained, stopped by {walk[0].stopped_by}", never_retrained(walk), _ORANGE),
    ):
        pr_auc = [aged.scores.pr_auc for aged in months]
        low, high = np.transpose([aged.pr_auc_ci95 for aged in months])
        labels = [aged.month for aged in months]
        left.plot(labels, pr_auc, "o-", color=color, label=name)
        left.fill_between(labels, low, high, color=color, alpha=0.12, linewidth=0)
    left.plot(
        [aged.month for aged in retrained(walk)],
        [aged.scores.delayed for aged in retrained(walk)],
        color=_GREY,
        linestyle=":",
        label="share delayed",
    )
    left.set(title="Average precision by month, 95 % over days", ylabel="PR-AUC")
    left.set_ylim(bottom=0)
    left.tick_params(axis="x", rotation=45)
    figure.legend(*left.get_legend_handles_labels(), loc="outside lower left", ncols=3)
    left_over = by_age(walk)
    right.plot(list(left_over), [ratio for ratio, _ in left_over.values()], "o-", color=_BLUE)
    for age, (ratio, months_count) in left_over.items():
        right.annotate(f"{months_count}", (age, ratio), textcoords="offset points", xytext=(0, 6), ha="center")
    right.axhline(1, color=_GREY, linestyle=":")
    right.set(
        title="What age leaves (mean of so many months)",
        xlabel="months since the month that stopped the booster",
        ylabel="PR-AUC, share of the freshest's",
        xticks=list(left_over),
    )
    right.set_ylim(0.7, 1.1)
    return figure


@_styled
def comparison(rows: list[Row]) -> Figure:
    """Draw every candidate's F1 and average precision with their intervals, a row of axes for each split."""
    splits = list(dict.fromkeys(row.split for row in rows))
    figure = Figure(figsize=(_WIDE[0], 3.6 * len(splits)), layout="constrained")
    grid = figure.subplots(len(splits), 2, sharey="row", squeeze=False)
    for line, split in enumerate(splits):
        chosen = [row for row in rows if row.split == split]
        for axes, name, title in zip(grid[line], ("f1", "pr_auc"), ("F1", "PR-AUC"), strict=True):
            middle = np.array([getattr(row.scores, name) for row in chosen])
            low, high = np.transpose([row.ci95[name] for row in chosen])
            spread = np.abs(np.stack([middle - low, high - middle]))
            axes.errorbar(middle, np.arange(len(chosen)), xerr=spread, fmt="o", color=_BLUE, capsize=2)
            axes.set(title=f"{title}, {split} split, 95 % over days", yticks=range(len(chosen)))
            axes.set_yticklabels([row.name for row in chosen])
            axes.grid(axis="y", color="#eeeeee")
        grid[line][0].invert_yaxis()
    return figure


@_styled
def learning_curves(curves: dict[str, list[Point]]) -> Figure:
    """Draw for each split the average precision over the flights learnt from, on these and on the test part."""
    figure = Figure(figsize=_WIDE, layout="constrained")
    grid = figure.subplots(1, len(curves), sharey=True, squeeze=False)[0]
    for axes, (split, curve) in zip(grid, curves.items(), strict=True):
        flights = [point.flights for point in curve]
        low, high = np.transpose([point.ci95 for point in curve])
        axes.plot(flights, [point.learnt for point in curve], "o-", color=_ORANGE, label="the flights learnt from")
        axes.plot(flights, [point.pr_auc for point in curve], "o-", color=_BLUE, label="the test, 95 % over days")
        axes.fill_between(flights, low, high, color=_BLUE, alpha=0.12, linewidth=0)
        axes.set_xscale("log")
        axes.set(title=f"{split} split", xlabel="flights learnt from", xticks=flights)
        axes.set_xticklabels([f"{count:,}" for count in flights])
        axes.minorticks_off()
    grid[0].set(ylabel="PR-AUC", ylim=(0, None))
    grid[0].legend(loc="lower right")
    return figure
