"""Whether calibrating the probabilities afterwards helps on later flights.

The calibration is fitted on the validation part, which also stopped the booster, and judged on what comes after:
a map that only repeats one month's share of delays makes the next month worse.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LogisticRegression

from training import booster as trees
from training.booster import Hyperparameters
from training.evaluation import Labels, Probabilities, calibration_error, log_losses
from training.judging import Window

_CLOSEST_TO_CERTAIN = 1e-6


@dataclass(frozen=True, slots=True)
class Calibrated:
    """One window's later flights under each calibration.

    Attributes:
        period: The flights judged.
        log_loss: By calibration: ``none``, ``Platt``, ``isotonic``.
        calibration_error: Expected calibration error, likewise.
    """

    period: str
    log_loss: dict[str, float]
    calibration_error: dict[str, float]


def calibrated(window: Window, hyperparameters: Hyperparameters) -> Calibrated:
    """Train on the window and judge each calibration on its last part."""
    learnt, validation, test = window.parts
    booster = trees.train(learnt, validation, hyperparameters)
    known, later = trees.probabilities(booster, validation), trees.probabilities(booster, test)
    happened = window.delayed[2]
    answers = {
        "none": later,
        "Platt": platt(window.delayed[1], known, later),
        "isotonic": isotonic(window.delayed[1], known, later),
    }
    return Calibrated(
        window.split.periods[2],
        {name: float(log_losses(happened, each).mean()) for name, each in answers.items()},
        {name: calibration_error(happened, each) for name, each in answers.items()},
    )


def platt(delayed: Labels, known: Probabilities, later: Probabilities) -> Probabilities:
    """Fit a logistic curve over the log odds of known flights and apply it to later ones."""
    model = LogisticRegression(C=np.inf).fit(_log_odds(known), delayed)
    answers: Probabilities = model.predict_proba(_log_odds(later))[:, 1].astype(np.float32)
    return answers


def isotonic(delayed: Labels, known: Probabilities, later: Probabilities) -> Probabilities:
    """Fit the best rising steps over the probabilities of known flights and apply them to later ones."""
    model = IsotonicRegression(out_of_bounds="clip").fit(known, delayed)
    answers: Probabilities = model.predict(later).astype(np.float32)
    return answers


def _log_odds(probabilities: Probabilities) -> npt.NDArray[np.float64]:
    clipped = np.clip(probabilities.astype(np.float64), _CLOSEST_TO_CERTAIN, 1 - _CLOSEST_TO_CERTAIN)
    odds: npt.NDArray[np.float64] = np.log(clipped / (1 - clipped))[:, None]
    return odds
