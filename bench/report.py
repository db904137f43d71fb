"""The tables that a person reads, and the file that a program does."""

import json
import math
from collections.abc import Mapping, Sequence
from statistics import median

from rich.console import Console
from rich.table import Table

from bench.case import Case
from bench.goals import Outcome
from bench.growth import Growth
from bench.rounds import Measurement, Measurements
from bench.spread import Spread
from bench.start import TransformerStart

QUIET_CORES = 0.1
"""A run beside programs that keep more cores busy says little about latency, and nothing about req/s."""


def encode(
    machine: Mapping[str, object],
    rounds: int,
    measurements: Measurements,
    starts: Sequence[TransformerStart],
    outcomes: Sequence[Outcome],
    growth: Growth | None = None,
) -> bytes:
    """Write the medians and the goals as JSON."""
    cases: dict[str, dict[str, object]] = {}
    for (variant, case), measured in measurements.items():
        cases.setdefault(variant, {})[str(case)] = {
            "rps": round(median(each.rps for each in measured), 1),
            "rps_least": round(min(each.rps for each in measured), 1),
            "rps_most": round(max(each.rps for each in measured), 1),
            "p50_ms": _finite(Spread.of([each.load.p50_ms for each in measured]).median),
            "p95_ms": _finite(Spread.of([each.load.p95_ms for each in measured]).median),
            "p99_ms": _finite(Spread.of([each.load.p99_ms for each in measured]).median),
            "cpu_us": round(median(each.cpu_us for each in measured), 1),
            "rss_mib": round(median(each.rss_mib for each in measured), 1),
            "late": sum(each.load.late for each in measured),
            "errors": sum(each.load.errors for each in measured),
        }
    document: dict[str, object] = {
        "machine": {**machine, "others_cores": round(_others_cores(measurements).median, 2)},
        "rounds": rounds,
        "cases": cases,
    }
    if starts:
        document["transformer"] = {
            "ready_s": round(median(each.ready_s for each in starts), 2),
            "idle_rss_mib": round(median(each.idle_rss_bytes for each in starts) / 2**20, 1),
        }
    document["goals"] = {
        outcome.goal: {
            "value": _finite(outcome.value),
            "least": _finite(outcome.spread.least),
            "most": _finite(outcome.spread.most),
            "limit": outcome.limit,
            "met": outcome.met,
        }
        for outcome in outcomes
    }
    if growth:
        document["growth"] = growth.as_document()
    return json.dumps(document, indent=1, ensure_ascii=False, allow_nan=False).encode() + b"\n"


def show(measurements: Measurements, outcomes: Sequence[Outcome], console: Console) -> None:
    """Print what was measured, and which goals are met."""
    console.print(_measured_table(measurements))
    if outcomes:
        console.print(_goals_table(outcomes))
    others = _others_cores(measurements)
    console.print(
        f"Other programs kept {others.median:.2f} cores busy meanwhile ({others.least:.2f} to {others.most:.2f})."
    )
    if others.median > QUIET_CORES:
        console.print(f"[yellow]That is more than {QUIET_CORES:g}: repeat it on a quiet machine before quoting it.[/]")


def _others_cores(measurements: Measurements) -> Spread:
    return Spread.of([each.others_cores for measured in measurements.values() for each in measured])


def _measured_table(measurements: Measurements) -> Table:
    table = Table(title="medians of the rounds (least to most)")
    table.add_column("case", no_wrap=True)
    table.add_column("variant", no_wrap=True)
    for title in ("req/s", "p50 ms", "p95 ms", "p99 ms", "CPU us/request", "RSS MiB", "late", "errors"):
        table.add_column(title, justify="right", no_wrap=True)
    last: Case | None = None
    for (variant, case), measured in sorted(measurements.items(), key=lambda item: item[0][1]):
        if last not in (None, case):
            table.add_section()
        table.add_row("" if case == last else str(case), variant, *_cells(measured))
        last = case
    return table


def _goals_table(outcomes: Sequence[Outcome]) -> Table:
    table = Table(title="goals: median (least to most)")
    table.add_column("connections x flights: goal", no_wrap=True)
    for title in ("must be", "is", ""):
        table.add_column(title, justify="right", no_wrap=True)
    for outcome in outcomes:
        spread = outcome.spread
        table.add_row(
            outcome.goal,
            f"{'>=' if outcome.at_least else '<='} {_number(outcome.limit)} {outcome.unit}".rstrip(),
            f"{_number(spread.median)} ({_number(spread.least)} to {_number(spread.most)}) {outcome.unit}".rstrip(),
            "[green]met[/]" if outcome.met else "[red]not met[/]",
        )
    return table


def _number(value: float) -> str:
    return f"{value:,.0f}" if value == round(value) or abs(value) >= 100 else f"{value:.3g}"


def _cells(measured: Sequence[Measurement]) -> list[str]:
    rps = Spread.of([each.rps for each in measured])
    cpu = Spread.of([each.cpu_us for each in measured])
    return [
        f"{rps.median:,.0f} ({rps.least:,.0f} to {rps.most:,.0f})",
        *(_milliseconds([getattr(each.load, field) for each in measured]) for field in ("p50_ms", "p95_ms", "p99_ms")),
        f"{cpu.median:,.0f} ({cpu.least:,.0f} to {cpu.most:,.0f})",
        f"{median(each.rss_mib for each in measured):,.0f}",
        f"{sum(each.load.late for each in measured):,}",
        f"{sum(each.load.errors for each in measured):,}",
    ]


def _milliseconds(values: Sequence[float]) -> str:
    middle = Spread.of(values).median
    return "-" if math.isnan(middle) else f"{middle:,.2f}"


def _finite(value: float) -> float | None:
    """Round to what JSON can hold: four digits, and null for what is no number."""
    return float(f"{value:.4g}") if math.isfinite(value) else None
