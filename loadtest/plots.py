"""A run's plots, as SVG to stand in a page."""

import io
import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from loadtest.verdict import Verdict
from loadtest.windows import Tally, Window

if TYPE_CHECKING:  # it takes a second to import, which only a run that writes its page has to pay
    from matplotlib.axes import Axes

_GREEN, _RED, _BLUE, _ORANGE, _GREY = "#2a7f62", "#c0392b", "#2b6cb0", "#d9822b", "#888888"
_WIDTH, _HEIGHT = 9.0, 2.6
_AXES = (0.1, 0.19, 0.88, 0.7)
_LEAST_MS = 0.5  # Locust rounds to whole milliseconds, and a logarithm has no place for 0


def throughput(verdict: Verdict) -> str:
    """Answers and failures a second, and the requests that were due."""

    def draw(axes: "Axes") -> None:
        windows = _drawn(verdict)
        if verdict.rate_per_user:
            due = [window.users * verdict.rate_per_user for window in windows]
            axes.plot(_times(windows), due, color=_GREY, linestyle=":", label="due")
        answered = [window.everything for window in windows]
        rates = [
            (tally.requests - tally.failures) / window.seconds for window, tally in zip(windows, answered, strict=True)
        ]
        axes.plot(_times(windows), rates, color=_GREEN, label="answered")
        failed = [window.everything.failures / window.seconds for window in windows]
        axes.plot(_times(windows), failed, color=_RED, label="failed")
        if verdict.knee_rps:
            axes.axhline(
                verdict.knee_rps, color=_BLUE, linestyle="--", linewidth=0.8, label="highest that kept the budget"
            )
        axes.set_ylabel("requests a second")
        axes.set_ylim(bottom=0)

    return _svg(draw, verdict)


def latency(verdict: Verdict) -> str:
    """Percentiles of the good requests in each window, and the budgets."""

    def draw(axes: "Axes") -> None:
        for percent, color in ((50, _BLUE), (95, _ORANGE), (99, _RED)):
            values = [max(window.good.percentile_ms(percent), _LEAST_MS) for window in _drawn(verdict)]
            axes.plot(_times(_drawn(verdict)), values, color=color, label=f"p{percent}")
        for limit_ms, color in ((verdict.budgets.p95_ms, _ORANGE), (verdict.budgets.p99_ms, _RED)):
            if limit_ms is not None:
                axes.axhline(limit_ms, color=color, linestyle="--", linewidth=0.8)
        axes.set_yscale("log")
        axes.yaxis.set_major_formatter(lambda value, _: f"{value:g}")
        axes.set_ylabel("ms (dashed: budgets)")

    return _svg(draw, verdict)


def versions(verdict: Verdict) -> str | None:
    """Answers a second of each kind of request, if there are several."""
    rows = verdict.rows()
    if len(rows) < 2 or len(rows) > 8:
        return None

    def draw(axes: "Axes") -> None:
        for name in rows:
            values = [window.rows.get(name, Tally()).requests / window.seconds for window in _drawn(verdict)]
            axes.plot(_times(_drawn(verdict)), values, label=name)
        axes.set_ylabel("requests a second")
        axes.set_ylim(bottom=0)

    return _svg(draw, verdict)


def replicas(verdict: Verdict) -> str | None:
    """Ready pods, if somebody counted them."""
    if all(window.replicas is None for window in verdict.windows):
        return None

    def draw(axes: "Axes") -> None:
        windows = _drawn(verdict)
        values = [math.nan if window.replicas is None else window.replicas for window in windows]
        axes.step(_times(windows), values, color=_BLUE, where="mid", label="ready pods")
        axes.set_ylim(0, max(value for value in values if not math.isnan(value)) + 1)
        axes.set_ylabel("pods")
        axes.yaxis.get_major_locator().set_params(integer=True)  # type: ignore[call-arg]

    return _svg(draw, verdict)


def _drawn(verdict: Verdict) -> list[Window]:
    """Return the windows but a last one that was cut short: a rate over an instant is none."""
    windows = list(verdict.windows)
    if len(windows) > 1 and windows[-1].seconds < windows[0].seconds / 2:
        windows.pop()
    return windows


def _times(windows: Sequence[Window]) -> list[float]:
    return [(window.start_s + window.end_s) / 2 for window in windows]


def _svg(draw: Callable[["Axes"], None], verdict: Verdict) -> str:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(_WIDTH, _HEIGHT))
    axes = figure.add_axes(_AXES)  # all plots of a page have the same, so that their seconds stand below each other
    draw(axes)
    for window in verdict.windows:
        if window not in verdict.counted:
            axes.axvspan(window.start_s, window.end_s, color="#f0f0f0", linewidth=0, zorder=0)
    axes.set_xlim(0, max((window.end_s for window in verdict.windows), default=1.0))
    axes.set_xlabel("seconds (grey: not held against the budgets)")
    axes.grid(alpha=0.3)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(loc="lower left", bbox_to_anchor=(-0.01, 0.98), ncols=4, frameon=False, fontsize=8)
    text = io.StringIO()
    figure.savefig(text, format="svg", metadata={"Date": None})
    return text.getvalue()[text.getvalue().index("<svg") :]
