"""The reference of a bundle: what its booster answers to the flights of the table that it was trained on."""

import xgboost as xgb

from flights.encoder import Encoder
from flights.reference import Reference
from training import booster as trees
from training.cleaning import Cleaned
from training.recipe import flights_of


def reference(booster: xgb.Booster, encoder: Encoder, cleaned: Cleaned) -> Reference:
    """Return the delay probabilities of all flights of a table, counted.

    All, not only the training part: the answers of one season are not those of a year.
    """
    matrix = encoder.encode(flights_of(cleaned.rows)).matrix()
    return Reference.of(trees.probabilities(booster, trees.matrix(matrix)).tolist())
