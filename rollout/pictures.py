"""The report's pictures, as PNG."""

import io
from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter, date2num
from matplotlib.figure import Figure

from rollout.counts import Counts, Histogram
from rollout.journal import Journal, Observation
from rollout.judge import P95, Ruling

CANARY, STABLE = "#d95f02", "#1b6ca8"
OTHERS = ("#1b6ca8", "#7570b3", "#66a61e", "#a6761d", "#666666")
MARKS = {Ruling.GO_ON: ("^", "#1a7f37"), Ruling.ROLL_BACK: ("X", "#cf222e")}

STYLE: dict[Any, Any] = {
    "font.size": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.alpha": 0.3,
    "legend.frameon": False,
}


@mpl.rc_context(STYLE)
def timeline(journal: Journal) -> bytes:
    """Draw weights, error share and p95 over the rollout."""
    figure = Figure(figsize=(9, 6.6), layout="constrained")
    weights, errors, latency = figure.subplots(3, 1, sharex=True, height_ratios=[1.3, 1, 1])
    _weights(weights, journal)
    for axes, title, value in ((errors, "5xx, percent", _percent_5xx), (latency, "p95, ms", _p95_ms)):
        for side, colour, name in (("stable", STABLE, "the others"), ("canary", CANARY, journal.version)):
            points = [(each.at_s, value(counts)) for each, counts in _stretches(journal.observations, side)]
            if points:
                times, values = zip(*points, strict=True)
                axes.plot(list(map(_moment, times)), values, ".-", color=colour, label=name, markersize=5, lw=1.2)
        axes.set_ylabel(title)
        axes.set_ylim(0, max(1.0, axes.get_ylim()[1]))
    if errors.get_legend_handles_labels()[0]:
        errors.legend(loc="upper left", ncols=2)
    locator = AutoDateLocator(minticks=4, maxticks=9)
    latency.xaxis.set_major_locator(locator)
    latency.xaxis.set_major_formatter(ConciseDateFormatter(locator))
    latency.set_xlabel("UTC")
    return _png(figure)


def _percent_5xx(counts: Counts) -> float:
    return 100 * counts.server_faults / counts.requests


def _p95_ms(counts: Counts) -> float:
    return 1000 * counts.seconds.quantile(P95)


def _weights(axes: Axes, journal: Journal) -> None:
    if not journal.moves:
        return
    end_s = max([*(each.at_s for each in journal.observations), journal.moves[-1].at_s]) + 1
    times = [move.at_s for move in journal.moves] + [end_s]
    versions = sorted({version for move in journal.moves for version, weight in move.weights.items() if weight})
    others = iter(OTHERS)
    for version in versions:
        values = [move.weights.get(version, 0) for move in journal.moves]
        colour = CANARY if version == journal.version else next(others, OTHERS[-1])
        axes.step(
            list(map(_moment, times)), [*values, values[-1]], where="post", color=colour, label=version, linewidth=2
        )
    for ruling, (marker, colour) in MARKS.items():
        decided = [each for each in journal.observations if each.ruling == ruling]
        axes.plot(
            [_moment(each.at_s) for each in decided],
            [each.step for each in decided],
            marker,
            color=colour,
            markersize=8,
            label=ruling.value if decided else None,
        )
    axes.set_ylabel("weight, percent")
    axes.set_ylim(-3, 103)
    axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5))


def _stretches(observations: Sequence[Observation], side: str) -> list[tuple[Observation, Counts]]:
    """Return what was counted between one look and the next at a step, where there was anything."""
    found: list[tuple[Observation, Counts]] = []
    before: dict[float, Counts] = {}
    for each in observations:
        counts: Counts = getattr(each, side)
        more = counts - before.get(each.step_began_s, Counts())
        before[each.step_began_s] = counts
        if more.requests:
            found.append((each, more))
    return found


@mpl.rc_context(STYLE)
def distributions(journal: Journal) -> bytes:
    """Draw delay probabilities and durations of both, over all steps."""
    canary, stable = total(journal)
    figure = Figure(figsize=(9, 3.0), layout="constrained")
    probabilities, seconds = figure.subplots(1, 2)
    _bars(probabilities, canary.probabilities, stable.probabilities, journal.version)
    probabilities.set_xlabel("delay probability")
    probabilities.set_ylabel("share of flights, percent")
    if canary.probabilities.total:
        probabilities.legend(loc="upper right")
    for histogram, colour in ((stable.seconds, STABLE), (canary.seconds, CANARY)):
        if histogram.total:
            below = [100 * sum(histogram.counts[: i + 1]) / histogram.total for i in range(len(histogram.bounds))]
            seconds.plot([1000 * bound for bound in histogram.bounds], below, ".-", color=colour, lw=1.2, markersize=4)
    seconds.set_xscale("log")
    seconds.set_xlabel("duration, ms")
    seconds.set_ylabel("share of requests below, percent")
    seconds.xaxis.set_major_formatter("{x:g}")
    return _png(figure)


def total(journal: Journal) -> tuple[Counts, Counts]:
    """Return what canary and others counted over all steps; what the others counted is taken once."""
    last = {each.step_began_s: each for each in journal.observations}
    canary = sum((each.canary for each in last.values()), Counts())
    stable = sum((each.stable for each in last.values() if each.step < 100), Counts())
    return canary, stable


def _bars(axes: Axes, canary: Histogram, stable: Histogram, version: str) -> None:
    for histogram, colour, name, shift in ((stable, STABLE, "the others", 0.0), (canary, CANARY, version, 0.5)):
        if histogram.total:
            bounds = [0.0, *histogram.bounds]
            widths = [(b - a) * 0.45 for a, b in pairwise(bounds)]
            lefts = [a + shift * (b - a) * 0.9 for a, b in pairwise(bounds)]
            heights = [100 * count / histogram.total for count in histogram.counts[:-1]]
            axes.bar(lefts, heights, widths, align="edge", color=colour, label=name)


def _moment(at_s: float) -> float:
    return float(date2num(datetime.fromtimestamp(at_s, UTC)))


def _png(figure: Figure) -> bytes:
    content = io.BytesIO()
    figure.savefig(content, format="png", dpi=130)
    return content.getvalue()
