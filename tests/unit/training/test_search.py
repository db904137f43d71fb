import json
from dataclasses import replace

import pytest
from rich.progress import Progress

from training.__main__ import main
from training.booster import HYPERPARAMETERS, chosen_hyperparameters
from training.cleaning import clean
from training.dataset import read
from training.judging import Judged, encoded, judge
from training.search import SHALLOW, choose, no_worse, search
from training.splits import temporal_split
from training.windows import windows


@pytest.fixture(scope="module")
def cleaned(year_table):
    return clean(read(year_table))


@pytest.fixture(scope="module")
def cut(cleaned):
    return encoded(cleaned, windows(cleaned.rows["Fecha-I"].to_list(), cleaned.delayed)[-2:])


def found(cut, path, *trials):
    with Progress(disable=True) as progress:
        return search(cut, path / "study.log", "0" * 64, trials, progress)


def judged(depth, *pr_auc):
    hyperparameters = replace(chosen_hyperparameters(), max_depth=depth)
    return Judged(hyperparameters, pr_auc, 0.4, 0.5, 0.15, 0.05, 0.05, 30)


def test_two_searches_find_the_same(cut, tmp_path):
    assert found(cut, tmp_path / "a", 3, 2) == found(cut, tmp_path / "b", 3, 2)


def test_a_search_that_was_stopped_goes_on_as_if_it_had_not_been(cut, tmp_path):
    found(cut, tmp_path / "a", 2, 1)
    assert found(cut, tmp_path / "a", 3, 2) == found(cut, tmp_path / "b", 3, 2)


def test_the_second_stage_is_shallow(cut, tmp_path):
    trials = found(cut, tmp_path, 2, 4).trials
    assert len(trials) == 6
    assert all(each.hyperparameters.max_depth <= SHALLOW for each in trials[2:])


def test_the_cheapest_of_those_that_are_no_worse_beyond_noise_is_chosen():
    best = judged(10, 0.30, 0.40, 0.35)
    behind_by_noise = judged(6, 0.31, 0.38, 0.34)
    behind_everywhere = judged(4, 0.29, 0.389, 0.341)
    assert no_worse(best, behind_by_noise)
    assert not no_worse(best, behind_everywhere)
    assert choose([best, behind_by_noise, behind_everywhere]) is behind_by_noise
    assert choose([best, behind_everywhere]) is best


def test_outcomes_of_the_temporal_test_change_nothing_that_is_judged(cleaned, cut):
    scheduled = cleaned.rows["Fecha-I"].to_list()
    answers = cleaned.delayed.copy()
    test = temporal_split(scheduled, answers).test
    answers[test[::3]] = ~answers[test[::3]]
    # the same windows: the random split's test part follows the outcomes
    splits = [window.split for window in cut]
    other = encoded(replace(cleaned, delayed=answers), splits)
    hyperparameters = chosen_hyperparameters()
    assert judge(other, hyperparameters, (0,)) == judge(cut, hyperparameters, (0,))


def test_a_deep_booster_without_regularisation_has_a_wide_gap(cut):
    wild = replace(chosen_hyperparameters(), max_depth=10, min_child_weight=0.1, reg_lambda=0.1)
    tame = replace(chosen_hyperparameters(), max_depth=2)
    assert judge(cut, wild, (0,)).gap > judge(cut, tame, (0,)).gap + 0.05


def test_the_command_writes_the_file_that_training_reads(year_table, tmp_path):
    out = tmp_path / "hyperparameters.json"
    arguments = ["--study", str(tmp_path / "study.log"), "--trials", "1", "1", "--out", str(out)]
    assert main(["search", "--data", str(year_table), *arguments]) == 0
    assert set(json.loads(out.read_text())["booster"]) == set(json.loads(HYPERPARAMETERS.read_text())["booster"])
    assert len(json.loads((tmp_path / "study.json").read_text())) == 2


def test_the_committed_hyperparameters_are_what_training_uses():
    told = json.loads(HYPERPARAMETERS.read_text())["booster"]
    used = chosen_hyperparameters()
    assert {name: getattr(used, name) for name in told} == told
    assert used.scale_pos_weight == 1
