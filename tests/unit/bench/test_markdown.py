"""The documentation's tables say what the run's file says."""

from bench import markdown

MEASURED = {
    **{"rps": 8615.7, "rps_least": 4734.1, "rps_most": 8981.0, "cpu_us": 113.3, "rss_mib": 324.9},
    **{"p50_ms": 3.596, "p95_ms": 4.936, "p99_ms": 5.931, "late": 0, "errors": 0},
}
SLOW = {**MEASURED, "rps": 64.0, "p99_ms": None, "late": 1299}
GOAL = {"value": 126.0, "least": 78.19, "most": 141.4, "limit": 150, "met": False}
RUN = {
    "cases": {"pair": {"32x1": MEASURED, "1x1": MEASURED}, "docs_style": {"32x1": SLOW}},
    "goals": {"32x1: req/s, pair / docs_style": GOAL},
}


def test_a_case_of_a_variant_is_a_row_beside_ours() -> None:
    lines = markdown.tables(RUN).splitlines()
    assert [line.split(" | ")[:2] for line in lines[2:5]] == [
        ["| 1x1", "`pair`"],
        ["| 32x1", "`pair`"],
        ["| 32x1", "`docs_style`"],
    ]
    assert lines[4] == "| 32x1 | `docs_style` | 64 (4,734 to 8,981) | 135 x | 113 | 3.6 | 4.94 | - | 325 | 1,299 | 0 |"


def test_the_goals_are_a_table_of_their_own() -> None:
    assert markdown.tables(RUN).splitlines()[-1] == "| 32x1: req/s, pair / docs_style | 150 | 126 (78.2 to 141) | no |"


def test_a_run_without_our_pair_has_no_ratios_and_no_goals() -> None:
    lines = markdown.tables({"cases": {"docs_style": {"32x1": SLOW}}, "goals": {}}).splitlines()
    assert len(lines) == 3
    assert " |  | " in lines[-1]
