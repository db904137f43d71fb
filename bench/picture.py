"""The pictures: ``python -m bench.picture build/bench.json docs`` draws them from a run's file."""

import argparse
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

CASE = "32x1"

_NAMES = {
    "echo": "bare ASGI echo, the limit",
    "pair": "this service",
    "runtime": "XGBoost runtime alone, flights encoded before",
    "mlserver": "MLServer alone, flights encoded before",
    "docs_style": "KServe transformer as its docs teach",
    "old_service_once": "the old FastAPI design, loading once",
    "old_service": "the old FastAPI design, loading per request",
    "bentoml": "BentoML service as its docs teach",
}
_OURS, _LIMIT, _OTHERS, _GREY = "#2a7f62", "#9aa5b1", "#4a7ab5", "#666666"


def variants(run: Mapping[str, Any]) -> Figure:
    """Draw requests a second and CPU of the variants, at 32 connections with one flight a request."""
    cases = {name: run["cases"][name][CASE] for name in _NAMES if CASE in run["cases"].get(name, {})}
    names = sorted(cases, key=lambda name: cases[name]["rps"])
    figure = Figure(figsize=(10, 0.42 * len(names) + 1.5), layout="constrained")
    rates, costs = figure.subplots(1, 2, sharey=True)
    colors = [_OURS if name == "pair" else _LIMIT if name == "echo" else _OTHERS for name in names]
    labels = [_NAMES[name] for name in names]
    _bars(rates, labels, [cases[name]["rps"] for name in names], colors, [cases[name]["rps_most"] for name in names])
    for place, name in enumerate(names):
        rates.plot([cases[name]["rps_least"], cases[name]["rps_most"]], [place, place], color="black", linewidth=1)
    rates.set_title("requests a second (line: least to most)", fontsize=10)
    costs_us = [cases[name]["cpu_us"] for name in names]
    _bars(costs, labels, costs_us, colors, costs_us)
    costs.set_title("CPU us a request, all server processes", fontsize=10)
    machine = run["machine"]
    figure.supxlabel(
        f"32 connections, one flight a request; median of {run['rounds']} interleaved rounds, logarithmic; "
        f"{machine['cores']} cores shared with the load generator and other programs, {machine['date']}",
        fontsize=8,
        color=_GREY,
    )
    return figure


def _bars(
    axes: Axes, labels: Sequence[str], values: Sequence[float], colors: Sequence[str], ends: Sequence[float]
) -> None:
    axes.barh(labels, values, color=colors, height=0.66)
    axes.set_xscale("log")
    axes.set_xlim(min(values) / 2, max(values) * 4)
    for place, (value, end) in enumerate(zip(values, ends, strict=True)):
        axes.annotate(f"{value:,.0f}", (end, place), (8, 0), textcoords="offset points", va="center", fontsize=9)
    axes.spines[["top", "right"]].set_visible(False)
    axes.tick_params(labelsize=9)


def growth(run: Mapping[str, Any]) -> Figure:
    """Draw what more pairs and more pods carry."""
    told = run["growth"]
    figure = Figure(figsize=(10, 3.9), layout="constrained")
    measured, simulated = figure.subplots(1, 2, width_ratios=(1, 1.7))
    pairs = [str(each["pairs"]) for each in told["measured"]]
    rates = [each["rps"] for each in told["measured"]]
    bars = measured.bar(pairs, rates, color=_OURS, width=0.5)
    measured.bar_label(bars, [f"{rate:,.0f}" for rate in rates], fontsize=9)
    measured.set_title(f"measured on {run['machine']['cores']} cores, load generators on them too", fontsize=10)
    measured.set_xlabel("transformer and runtime pairs")
    measured.set_ylabel("requests a second")
    measured.margins(y=0.15)
    pods = [each["pods"] for each in told["simulated"]]
    ideal = [count * 1e6 / told["mean_service_us"] for count in pods]
    simulated.plot(pods, ideal, color=_GREY, linestyle=":", label="pods x one pod's most")
    one_queue = [each["one_queue_rps"] for each in told["simulated"]]
    at_random = [each["at_random_rps"] for each in told["simulated"]]
    simulated.plot(pods, one_queue, color=_OURS, marker="o", label="one queue for all pods (M/G/k)")
    simulated.plot(pods, at_random, color=_OTHERS, marker="s", label="pods chosen at random (k x M/G/1)")
    simulated.set_xscale("log", base=2)
    simulated.set_yscale("log")
    simulated.set_xticks(pods, [str(count) for count in pods])
    simulated.minorticks_off()
    simulated.yaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
    simulated.set_title(f"simulated: 99 % of the requests within {told['limit_us'] / 1e3:.2g} ms", fontsize=10)
    simulated.set_xlabel("pods, each as this machine's one pair; network and gateway free")
    simulated.legend(frameon=False, fontsize=9)
    for axes in (measured, simulated):
        axes.spines[["top", "right"]].set_visible(False)
        axes.grid(axis="y", alpha=0.3)
    return figure


def write(run: Mapping[str, Any], folder: Path) -> list[Path]:
    """Draw what the run has, as SVG and PNG, and return the files."""
    figures = {}
    if sum(CASE in cases for name, cases in run["cases"].items() if name in _NAMES) > 1:
        figures["bench"] = variants(run)
    if "growth" in run:
        figures["growth"] = growth(run)
    folder.mkdir(parents=True, exist_ok=True)
    files = []
    for name, figure in figures.items():
        figure.set_facecolor("white")
        for ending in ("svg", "png"):
            files.append(folder / f"{name}.{ending}")
            figure.savefig(files[-1], dpi=120, metadata={"Date": None} if ending == "svg" else None)
    return files


def main() -> None:
    """Draw them."""
    parser = argparse.ArgumentParser(prog="python -m bench.picture", description=__doc__)
    parser.add_argument("run", type=Path, help="what python -m bench has written")
    parser.add_argument("folder", type=Path, help="where to")
    arguments = parser.parse_args()
    write(json.loads(arguments.run.read_text()), arguments.folder)


if __name__ == "__main__":
    main()
