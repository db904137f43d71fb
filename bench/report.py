"""The tables that a person reads, and the file that a program does."""

import json
from collections.abc import Mapping, Sequence
from statistics import median

from rich.console import Console
from rich.table import Table

from bench.case import Case
from bench.rounds import Measurement, Measurements
from bench.spread import Spread


def encode(machine: Mapping[str, object], rounds: int, measurements: Measurements) -> bytes:
    """Write the medians as JSON."""
    cases: dict[str, dict[str, object]] = {}
    for (variant, case), measured in measurements.items():
        cases.setdefault(variant, {})[str(case)] = {
            "rps": round(median(each.rps for each in measured), 1),
            "p50_ms": median(each.load.p50_ms for each in measured),
            "p95_ms": median(each.load.p95_ms for each in measured),
            "p99_ms": median(each.load.p99_ms for each in measured),
            "cpu_us": round(median(each.cpu_us for each in measured), 1),
            "rss_mib": round(median(each.rss_mib for each in measured), 1),
            "late": sum(each.load.late for each in measured),
            "errors": sum(each.load.errors for each in measured),
        }
    document = {"machine": machine, "rounds": rounds, "cases": cases}
    return json.dumps(document, indent=1, ensure_ascii=False).encode() + b"\n"


def show(measurements: Measurements, console: Console) -> None:
    """Print what was measured."""
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
    console.print(table)


def _cells(measured: Sequence[Measurement]) -> list[str]:
    rps = Spread.of([each.rps for each in measured])
    cpu = Spread.of([each.cpu_us for each in measured])
    return [
        f"{rps.median:,.0f} ({rps.least:,.0f} to {rps.most:,.0f})",
        *(f"{median(getattr(each.load, field) for each in measured):,.2f}" for field in ("p50_ms", "p95_ms", "p99_ms")),
        f"{cpu.median:,.0f} ({cpu.least:,.0f} to {cpu.most:,.0f})",
        f"{median(each.rss_mib for each in measured):,.0f}",
        f"{sum(each.load.late for each in measured):,}",
        f"{sum(each.load.errors for each in measured):,}",
    ]
