import re
import shutil
from xml.etree import ElementTree

import numpy as np
import pytest

from flights import bundle
from flights.bundle import MANIFEST
from tests.unit.training.conftest import make_year, write_table
from tests.unit.training.test_command import contents
from training.__main__ import main
from training.booster import chosen_hyperparameters
from training.cleaning import clean
from training.dataset import read
from training.judged_bundle import judged_bundle, later_flights
from training.slices import LARGEST, slices
from training.walk_forward import by_age, never_retrained, retrained, walk_forward


@pytest.fixture(scope="module")
def trained(year_table, tmp_path_factory):
    out = tmp_path_factory.mktemp("report") / "trained"
    assert main(["--data", str(year_table), "--out", str(out)]) == 0
    return out


@pytest.fixture(scope="module")
def reported(year_table, trained, tmp_path_factory):
    out = shutil.copytree(trained, tmp_path_factory.mktemp("report") / "reported")
    assert main(["report", "--data", str(year_table), "--bundle", str(out)]) == 0
    return out


def test_the_report_is_added_and_what_is_served_stays(trained, reported):
    before, after = contents(trained), contents(reported)
    assert set(after) - set(before) == {"report/model_card.md", "report/report.html"}
    changed = {name for name in before if before[name] != after[name]}
    assert changed == {MANIFEST}
    assert bundle.decode(reported).version == bundle.decode(trained).version


def test_two_reports_are_the_same_to_the_byte(year_table, reported, tmp_path):
    again = shutil.copytree(reported, tmp_path / "again")
    assert main(["report", "--data", str(year_table), "--bundle", str(again)]) == 0
    assert contents(again) == contents(reported)


PICTURES = (
    *("precision and recall", "ROC", "calibration", "thresholds", "confusion", "importance", "SHAP summary"),
    *("by month", "by airline", "by destination", "walk-forward"),
)


def test_the_report_is_one_file_with_every_picture(reported):
    text = (reported / "report" / "report.html").read_text()
    assert tuple(re.findall(r'<img alt="([^"]+)" src="data:image/svg\+xml;base64,', text)) == PICTURES
    assert not re.findall(r'(?:src|href)="(?!data:)', text)
    assert "<script" not in text


def test_the_report_is_well_formed_and_shows_the_whole_card(reported):
    text = (reported / "report" / "report.html").read_text()
    page = re.sub(r"<(meta[^>]*|img[^>]*)>", r"<\1/>", text.removeprefix("<!doctype html>\n"))
    root = ElementTree.fromstring(page)
    headings = [element.text for element in root.iter("h2")]
    card = (reported / "report" / "model_card.md").read_text()
    assert headings == [*re.findall(r"^## (.*)$", card, re.MULTILINE), "Pictures"]
    assert len(list(root.iter("tr"))) == sum(line.startswith("|") and "---" not in line for line in card.splitlines())


def test_no_row_of_the_table_is_in_the_report(reported):
    text = (reported / "report" / "report.html").read_text() + (reported / "report" / "model_card.md").read_text()
    assert not [row for row in make_year() if row["Fecha-I"] in text or row["Fecha-O"] in text]


def test_a_report_on_another_table_is_refused(trained, tmp_path, capsys):
    other = write_table(tmp_path / "other.csv", make_year(seed=8))
    before = contents(trained)
    assert main(["report", "--data", str(other), "--bundle", str(trained)]) == 2
    assert "was trained on a table with SHA-256" in capsys.readouterr().err.splitlines()[-1]
    assert contents(trained) == before


def test_a_folder_without_a_bundle_is_refused(year_table, tmp_path, capsys):
    assert main(["report", "--data", str(year_table), "--bundle", str(tmp_path / "absent")]) == 2
    assert "there is no bundle at" in capsys.readouterr().err.splitlines()[-1]


@pytest.fixture(scope="module")
def cleaned(year_table):
    return clean(read(year_table))


def test_the_judged_flights_are_those_the_metrics_were_measured_on(trained, cleaned):
    judged = judged_bundle(trained, cleaned, later_flights(cleaned))
    metrics = bundle.REPORT + "metrics.json"
    assert f'"f1": {judged.scores.f1:.6f}' in (trained / metrics).read_text()


def test_contributions_add_up_to_the_log_odds(trained, cleaned):
    judged = judged_bundle(trained, cleaned, later_flights(cleaned))
    odds = np.log(judged.probabilities / (1 - judged.probabilities))
    average = odds - judged.contributions().sum(axis=1)
    assert np.ptp(average) == pytest.approx(0, abs=1e-4)


def test_slices_are_the_months_and_the_largest_airlines_and_destinations(cleaned):
    probabilities = np.where(cleaned.delayed, 0.9, 0.1).astype(np.float32)
    found = slices(cleaned.rows, cleaned.delayed, probabilities, 0.5)
    months = [each for each in found if each.by == "month"]
    assert sum(each.flights for each in months) == len(cleaned.rows)
    airlines = [each for each in found if each.by == "airline"]
    assert len(airlines) == LARGEST
    assert [each.flights for each in airlines] == sorted((each.flights for each in airlines), reverse=True)
    assert {each.f1 for each in months} == {1}
    for each in months:
        assert each.probability == pytest.approx(0.1 + 0.8 * each.delayed, abs=1e-6)


def test_each_month_from_may_on_is_scored_by_the_booster_of_the_month_before(cleaned):
    walk = walk_forward(cleaned, chosen_hyperparameters())
    months = [f"2019-{month:02}" for month in range(5, 13)]
    assert [aged.month for aged in retrained(walk)] == months
    assert [aged.stopped_by for aged in retrained(walk)] == [f"2019-{month:02}" for month in range(4, 12)]
    assert [aged.month for aged in never_retrained(walk)] == months
    assert by_age(walk)[1] == (1, 8)
    assert [count for _, count in by_age(walk).values()] == [8, 7, 6, 5, 4, 3, 2, 1]
