import json
import shutil
from dataclasses import replace

import numpy as np
import pytest

from flights import bundle
from tests.unit.training.conftest import make_year, write_table
from training.__main__ import main
from training.cleaning import clean
from training.dataset import read
from training.judged_bundle import judged_bundle, later_flights
from training.promotion import judge


@pytest.fixture(scope="module")
def trained(year_table, tmp_path_factory):
    out = tmp_path_factory.mktemp("promotion") / "trained"
    assert main(["--data", str(year_table), "--out", str(out)]) == 0
    return out


@pytest.fixture(scope="module")
def judged(year_table, trained):
    cleaned = clean(read(year_table))
    return judged_bundle(trained, cleaned, later_flights(cleaned))


def answering(judged, probabilities):
    return replace(judged, probabilities=probabilities.astype(np.float32))


def test_the_same_booster_is_not_promoted(judged):
    verdict = judge(judged, judged)
    assert not verdict.promoted
    assert {(each.value, each.low, each.high) for each in verdict.differences.values()} == {(0, 0, 0)}


def test_a_booster_that_ranks_better_is_promoted(judged):
    better = answering(judged, np.clip(judged.probabilities + 0.2 * judged.delayed, 0, 1))
    verdict = judge(judged, better)
    assert verdict.promoted
    assert "ranks better" in verdict.reason
    assert not judge(better, judged).promoted


def test_a_booster_that_ranks_alike_and_is_better_calibrated_is_promoted(judged):
    # halved probabilities rank the same; the threshold goes with them
    threshold = judged.bundle.threshold / 2
    halved = replace(answering(judged, judged.probabilities / 2), bundle=replace(judged.bundle, threshold=threshold))
    verdict = judge(halved, judged)
    assert verdict.promoted
    assert "better calibrated" in verdict.reason
    assert not judge(judged, halved).promoted


def test_a_booster_that_ranks_better_and_has_ruined_probabilities_is_not_promoted(judged):
    ruined = np.clip(judged.probabilities / 2 + 0.5 + 0.1 * judged.delayed, 0, 1)
    verdict = judge(judged, answering(judged, ruined))
    assert verdict.differences["pr_auc"].low > 0
    assert not verdict.promoted


def test_bundles_judged_on_different_flights_cannot_be_compared(judged):
    with pytest.raises(ValueError, match="different flights"):
        judge(judged, replace(judged, delayed=~judged.delayed))


def promote(table, champion, challenger, *more):
    return main(["promote", "--data", str(table), "--champion", str(champion), "--challenger", str(challenger), *more])


def test_the_verdict_is_written_into_the_challenger_which_keeps_its_version(year_table, trained, tmp_path, capsys):
    challenger = shutil.copytree(trained, tmp_path / "challenger")
    assert promote(year_table, trained, challenger) == 1
    verdict = json.loads((challenger / "report" / "promotion.json").read_text())
    assert verdict["promoted"] is False
    assert verdict["period"].startswith("2019-11-0")
    assert bundle.decode(challenger).version == bundle.decode(trained).version
    assert "not promoted" in capsys.readouterr().out
    assert not (trained / "report" / "promotion.json").exists()


def test_a_challenger_of_another_table_is_refused(trained, tmp_path, capsys):
    other = write_table(tmp_path / "other.csv", make_year(seed=8))
    assert promote(other, trained, trained) == 2
    assert "it is not known which of its flights are new" in capsys.readouterr().err.splitlines()[-1]


@pytest.mark.parametrize("margin", ["-1", "x", "nan", "1"])
def test_a_margin_that_is_none_is_refused(year_table, trained, margin):
    with pytest.raises(SystemExit, match="2"):
        promote(year_table, trained, trained, "--margin", margin)
