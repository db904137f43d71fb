"""``python -m scripts.draw_dashboard URL``: draws the dashboard's panels from a Prometheus' answers, without Grafana.

For the documentation, and with ``--port`` as a page that shows them as they are now: on machines that have no Grafana,
same panels, same queries, same places, other colours.
"""

import argparse
import html
import io
import json
import math
import re
import sys
import time
import urllib.parse
import urllib.request
from collections.abc import Iterable
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any, BinaryIO

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, MaxNLocator

from scripts import dashboard
from scripts.ports import ADDRESS

REFRESH_S = 15
PAGE = f"""<!doctype html>
<html lang="en"><meta charset="utf-8"><meta http-equiv="refresh" content="{REFRESH_S}"><title>Flight delay</title>
<img src="dashboard.png" alt="The dashboard's panels" style="max-width: 100%"></html>
"""
POINTS = 120
INCHES_A_COLUMN, INCHES_A_ROW = 0.58, 0.29

Series = dict[str, Any]
Answers = list[tuple[dict[str, Any], list[Series]]]
"""Each target of a panel, and its series."""


class Prometheus:
    """Answers the dashboard's queries.

    Args:
        url: Its address.
        minutes: How far back the page shows.
    """

    def __init__(self, url: str, minutes: float) -> None:
        self._url = url.rstrip("/")
        self._end_s = time.time()
        self._seconds = minutes * 60
        window = f"{max(10, int(self._seconds / 30))}s"
        span = f"{int(self._seconds)}s"
        self._variables = {"__rate_interval": window, "__range": span, "namespace": ".+", "version": ".+"}

    def ask(self, target: dict[str, Any]) -> list[Series]:
        """Return a target's series, as Grafana would ask for them."""
        query = re.sub(r"\$([a-z_]+)", lambda match: self._variables.get(match[1], "99.9"), target["expr"])
        if target["instant"]:
            return self._get("query", query=query, time=self._end_s)
        start_s, end_s = self.window_s
        return self._get("query_range", query=query, start=start_s, end=end_s, step=self._seconds / POINTS)

    @property
    def window_s(self) -> tuple[float, float]:
        """Return the moments that the page shows, from and to, in seconds since the epoch."""
        return self._end_s - self._seconds, self._end_s

    def _get(self, path: str, **parameters: object) -> list[Series]:
        with urllib.request.urlopen(f"{self._url}/api/v1/{path}?{urllib.parse.urlencode(parameters)}") as answer:
            found: list[Series] = json.load(answer)["data"]["result"]
        return found


def shown(value: float, unit: str) -> str:
    """Return a value as text."""
    if not math.isfinite(value):
        return "–"
    if unit == "percentunit":
        return f"{100 * value:.3g} %"
    if unit == "s":
        return f"{1000 * value:.3g} ms" if value < 1 else f"{value:.3g} s"
    if unit == "bytes":
        return f"{value / 2**20:.0f} MiB"
    return f"{value:,.0f}" if value >= 1000 else f"{value:.3g}"


def legend(target: dict[str, Any], labels: dict[str, str]) -> str:
    """Return a series' name."""
    return re.sub(r"{{(\w+)}}", lambda match: labels.get(match[1], ""), target["legendFormat"])


def draw_timeseries(axes: Axes, panel: dict[str, Any], found: Answers) -> None:
    """Draw lines over time."""
    defaults = panel["fieldConfig"]["defaults"]
    for target, answer in found:
        for series in answer:
            times, values = np.array(series["values"], float).T
            axes.plot(times, values, linewidth=1.2, label=legend(target, series["metric"]))
    for step in defaults.get("thresholds", {}).get("steps", []):
        if step["value"] is not None:
            axes.axhline(step["value"], color="tab:red", linewidth=0.8, linestyle="--")
    axes.set_ylim(0, 1.03 * max(axes.get_ylim()[1], 1e-9))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: shown(value, defaults["unit"])))
    _format_time(axes)
    _put_legend_below(axes)


