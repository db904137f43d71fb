import json
from dataclasses import replace

import numpy as np
import pytest

from training.__main__ import main
from training.cleaning import clean
from training.compare import CANDIDATES, Table, compare
from training.dataset import read
from training.splits import temporal_split

QUICK = [name for name in CANDIDATES if name not in ("GLMM", "old service")]


@pytest.fixture(scope="module")
def table(year_table):
    cleaned = clean(read(year_table))
    return Table(cleaned, temporal_split(cleaned.rows["Fecha-I"].to_list(), cleaned.delayed))


@pytest.mark.parametrize("name", QUICK)
def test_no_candidate_learns_from_the_test(table, name):
    answers = table.delayed.copy()
    answers[table.split.test] = ~answers[table.split.test]
    other = Table(replace(table.cleaned, delayed=answers), table.split)
    here, there = (CANDIDATES[name](each) for each in (table, other))
    assert np.array_equal(here.probabilities, there.probabilities)


def test_flagging_all_scores_as_the_scores_say_and_the_majority_flags_none(table):
    flag_all, majority = compare("flag all", table), compare("majority", table)
    assert flag_all.scores.f1 == pytest.approx(flag_all.scores.flag_all_f1)
    assert majority.scores.f1 == 0
    assert majority.scores.roc_auc == 0.5
    assert flag_all.scores.pr_auc == pytest.approx(flag_all.scores.delayed)


def test_the_old_service_keeps_its_own_threshold_and_weight(table):
    old = compare("old service", table)
    assert old.fitted.threshold == 0.5
    assert old.scores.log_loss > compare("m-estimate", table).scores.log_loss


def test_the_shipped_way_to_encode_is_as_good_here_as_in_the_bundle(table):
    row = compare("m-estimate", table)
    assert row.fitted.columns == 10
    assert row.scores.f1 > row.scores.flag_all_f1
    assert row.ci95["f1"][0] < row.scores.f1 < row.ci95["f1"][1]


def test_the_command_writes_both_splits_as_table_json_and_picture(year_table, tmp_path, capsys):
    names = ["one-hot", "flag all"]
    arguments = [word for name in names for word in ("--only", name)]
    assert main(["compare", "--data", str(year_table), "--out", str(tmp_path), *arguments]) == 0
    content = json.loads((tmp_path / "compare.json").read_text())
    splits = [(row["split"], row["name"]) for row in content]
    assert splits == [(split, name) for split in ("temporal", "random") for name in names]
    assert set(content[0]["fitted"]) == {"columns", "encode_s", "fit_s", "predict_ms"}
    assert "| one-hot |" in (tmp_path / "compare.md").read_text()
    assert b"<svg" in (tmp_path / "compare.svg").read_bytes()
    assert "flag all" in capsys.readouterr().out
