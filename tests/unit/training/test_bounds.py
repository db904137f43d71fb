import numpy as np
import pytest

from training.__main__ import main
from training.booster import chosen_hyperparameters
from training.bounds import FEWEST_FLIGHTS, bounds, learning_curve, shifted_to
from training.cleaning import clean
from training.dataset import read
from training.splits import temporal_split


@pytest.fixture(scope="module")
def cleaned(year_table):
    return clean(read(year_table))


@pytest.fixture(scope="module")
def split(cleaned):
    return temporal_split(cleaned.rows["Fecha-I"].to_list(), cleaned.delayed)


@pytest.mark.parametrize("share", [0.01, 0.5, 0.9])
def test_shifted_probabilities_have_the_share_and_keep_their_order(share):
    odds = np.linspace(-3, 1, 50)
    shifted = shifted_to(odds, share)
    assert shifted.mean() == pytest.approx(share)
    assert (np.diff(shifted) > 0).all()


@pytest.mark.parametrize("share", [0, 1])
def test_a_day_of_which_all_is_known_is_all_but_certain(share):
    assert shifted_to(np.linspace(-3, 1, 50), share) == pytest.approx(share, abs=1e-6)


def test_a_learning_curve_ends_with_the_whole_training_part(cleaned, split):
    curve = learning_curve(cleaned, split, chosen_hyperparameters())
    flights = [point.flights for point in curve]
    assert flights == sorted(flights)
    assert FEWEST_FLIGHTS <= flights[0] < 0.6 * flights[-1]
    assert flights[-1] == len(split.training)
    assert all(point.ci95[0] < point.pr_auc < point.ci95[1] for point in curve)


def test_who_knows_more_scores_no_less(cleaned, split):
    shipped, _, threshold, month, day, *_ = bounds(cleaned, split, chosen_hyperparameters())
    assert threshold.scores.f1 >= shipped.scores.f1
    assert threshold.scores.pr_auc == shipped.scores.pr_auc
    assert day.scores.brier < min(month.scores.brier, shipped.scores.brier)
    assert day.scores.pr_auc > shipped.scores.pr_auc


def test_the_command_writes_table_and_picture(year_table, tmp_path, capsys):
    assert main(["bounds", "--data", str(year_table), "--out", str(tmp_path)]) == 0
    lines = (tmp_path / "bounds.md").read_text().splitlines()
    assert [line.split(" | ")[0] for line in lines[2:]] == 7 * ["| temporal"] + 7 * ["| random"]
    assert b"<svg" in (tmp_path / "learning.svg").read_bytes()
    assert lines[2] in capsys.readouterr().out