def draw_heatmap(axes: Axes, panel: dict[str, Any], found: Answers) -> None:
    """Draw a histogram's buckets over time."""
    unit = panel["fieldConfig"]["defaults"]["unit"]
    buckets = sorted(found[0][1], key=lambda series: float(series["metric"]["le"]))
    times = sorted({float(moment) for series in buckets for moment, _ in series["values"]})
    cumulative = np.zeros((len(buckets), len(times)))
    for row, series in enumerate(buckets):
        by_time = {float(moment): float(value) for moment, value in series["values"]}
        cumulative[row] = [by_time.get(moment, 0.0) for moment in times]
    counts = np.diff(cumulative, axis=0, prepend=0)
    filled = np.flatnonzero(counts.sum(axis=1) > 0)
    first, last = (filled[0], filled[-1] + 1) if len(filled) else (0, len(buckets))
    axes.pcolormesh(times, np.arange(first, last), counts[first:last], cmap="Blues", shading="nearest")
    bounds = [shown(float(series["metric"]["le"]), unit) for series in buckets]
    ticks = range(first, last, max(1, (last - first) // 8))
    axes.set_yticks(list(ticks), [f"≤ {bounds[tick]}" for tick in ticks])
    _format_time(axes)


def draw_barchart(axes: Axes, _: dict[str, Any], found: Answers) -> None:
    """Draw a group of bars for each band."""
    shares = found[0][1]
    names = sorted({series["metric"]["model_version"] for series in shares})
    bands = sorted({series["metric"]["band"] for series in shares})
    for place, name in enumerate(names):
        heights = {s["metric"]["band"]: float(s["value"][1]) for s in shares if s["metric"]["model_version"] == name}
        offsets = np.arange(len(bands)) + (place - len(names) / 2 + 0.5) * 0.8 / len(names)
        alpha = 0.4 if name.endswith("in training") else 1.0
        color = f"C{place // 2}"  # a version and its training
        axes.bar(
            offsets, [heights.get(band, 0) for band in bands], 0.8 / len(names), label=name, color=color, alpha=alpha
        )
    axes.set_xticks(range(len(bands)), bands, rotation=20, ha="right")
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: shown(value, "percentunit")))
    axes.tick_params(axis="x", length=0)
    axes.legend(fontsize=5.5)


def draw_table(axes: Axes, panel: dict[str, Any], found: Answers) -> None:
    """Draw a row for each version."""
    units = {
        override["matcher"]["options"]: override["properties"][0]["value"]
        for override in panel["fieldConfig"]["overrides"]
    }
    columns = [(target["legendFormat"], _by_version(answer)) for target, answer in found]
    versions = sorted({version for _, values in columns for version in values})
    cells = [
        [version, *(shown(values.get(version, math.nan), units[name]) for name, values in columns)]
        for version in versions
    ]
    axes.axis("off")
    table = axes.table(cells, colLabels=["Version", *(name for name, _ in columns)], loc="center", cellLoc="right")
    table.auto_set_font_size(False)
    table.set_fontsize(6)
    table.auto_set_column_width(range(len(columns) + 1))
    table.scale(1, 1.6)


def draw_stat(axes: Axes, panel: dict[str, Any], found: Answers) -> None:
    """Draw a number for each version."""
    values = _by_version(found[0][1])
    unit = panel["fieldConfig"]["defaults"]["unit"]
    axes.axis("off")
    for place, (version, value) in enumerate(sorted(values.items())):
        y = 1 - (place + 0.5) / len(values)
        axes.text(0.5, y, shown(value, unit), fontsize=15, ha="center", va="center")
        axes.text(0.5, y - 0.17, version, fontsize=6.5, ha="center", va="center")


def _by_version(found: Iterable[Series]) -> dict[str, float]:
    return {series["metric"].get("model_version", ""): float(series["value"][1]) for series in found}


def _put_legend_below(axes: Axes) -> None:
    """Put the legend under the time, where it hides no line."""
    handles, labels = axes.get_legend_handles_labels()
    axes.legend(
        handles,
        labels,
        fontsize=5,
        loc="upper left",
        bbox_to_anchor=(-0.04, -0.1),
        ncols=3 if len(labels) > 4 else 2,
        frameon=False,
        columnspacing=1,
        handlelength=1.2,
        labelspacing=0.25,
    )


