"""A run's files: two tables, all of it as JSON, and one page to look at."""

import csv
import io
import json
import math
from collections.abc import Iterator, Sequence
from pathlib import Path

from loadtest import page
from loadtest.verdict import Verdict
from loadtest.windows import Tally, Window

_COUNTS = ("requests", "failures", "rps", "p50_ms", "p95_ms", "p99_ms")


def write(folder: Path, verdict: Verdict) -> None:
    """Write ``requests.csv``, ``windows.csv``, ``report.json`` and ``report.html``, replacing older ones."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "requests.csv").write_text(requests_csv(verdict))
    (folder / "windows.csv").write_text(windows_csv(verdict))
    (folder / "report.json").write_text(as_json(verdict))
    (folder / "report.html").write_text(page.html(verdict))


def figures(tally: Tally, seconds: float) -> dict[str, float | None]:
    """Return what a table says of a tally; None where there is no number."""
    return {
        "requests": tally.requests,
        "failures": tally.failures,
        "rps": round(tally.requests / seconds, 1) if seconds else None,
        **{f"p{percent}_ms": _finite(tally.percentile_ms(percent)) for percent in (50, 95, 99)},
    }


def requests_csv(verdict: Verdict) -> str:
    """Return a line for each kind of request, over the windows that count."""
    rows = [
        {"name": name, **figures(tally, verdict.seconds)} for name, tally in verdict.rows().items() if tally.requests
    ]
    return _csv(["name", *_COUNTS], rows)


def windows_csv(verdict: Verdict) -> str:
    """Return a line for each kind of request in each window, whether it counts or not."""
    columns = ["start_s", "end_s", "users", "replicas", "generator_cpu_percent", "name", *_COUNTS]
    return _csv(columns, _window_rows(verdict.windows))


def _window_rows(windows: Sequence[Window]) -> Iterator[dict[str, object]]:
    for window in windows:
        for name, tally in window.rows.items():
            yield {
                "start_s": round(window.start_s, 2),
                "end_s": round(window.end_s, 2),
                "users": window.users,
                "replicas": window.replicas,
                "generator_cpu_percent": _finite(window.generator_cpu),
                "name": name,
                **figures(tally, window.seconds),
            }


def _csv(columns: Sequence[str], rows: object) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)  # type: ignore[arg-type]
    return text.getvalue()


def as_json(verdict: Verdict) -> str:
    """Return all of it but the percentiles' counts."""
    document = {
        "scenario": verdict.scenario,
        "host": verdict.host,
        "settings": verdict.settings,
        "good": verdict.good,
        "missed": verdict.missed,
        "notes": verdict.notes,
        "budgets": {
            "p95_ms": verdict.budgets.p95_ms,
            "p99_ms": verdict.budgets.p99_ms,
            "error_rate": verdict.budgets.error_rate,
            "min_rps": verdict.budgets.min_rps,
        },
        "counted_s": round(verdict.seconds, 2),
        "knee_rps": None if verdict.knee_rps is None else round(verdict.knee_rps, 1),
        "stages": [
            {
                "due_rps": round(stage.due_rps, 1),
                "rps": round(stage.rps, 1),
                "p95_ms": _finite(stage.p95_ms),
                "p99_ms": _finite(stage.p99_ms),
                "kept": stage.kept,
            }
            for stage in verdict.stages
        ],
        "requests": {name: figures(tally, verdict.seconds) for name, tally in verdict.rows().items()},
        "failures": verdict.failures,
        "golden": verdict.golden,
        "windows": [*_window_rows(verdict.windows)],
    }
    return json.dumps(document, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
