import csv
import io
import json
from collections import Counter
from dataclasses import replace

import pytest

from loadtest import report
from loadtest.budgets import Budgets
from loadtest.knee import Stage
from loadtest.page import html
from loadtest.verdict import Verdict, notes, wrong_answers
from loadtest.windows import Tally, Window


def window(second, replicas=None, **rows):
    tallies = {
        name.replace("_", " "): Tally(count, failures, Counter({7: count})) for name, (count, failures) in rows.items()
    }
    return Window(second, second + 1.0, 4, tallies, 50.0, replicas)


WINDOWS = [window(0, infer=(10, 1)), window(1, infer=(20, 0)), window(2, infer=(40, 2), bad__null=(3, 0))]
VERDICT = Verdict(
    scenario="Steady",
    host="http://127.0.0.1:8080",
    settings={"rate": 20.0},
    budgets=Budgets(100, 250, 0.0, None),
    missed=["3.33% of the requests failed: the budget is 0.00%"],
    notes=["no golden flight was checked"],
    windows=WINDOWS,
    counted=WINDOWS[1:],
    failures={"<b>status 503</b>": 3},
)


def test_the_table_of_requests_is_over_the_windows_that_count():
    rows = [*csv.DictReader(io.StringIO(report.requests_csv(VERDICT)))]
    assert [(row["name"], row["requests"], row["failures"], row["rps"], row["p99_ms"]) for row in rows] == [
        ("bad  null", "3", "0", "1.5", "7.0"),
        ("infer", "60", "2", "30.0", "7.0"),
    ]


def test_the_table_of_windows_has_all():
    rows = [*csv.DictReader(io.StringIO(report.windows_csv(VERDICT)))]
    assert [row["requests"] for row in rows if row["name"] == "infer"] == ["10", "20", "40"]


def test_the_document_is_plain_json():
    document = json.loads(report.as_json(replace(VERDICT, stages=[Stage(10, 9, float("nan"), 3, True)])))
    assert (document["good"], document["counted_s"]) == (False, 2.0)
    assert document["stages"][0]["p95_ms"] is None


def test_the_page_says_what_was_missed_and_quotes_what_others_wrote():
    page = html(VERDICT)
    assert VERDICT.missed[0] in page
    assert "&lt;b&gt;status 503&lt;/b&gt;" in page
    assert page.count("<svg") == 3


def test_replicas_have_a_plot_where_somebody_counted_them():
    counted = replace(VERDICT, windows=[window(0, 1, infer=(1, 0)), window(1, 3, infer=(1, 0))])
    assert html(counted).count("<h2>Replicas") == 1
    assert "<h2>Replicas" not in html(VERDICT)


def test_a_run_that_never_ended_a_window_has_a_page_too():
    assert "no request was answered" in html(
        replace(VERDICT, windows=[], counted=[], missed=["no request was answered"])
    )


def test_writing_makes_the_four_files(tmp_path):
    report.write(tmp_path / "new", VERDICT)
    assert {path.name for path in (tmp_path / "new").iterdir()} == {
        *("requests.csv", "windows.csv", "report.json", "report.html")
    }


def test_only_wrong_answers_fail_a_run_by_themselves():
    assert wrong_answers({"wrong answer: it names no model_version": 2, "status 503: x": 9}) == [
        "2 x wrong answer: it names no model_version"
    ]


@pytest.mark.parametrize(("cpu", "told"), [(89.0, 1), (95.0, 2)])
def test_a_busy_locust_is_told(cpu, told):
    assert len(notes([replace(WINDOWS[0], generator_cpu=cpu)], {"v": 3})) == told
