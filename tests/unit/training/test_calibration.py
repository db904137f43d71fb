from dataclasses import replace

import numpy as np
import pytest

from training import booster
from training.booster import chosen_hyperparameters
from training.calibration import CALIBRATIONS, WEIGHTS, isotonic, platt, weigh, with_weight
from training.cleaning import clean
from training.dataset import read
from training.evaluation import calibration_error
from training.judging import encoded
from training.splits import temporal_split


@pytest.fixture(scope="module")
def window(year_table):
    cleaned = clean(read(year_table))
    [cut] = encoded(cleaned, [temporal_split(cleaned.rows["Fecha-I"].to_list(), cleaned.delayed)])
    return cut


def happening(count, seed):
    """Return probabilities, what happened by them, and the same probabilities told too high."""
    random = np.random.default_rng(seed)
    odds = random.normal(-1.5, 1, count)
    delayed = random.random(count) < 1 / (1 + np.exp(-odds))
    return delayed, (1 / (1 + np.exp(-odds - 1.5))).astype(np.float32)


@pytest.mark.parametrize("calibrate", [platt, isotonic])
def test_probabilities_that_are_too_high_come_down_on_later_flights(calibrate):
    delayed, known = happening(20_000, 0)
    happened, later = happening(20_000, 1)
    assert calibration_error(happened, later) > 0.15
    assert calibration_error(happened, calibrate(delayed, known, later)) < 0.02


def test_a_weight_moves_the_probabilities_as_scale_pos_weight_does(window):
    plain = chosen_hyperparameters()
    weighted = with_weight(window, 3.0).parts
    # its own metric, which a weight of both kinds does not move, so that neither is stopped early
    by_rank = replace(plain, eval_metric="auc")
    without, here, there = (
        booster.probabilities(booster.train(*parts[:2], each), window.parts[2]).mean()
        for parts, each in (
            (window.parts, by_rank),
            (weighted, by_rank),
            (window.parts, replace(by_rank, scale_pos_weight=3.0)),
        )
    )
    assert here == pytest.approx(there, abs=0.03)
    assert here > without + 0.1


def test_the_window_itself_keeps_its_weights(window):
    with_weight(window, 3.0)
    assert len(window.parts[0].get_weight()) == 0


def test_the_full_weight_makes_both_kinds_weigh_alike():
    delayed = np.array([True] + [False] * 4)
    assert [weight(delayed) for weight in WEIGHTS.values()] == [1, 2, 4]


def test_a_weight_ruins_the_probabilities_and_a_calibration_mends_them(window):
    plain, *_ = weigh("1", [window], chosen_hyperparameters(), (0,))
    full = weigh("full", [window], chosen_hyperparameters(), (0,))
    assert [each.calibration for each in full] == list(CALIBRATIONS)
    raw, *mended = (each.judged for each in full)
    assert raw.calibration_error > 2 * plain.judged.calibration_error
    assert all(each.calibration_error < raw.calibration_error / 2 for each in mended)
    assert mended[0].pr_auc == pytest.approx(raw.pr_auc, abs=1e-3)
    assert full[0].untuned_f1 > plain.untuned_f1
