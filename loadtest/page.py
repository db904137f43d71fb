"""A run as one page of HTML that needs nothing else."""

from collections.abc import Sequence
from html import escape

from loadtest import plots, report
from loadtest.verdict import Verdict

_STYLE = """
body { font: 15px/1.45 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; color: #222 }
h1 { font-size: 1.5rem; margin-bottom: .2rem } h2 { font-size: 1.05rem; margin: 1.8rem 0 .4rem }
.verdict { display: inline-block; padding: .15rem .7rem; border-radius: .3rem; color: #fff; font-weight: 600 }
.good { background: #2a7f62 } .missed { background: #c0392b }
table { border-collapse: collapse } th, td { padding: .2rem .8rem; text-align: right; border-bottom: 1px solid #ddd }
th:first-child, td:first-child { text-align: left; padding-left: 0 } td { font-variant-numeric: tabular-nums }
svg { width: 100%; height: auto } .small { color: #666; font-size: .9em }
"""


def html(verdict: Verdict) -> str:
    """Return the page."""
    parts = [
        f"<h1>{escape(verdict.scenario)} against {escape(verdict.host)}</h1>",
        f'<p class="small">{escape(_settings(verdict))}</p>',
        f'<p><span class="verdict good">{_kept(verdict)}</span></p>'
        if verdict.good
        else '<p><span class="verdict missed">missed</span></p>' + _list(verdict.missed),
        _list(verdict.notes),
        "<h2>Requests that the budgets were held against</h2>",
        _requests(verdict),
        *_stages(verdict),
        *_plot("Throughput", plots.throughput(verdict)),
        *_plot("Latency, counted from when a request should have gone out", plots.latency(verdict)),
        *_plot("Kinds of requests", plots.versions(verdict)),
        *_plot("Replicas", plots.replicas(verdict)),
    ]
    if verdict.failures:
        rows = [(sentence, f"{count:,}") for sentence, count in verdict.failures.items()]
        parts += ["<h2>Failures, over the whole run</h2>", _table(("sentence", "count"), rows)]
    title = escape(f"{verdict.scenario}: {'kept' if verdict.good else 'missed'}")
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
        f"<style>{_STYLE}</style></head>\n<body>\n" + "\n".join(parts) + "\n</body></html>\n"
    )


def _settings(verdict: Verdict) -> str:
    return ", ".join(f"{name} {value}" for name, value in verdict.settings.items())


def _kept(verdict: Verdict) -> str:
    if verdict.knee_rps:
        return f"the budget was kept up to {verdict.knee_rps:,.0f} requests a second"
    return "every budget was kept"


def _stages(verdict: Verdict) -> list[str]:
    rows = [
        (
            f"{stage.due_rps:,.0f}",
            f"{stage.rps:,.0f}",
            f"{stage.p95_ms:g}",
            f"{stage.p99_ms:g}",
            "kept" if stage.kept else "missed",
        )
        for stage in verdict.stages
    ]
    head = ("due, requests/s", "answered", "p95 ms", "p99 ms", "budget")
    return ["<h2>Stages</h2>", _table(head, rows)] if rows else []


def _requests(verdict: Verdict) -> str:
    rows = []
    for name, tally in verdict.rows().items():
        told = report.figures(tally, verdict.seconds)
        if tally.requests:
            rows.append((name, *("-" if value is None else f"{value:,.6g}" for value in told.values())))
    return _table(("", "requests", "failures", "requests/s", "p50 ms", "p95 ms", "p99 ms"), rows)


def _plot(title: str, svg: str | None) -> list[str]:
    return [] if svg is None else [f"<h2>{escape(title)}</h2>", svg]


def _list(sentences: Sequence[str]) -> str:
    return "<ul>" + "".join(f"<li>{escape(sentence)}</li>" for sentence in sentences) + "</ul>"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = ["".join(f"<td>{escape(cell)}</td>" for cell in row) for row in rows]
    return (
        "<table><tr>"
        + "".join(f"<th>{escape(cell)}</th>" for cell in head)
        + "</tr>"
        + "".join(f"<tr>{line}</tr>" for line in lines)
        + "</table>"
    )
