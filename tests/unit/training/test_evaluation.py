import numpy as np
import pytest

from training.evaluation import best_threshold, evaluate

DELAYED = np.array([False, False, True, False, True, True])
PROBABILITIES = np.array([0.1, 0.2, 0.3, 0.4, 0.5, 0.6], dtype=np.float32)


def test_the_threshold_is_the_one_with_the_highest_f1():
    threshold = best_threshold(DELAYED, PROBABILITIES)
    scores = [evaluate(DELAYED, PROBABILITIES, float(each)).f1 for each in PROBABILITIES]
    assert evaluate(DELAYED, PROBABILITIES, threshold).f1 == max(scores)
    assert threshold == float(np.float32(0.3))


def test_the_threshold_is_an_fp32_number_as_the_served_probabilities_are():
    threshold = best_threshold(DELAYED, PROBABILITIES)
    assert float(np.float32(threshold)) == threshold


def test_a_flight_on_the_threshold_counts_as_delayed():
    assert evaluate(DELAYED, PROBABILITIES, float(PROBABILITIES[2])).flagged == pytest.approx(4 / 6)


def test_scores_are_those_worked_out_by_hand():
    scores = evaluate(DELAYED, PROBABILITIES, float(PROBABILITIES[2]))
    assert (scores.precision, scores.recall) == (pytest.approx(3 / 4), 1.0)
    assert scores.f1 == pytest.approx(2 * 3 / 4 / (1 + 3 / 4))
    assert scores.flag_all_f1 == pytest.approx(2 * 0.5 / 1.5)
    assert scores.delayed == 0.5
    assert scores.roc_auc == pytest.approx(8 / 9)
    assert scores.pr_auc == pytest.approx((1 + 1 + 3 / 4) / 3)
    assert scores.brier == pytest.approx(np.mean((PROBABILITIES - DELAYED) ** 2))


def test_a_threshold_that_flags_nothing_scores_zero():
    assert evaluate(DELAYED, PROBABILITIES, 0.99).f1 == 0
