"""The tables for the documentation: ``python -m bench.markdown build/bench.json`` prints them from a run's file."""

import argparse
import json
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from bench.case import Case

_OURS = "pair"


def tables(run: Mapping[str, Any]) -> str:
    """Return a run's cases, and its goals if it has any, as Markdown tables."""
    blocks = [[*_head("connections x flights", "variant", *_COLUMNS), *_cases(run["cases"])]]
    if run["goals"]:
        blocks.append([*_head("goal", "limit", "median (least to most)", "met"), *_goals(run["goals"])])
    return "\n\n".join("\n".join(block) for block in blocks) + "\n"


_COLUMNS = (
    *("req/s (least to most)", f"`{_OURS}` / it", "CPU us a request"),
    *("p50 ms", "p95 ms", "p99 ms", "RSS MiB", "late", "errors"),
)


def _head(*titles: str) -> Iterator[str]:
    yield _row(titles)
    yield _row(["---"] * len(titles))


def _row(cells: Iterable[object]) -> str:
    return f"| {' | '.join(map(str, cells))} |"


def _cases(cases: Mapping[str, Mapping[str, Mapping[str, Any]]]) -> Iterator[str]:
    for case in sorted({Case.parse(text) for measured in cases.values() for text in measured}):
        ours = cases.get(_OURS, {}).get(str(case))
        for variant, measured in cases.items():
            if (found := measured.get(str(case))) is None:
                continue
            yield _row(
                (
                    *(case, f"`{variant}`"),
                    f"{found['rps']:,.0f} ({found['rps_least']:,.0f} to {found['rps_most']:,.0f})",
                    f"{ours['rps'] / found['rps']:.3g} x" if ours and found["rps"] else "",
                    f"{found['cpu_us']:,.0f}",
                    *(_number(found[field]) for field in ("p50_ms", "p95_ms", "p99_ms", "rss_mib")),
                    *(f"{found[field]:,}" for field in ("late", "errors")),
                )
            )


def _goals(goals: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    for name, goal in goals.items():
        spread = f"{_number(goal['value'])} ({_number(goal['least'])} to {_number(goal['most'])})"
        yield _row((name, _number(goal["limit"]), spread, "yes" if goal["met"] else "no"))


def _number(value: float | None) -> str:
    if value is None:  # no answer in time, so no percentile
        return "-"
    return f"{value:,.0f}" if value == round(value) or abs(value) >= 100 else f"{value:.3g}"


def main() -> None:
    """Print them."""
    parser = argparse.ArgumentParser(prog="python -m bench.markdown", description=__doc__)
    parser.add_argument("run", type=Path, help="what python -m bench has written")
    sys.stdout.write(tables(json.loads(parser.parse_args().run.read_text())))


if __name__ == "__main__":
    main()