def _format_time(axes: Axes) -> None:
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: time.strftime("%H:%M", time.gmtime(value))))
    axes.xaxis.set_major_locator(MaxNLocator(4))


DRAW = {
    "timeseries": draw_timeseries,
    "heatmap": draw_heatmap,
    "barchart": draw_barchart,
    "table": draw_table,
    "stat": draw_stat,
}


def draw(prometheus: Prometheus, out: Path | BinaryIO) -> None:
    """Draw the whole page, as PNG."""
    panels = dashboard.dashboard()["panels"]
    height = max(panel["gridPos"]["y"] + panel["gridPos"]["h"] for panel in panels)
    figure = plt.figure(figsize=(24 * INCHES_A_COLUMN, height * INCHES_A_ROW), dpi=130)
    plt.rcParams.update({"axes.spines.top": False, "axes.spines.right": False})
    for panel in panels:
        x, y, w, h = (panel["gridPos"][side] for side in "xywh")
        top = 1 - y / height
        if panel["type"] == "row":
            figure.text(0.006, top - 0.6 / height, panel["title"], fontsize=10, weight="bold", va="center")
            continue
        margin = {"table": (0, 0), "stat": (0, 0), "timeseries": (1.0, 2.2)}.get(panel["type"], (1.0, 1.3))
        left, bottom = (x + margin[0]) / 24, top - (h - margin[1]) / height
        axes = figure.add_axes((left + 0.006, bottom, (w - margin[0] - 0.35) / 24, (h - margin[1] - 1.1) / height))
        axes.tick_params(labelsize=5.5)
        axes.set_title(panel["title"], fontsize=7.5, loc="left")
        found = [(target, prometheus.ask(target)) for target in panel["targets"]]
        if not any(answer for _, answer in found):
            axes.axis("off")
            axes.text(0.5, 0.5, "No data", fontsize=8, ha="center", color="grey", transform=axes.transAxes)
            continue
        if panel["type"] == "timeseries":
            axes.grid(linewidth=0.3)
        DRAW[panel["type"]](axes, panel, found)
        if panel["type"] in ("timeseries", "heatmap"):
            axes.set_xlim(prometheus.window_s)
    figure.savefig(out, format="png")
    plt.close(figure)


def serve(url: str, minutes: float, port: int) -> None:
    """Serve a page on 127.0.0.1 that draws the panels anew whenever it is looked at, for ever.

    Raises:
        OSError: The port is taken.
    """

    class Page(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, kind, content = 200, "text/html; charset=utf-8", PAGE.encode()
            if self.path == "/dashboard.png":
                picture = io.BytesIO()
                try:
                    draw(Prometheus(url, minutes), picture)
                    kind, content = "image/png", picture.getvalue()
                except OSError as error:  # urllib's own are such too
                    status, content = 503, html.escape(f"{url} does not answer: {error}\n").encode()
            elif self.path != "/":
                status, content = 404, b"there is only / here\n"
            with suppress(ConnectionError):  # a browser that did not wait
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            """Say nothing of each request."""

    with HTTPServer((ADDRESS, port), Page) as server:
        server.serve_forever()


def main() -> None:
    """Draw what the arguments say."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("url", help="address of Prometheus")
    parser.add_argument("--minutes", type=float, default=5, help="how far back the page shows")
    parser.add_argument("--out", type=Path, default=Path("docs/dashboard.png"), help="the picture")
    parser.add_argument("--port", type=int, help="serve a page with it on this port of 127.0.0.1 instead")
    arguments = parser.parse_args()
    if arguments.port is not None:
        try:
            serve(arguments.url, arguments.minutes, arguments.port)
        except OSError as error:
            sys.exit(f"port {arguments.port}: {error.strerror}")
        except KeyboardInterrupt:
            return
    draw(Prometheus(arguments.url, arguments.minutes), arguments.out)


if __name__ == "__main__":
    main()
