from dataclasses import replace

import numpy as np
import pytest
import xgboost as xgb

from training import booster
from training.__main__ import main
from training.ablation import COLUMNS, ENCODER, GROWTH, SHIPPED, measure
from training.booster import chosen_hyperparameters
from training.cleaning import clean
from training.dataset import read
from training.judging import shipped_columns
from training.splits import temporal_split

EVERY = COLUMNS | ENCODER | GROWTH


@pytest.fixture(scope="module")
def cleaned(year_table):
    return clean(read(year_table))


@pytest.fixture(scope="module")
def split(cleaned):
    return temporal_split(cleaned.rows["Fecha-I"].to_list(), cleaned.delayed)


@pytest.mark.parametrize("name", EVERY)
def test_no_change_sees_an_outcome_outside_the_training_part_or_the_departure_as_it_was(cleaned, split, name):
    answers = ~cleaned.delayed
    answers[split.training] = cleaned.delayed[split.training]
    backwards = {column: cleaned.rows[column].to_numpy()[::-1] for column in ("Fecha-O", "DIA", "MES", "AÑO", "DIANOM")}
    other = replace(cleaned, delayed=answers, rows=cleaned.rows.assign(**backwards))
    here, there = (EVERY[name].columns(each, split.training) for each in (cleaned, other))
    assert len(here) == len(cleaned.rows)
    assert here.tobytes() == there.tobytes()


def test_every_change_of_columns_or_encoder_changes_what_the_booster_reads(cleaned, split):
    shipped = shipped_columns(cleaned, split.training)
    # no code of these flights is seen between 20 and 150 times
    same = {SHIPPED, "m = 50, rare below 20", "m = 50, rare below 150"}
    for name, change in (COLUMNS | ENCODER).items():
        columns = change.columns(cleaned, split.training)
        assert (columns.shape == shipped.shape and np.array_equal(columns, shipped)) == (name in same), name


def test_a_change_gains_what_it_gains_on_the_same_draws(cleaned, split):
    shipped, again, blind = (
        measure(COLUMNS[name], cleaned, [split], chosen_hyperparameters(), (0,))
        for name in (SHIPPED, SHIPPED, "without minute_of_day")
    )
    assert again.gain(shipped).low == again.gain(shipped).high == 0
    lost = blind.gain(shipped)
    assert lost.low < lost.value < lost.high < 0


def test_recent_flights_weigh_more_and_all_together_as_much_as_before(cleaned, split):
    weights = GROWTH["flights of two months ago weigh half"].weights(cleaned, split.training)
    days = np.array(cleaned.rows["Fecha-I"].to_list(), dtype="datetime64[D]")[split.training]
    last = weights[days == days.max()][0]
    assert weights.mean() == pytest.approx(1)
    assert weights[days == days.max() - 60][0] == pytest.approx(last / 2)


def test_weights_reach_the_booster(cleaned, split):
    plain, recent = (
        measure(GROWTH[name], cleaned, [split], chosen_hyperparameters(), (0,))
        for name in (SHIPPED, "flights of two months ago weigh half")
    )
    assert plain.scores.pr_auc != recent.scores.pr_auc


def test_several_trees_a_round_are_grown_and_cut_off_by_the_round(cleaned, split):
    matrix = shipped_columns(cleaned, split.training)
    learnt, stopping = (booster.matrix(matrix[part], cleaned.delayed[part]) for part in (split.training, split.test))
    grown = booster.train(learnt, stopping, replace(chosen_hyperparameters(), num_parallel_tree=3))
    assert isinstance(grown, xgb.Booster)
    assert len(grown.get_dump()) == 3 * grown.num_boosted_rounds()


def test_the_command_writes_the_tables_that_it_is_asked_for(year_table, tmp_path, capsys):
    out = tmp_path / "tables" / "ablate.md"
    assert main(["ablate", "--data", str(year_table), "--out", str(out), "--only", "weights", "--seeds", "3"]) == 0
    rows = [line.split(" | ")[:2] for line in out.read_text().splitlines() if line.startswith(("| 1 ", "| s", "| f"))]
    weights, calibrations = ("1", "square root", "full"), ("none", "Platt", "isotonic")
    assert rows == 2 * [[f"| {weight}", calibration] for weight in weights for calibration in calibrations]
    assert out.read_text() in capsys.readouterr().out
