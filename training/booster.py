"""The booster: gradient-boosted trees that answer the probability of a delay."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import xgboost as xgb

from flights.bundle import OBJECTIVE

THREADS = 1
"""The order of sums, and so the booster's bytes, must not depend on the machine's cores."""


@dataclass(frozen=True, slots=True)
class Hyperparameters:
    """How the trees are grown.

    Those without a default are chosen by ``python -m training search``.

    Attributes:
        max_depth: Most decisions on the way to a leaf; with the number of trees, what a prediction costs.
        min_child_weight: Least weight of a leaf, in flights times p (1 - p).
        reg_lambda: How strongly small leaves are drawn to zero.
        eta: Share of each tree that is added.
        subsample: Share of the flights that a tree sees.
        colsample_bytree: Share of the columns that a tree sees.
        num_parallel_tree: Trees of a round; more of them average out what sampling leaves to luck.
        scale_pos_weight: Weight of a delayed flight; other than 1 it ruins the probabilities.
        eval_metric: What stops the trees: a proper score keeps probabilities honest.
        seed: Of the samples.
        nthread: Threads to fit with.
    """

    max_depth: int
    min_child_weight: float
    reg_lambda: float
    eta: float
    subsample: float
    colsample_bytree: float
    num_parallel_tree: int = 1
    scale_pos_weight: float = 1.0
    eval_metric: str = "logloss"
    seed: int = 0
    nthread: int = THREADS


HYPERPARAMETERS = Path(__file__).with_name("hyperparameters.json")
"""What the search chose, committed beside the code."""


def chosen_hyperparameters() -> Hyperparameters:
    """Return what the last search chose."""
    return Hyperparameters(**json.loads(HYPERPARAMETERS.read_text())["booster"])


MOST_ROUNDS = 400
PATIENCE_ROUNDS = 15
"""Rounds without a better validation loss after which training stops."""


def matrix(rows: npt.NDArray[np.float32], labels: npt.NDArray[np.bool_] | None = None) -> xgb.DMatrix:
    """Return FP32 rows of shape [n, k] for the booster; without names, which would slow down the runtime."""
    return xgb.DMatrix(rows, labels, nthread=THREADS)


def train(training: xgb.DMatrix, validation: xgb.DMatrix, hyperparameters: Hyperparameters) -> xgb.Booster:
    """Grow trees until the validation loss stops falling, and keep those up to its lowest point.

    The runtime does not apply ``best_iteration``, so the trees after it are cut off here.
    """
    booster = xgb.train(
        {"objective": OBJECTIVE, "tree_method": "hist", **asdict(hyperparameters)},
        training,
        num_boost_round=MOST_ROUNDS,
        evals=[(validation, "validation")],
        early_stopping_rounds=PATIENCE_ROUNDS,
        verbose_eval=False,
    )
    return booster[: booster.best_iteration + 1]


def probabilities(booster: xgb.Booster, rows: xgb.DMatrix) -> npt.NDArray[np.float32]:
    """Return the delay probability of n flights, FP32 of shape [n]."""
    predicted: npt.NDArray[np.float32] = booster.predict(rows)
    return predicted


def saved(booster: xgb.Booster) -> bytes:
    """Return the booster as UBJSON."""
    return bytes(booster.save_raw("ubj"))
