import io
import json
import math

from rich.console import Console

from bench import goals, report
from bench.case import Case
from tests.unit.bench.measured import make_measurement

MEASUREMENTS = {
    ("pair", Case(32, 1)): [make_measurement(answered=each, late=1) for each in (900, 1000, 1400)],
    ("echo", Case(32, 1)): [make_measurement(answered=2000)] * 3,
}


def test_the_file_has_the_medians_by_variant_and_case_and_the_sum_of_what_was_lost():
    written = json.loads(report.encode({"cores": 2}, 3, MEASUREMENTS, [], []))
    assert written["machine"] == {"cores": 2, "others_cores": 0.25}
    assert written["rounds"] == 3
    assert written["cases"]["pair"]["32x1"] == {
        "rps": 1000.0,
        "rps_least": 900.0,
        "rps_most": 1400.0,
        "p50_ms": 1.0,
        "p95_ms": 2.0,
        "p99_ms": 2.0,
        "cpu_us": 100.0,
        "rss_mib": 100.0,
        "late": 3,
        "errors": 0,
    }


def test_the_tables_show_median_and_spread_and_which_goals_are_met():
    shown = io.StringIO()
    report.show(MEASUREMENTS, goals.outcomes(MEASUREMENTS, []), Console(file=shown, width=150))
    assert "1,000 (900 to 1,400)" in shown.getvalue()
    assert "0.5 (0.45 to 0.7) x" in shown.getvalue()
    assert "met" in shown.getvalue()


def test_what_has_no_answer_has_null_in_the_file_and_a_dash_in_the_table():
    nothing = {("docs_style", Case(500, 1)): [make_measurement(answered=0, p50_ms=math.nan, p99_ms=math.nan)]}
    assert json.loads(report.encode({}, 1, nothing, [], []))["cases"]["docs_style"]["500x1"]["p50_ms"] is None
    shown = io.StringIO()
    report.show(nothing, [], Console(file=shown, width=150))
    assert "│      - │" in shown.getvalue()


def test_a_run_on_a_busy_machine_says_so():
    shown = io.StringIO()
    report.show(MEASUREMENTS, [], Console(file=shown, width=150))
    assert "0.25 cores busy" in shown.getvalue()
    assert "quiet machine" in shown.getvalue()
