"""The bundle in the repository, the default of ``make serve``."""

import json
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


@pytest.mark.scl
def test_the_shipped_bundle_is_what_training_makes_of_the_real_data(scl_data, tmp_path):
    assert main(["--data", str(scl_data), "--out", str(tmp_path / "b")]) == 0
    made, shipped = contents(tmp_path / "b"), contents(SHIPPED)
    made_manifest, shipped_manifest = (json.loads(each.pop(bundle.MANIFEST)) for each in (made, shipped))
    assert made == shipped
    assert made_manifest["version"] == shipped_manifest["version"]
    assert made_manifest["provenance"]["data"] == shipped_manifest["provenance"]["data"]
