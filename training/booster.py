"""The booster: gradient-boosted trees that answer the probability of a delay."""

from dataclasses import asdict, dataclass

import numpy as np
import numpy.typing as npt
import xgboost as xgb

from flights.bundle import OBJECTIVE

THREADS = 1
"""The order of sums, and so the booster's bytes, must not depend on the machine's cores."""


@dataclass(frozen=True, slots=True)
class Hyperparameters:
    """How the trees are grown.

    Searched by hand, by average precision and log loss on June, August, September and October, each with the
    months before it trained on; docs/decisions/0003-the-booster-that-ships.md says which were chosen less cleanly.
    """

    max_depth: int = 10  # 3 and 5 are worse, 12 no better: a delay is hour x airline x destination x day
    min_child_weight: float = 5.0  # 20 and 50 are worse, 1 no better
    reg_lambda: float = 20.0  # pays for the depth: small leaves are drawn to the average
    eta: float = 0.15  # .1 and .05 take longer for nothing, .2 is a little worse
    subsample: float = 0.8  # customary; .5 is worse
    colsample_bytree: float = 0.6  # .4, .8 and sampling by node are worse
    scale_pos_weight: float = 1.0  # any other weight ruins the probabilities; the threshold does its work
    eval_metric: str = "logloss"  # a proper score: what stops the trees also keeps probabilities honest
    seed: int = 0
    nthread: int = THREADS


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
