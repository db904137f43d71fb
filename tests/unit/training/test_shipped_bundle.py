"""The bundle in the repository, the default of ``make serve``."""

import json
import shutil
from pathlib import Path

import pytest

from flights import bundle
from tests.unit.training.test_command import contents, golden_differences
from training.__main__ import main
from training.golden import golden_columns

SHIPPED = Path(__file__).resolve().parents[3] / "bundles" / "scl"


def test_the_shipped_bundle_can_be_served_and_answers_its_golden_flights():
    assert not golden_differences(SHIPPED).any()


def test_the_shipped_bundle_has_today_s_golden_flights():
    assert bundle.decode(SHIPPED).golden.columns == golden_columns()


def test_the_shipped_bundle_comes_from_a_clean_commit():
    git = bundle.decode(SHIPPED).provenance["git"]
    assert isinstance(git, dict)
    assert git["dirty"] is False


def test_the_shipped_booster_is_small():
    assert (SHIPPED / "model.ubj").stat().st_size < 1_000_000


def test_the_shipped_bundle_beats_flagging_every_flight_and_the_old_service():
    metrics = json.loads((SHIPPED / "report" / "metrics.json").read_text())
    assert metrics["temporal"]["f1"] > max(0.369, 0.358)
    assert metrics["random"]["f1"] > 0.411


def test_the_shipped_bundle_is_above_flagging_every_flight_by_more_than_chance():
    metrics = json.loads((SHIPPED / "report" / "metrics.json").read_text())
    for split in ("temporal", "random"):
        assert metrics[split]["f1_ci95"][0] > metrics[split]["flag_all_f1"]
        assert metrics[split]["f1_over_flag_all_ci95"][0] > 0


def test_the_shipped_bundle_has_its_card_and_pictures():
    files = {"metrics.json", "model_card.md", "probabilities.json", "report.html"}
    assert {path.name for path in (SHIPPED / "report").iterdir()} == files


WRITTEN_BY_THE_REPORT = ("report/model_card.md", "report/report.html")


@pytest.mark.scl
def test_the_shipped_bundle_is_what_training_makes_of_the_real_data(scl_data, tmp_path):
    assert main(["--data", str(scl_data), "--out", str(tmp_path / "b")]) == 0
    made, shipped = contents(tmp_path / "b"), contents(SHIPPED)
    made_manifest, shipped_manifest = (json.loads(each.pop(bundle.MANIFEST)) for each in (made, shipped))
    for name in WRITTEN_BY_THE_REPORT:
        del shipped[name]
    assert made == shipped
    assert made_manifest["version"] == shipped_manifest["version"]
    assert made_manifest["provenance"]["data"] == shipped_manifest["provenance"]["data"]


@pytest.mark.scl
@pytest.mark.timeout(600)
def test_the_shipped_report_is_what_the_report_makes_of_the_real_data(scl_data, tmp_path):
    folder = shutil.copytree(SHIPPED, tmp_path / "b")
    bundle.add_report(folder, {"model_card.md": b"", "report.html": b""})
    assert main(["report", "--data", str(scl_data), "--bundle", str(folder)]) == 0
    assert contents(folder) == contents(SHIPPED)
