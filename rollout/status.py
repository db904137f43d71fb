"""The table of versions."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from rich.table import Table

from rollout.cluster import Pod, Service
from rollout.counts import Counts
from rollout.helm import Values
from rollout.journal import Journal
from rollout.judge import P95


@dataclass(frozen=True, slots=True)
class Row:
    """A version.

    Attributes:
        version: Its name.
        ready: Ready pods.
        pods: All pods.
        weight: Percent.
        shadow: Whether it gets copies.
        counts: What it counted over the window.
        since_s: Since when it has this weight, or is there, in seconds since the epoch; None: not known.
    """

    version: str
    ready: int
    pods: int
    weight: int
    shadow: bool
    counts: Counts
    since_s: float | None


def rows(
    values: Values,
    pods: Sequence[Pod],
    services: Mapping[str, Service],
    counted: Mapping[str, Counts],
    journal: Journal | None,
) -> list[Row]:
    """Return a row for each version, those with the most traffic first."""
    found = []
    for version, own in values["versions"].items():
        of_it = [pod for pod in pods if pod.version == version and not pod.ending]
        service = services.get(version)
        since_s = _since(version, own["weight"], journal) or (service.created_s if service else None)
        found.append(
            Row(
                version,
                sum(pod.ready for pod in of_it),
                len(of_it),
                own["weight"],
                values.get("shadow") == version,
                counted.get(version, Counts()),
                since_s,
            )
        )
    return sorted(found, key=lambda row: (-row.weight, row.version))


def _since(version: str, weight: int, journal: Journal | None) -> float | None:
    """Return when the journal's last moves gave a version its weight, if that is what it has."""
    since_s = None
    for move in reversed(journal.moves if journal else ()):
        if move.weights.get(version) != weight:
            break
        since_s = move.at_s
    return since_s


def table(found: Sequence[Row], window_s: float, journal: Journal | None) -> Table:
    """Return the table; shares and percentiles are those of the window."""
    title = f"the last {window_s:.0f} s"
    if journal is not None:
        title += f"; rollout of {journal.version}: {journal.state} {journal.reason}".rstrip()
    shown = Table(title=title)
    shown.add_column("version", no_wrap=True)
    for name in ("pods", "weight", "req/s", "5xx", "4xx", "p95 ms", "delayed", "unseen", "since"):
        shown.add_column(name, justify="right", no_wrap=True)
    for row in found:
        shown.add_row(*_cells(row, window_s))
    return shown


def _cells(row: Row, window_s: float) -> list[str]:
    counts = row.counts
    p95_ms = counts.seconds.quantile(P95) * 1000
    return [
        row.version,
        f"{row.ready}/{row.pods}",
        f"{row.weight} %" + (" shadow" if row.shadow else ""),
        f"{counts.requests / window_s:,.1f}",
        _percent(counts.server_faults, counts.requests),
        _percent(counts.caller_faults, counts.requests),
        f"{p95_ms:.1f}" if math.isfinite(p95_ms) else "-",
        _percent(counts.delayed, counts.flights),
        _percent(counts.unseen, 2 * counts.flights),
        datetime.fromtimestamp(row.since_s, UTC).strftime("%m-%d %H:%M:%S") if row.since_s else "-",
    ]


def _percent(part: float, whole: float) -> str:
    return f"{part / whole:.2%}" if whole else "-"
