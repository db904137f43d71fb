import numpy as np
import pytest
import xgboost as xgb

from flights.booster import read_header
from training.booster import (
    MOST_ROUNDS,
    PATIENCE_ROUNDS,
    chosen_hyperparameters,
    matrix,
    probabilities,
    saved,
    train,
)


def flights(seed: int, noise: float):
    random = np.random.default_rng(seed)
    rows = random.random((800, 3), dtype=np.float32)
    return rows, rows[:, 0] + noise * random.normal(size=800) > 0.7


@pytest.fixture(scope="module")
def parts():
    return matrix(*flights(1, 0.3)), matrix(*flights(2, 0.3))


def test_trees_after_the_lowest_validation_loss_are_cut_off(parts):
    booster = train(*parts, chosen_hyperparameters())
    trees = booster.num_boosted_rounds()
    assert 0 < trees < MOST_ROUNDS - PATIENCE_ROUNDS
    parameters = {"objective": "binary:logistic", "tree_method": "hist", **vars_of(chosen_hyperparameters())}
    longer = xgb.train(parameters, parts[0], trees + 20)
    assert np.array_equal(longer.predict(parts[1], iteration_range=(0, trees)), probabilities(booster, parts[1]))
    losses = [loss(parts[1], longer.predict(parts[1], iteration_range=(0, size))) for size in range(1, trees + 20)]
    assert np.argmin(losses) + 1 == trees


def vars_of(hyperparameters):
    return {name: getattr(hyperparameters, name) for name in hyperparameters.__slots__}


def loss(part, predicted):
    labels = part.get_label() > 0
    return -np.log(np.where(labels, predicted, 1 - predicted)).mean()


def test_a_saved_booster_answers_as_the_one_in_memory(parts):
    booster = train(*parts, chosen_hyperparameters())
    loaded = xgb.Booster(model_file=bytearray(saved(booster)))
    assert np.array_equal(probabilities(loaded, parts[1]), probabilities(booster, parts[1]))


def test_a_saved_booster_is_one_that_the_runtime_reads(parts):
    header = read_header(saved(train(*parts, chosen_hyperparameters())))
    assert header.xgboost_version[:2] == (2, 1)
    assert (header.column_count, header.objective) == (3, "binary:logistic")


def test_the_same_flights_give_the_same_bytes(parts):
    assert saved(train(*parts, chosen_hyperparameters())) == saved(train(*parts, chosen_hyperparameters()))
