"""Weights of delayed flights and calibrations, all of them judged on flights later than what they were fitted on.

A calibration is fitted on the validation part, which also stopped the booster: a map that only repeats one month's
share of delays makes the next month worse.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import xgboost as xgb
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score

from training.booster import Hyperparameters
from training.evaluation import Labels, Probabilities, log_losses
from training.judging import Answers, Judged, Window, answers, judged

_CLOSEST_TO_CERTAIN = 1e-6
_UNTUNED = 0.5


@dataclass(frozen=True, slots=True)
class Weighed:
    """One weight of delayed flights under one calibration.

    Attributes:
        weight: Name of the weight.
        calibration: Name of the calibration.
        judged: Scores at the threshold that the validation part chose.
        untuned_f1: Mean F1 at the threshold .5.
        log_losses: Log loss of each window, mean over the seeds.
    """

    weight: str
    calibration: str
    judged: Judged
    untuned_f1: float
    log_losses: tuple[float, ...]


def weigh(
    weight: str, windows: list[Window], hyperparameters: Hyperparameters, seeds: tuple[int, ...]
) -> list[Weighed]:
    """Train on every window with one of ``WEIGHTS``, and judge the answers under each of ``CALIBRATIONS``."""
    weighted = [with_weight(window, WEIGHTS[weight](window.delayed[0])) for window in windows]
    answered = answers(weighted, hyperparameters, seeds)
    found = []
    for name in CALIBRATIONS:
        mapped = [
            [calibrated(window, each, name) for each in of_seeds]
            for window, of_seeds in zip(windows, answered, strict=True)
        ]
        pairs = list(zip(windows, mapped, strict=True))
        untuned = [
            f1_score(window.delayed[2], each.scoring >= _UNTUNED) for window, of_seeds in pairs for each in of_seeds
        ]
        losses = [
            float(np.mean([log_losses(window.delayed[2], each.scoring).mean() for each in of_seeds]))
            for window, of_seeds in pairs
        ]
        scores = judged(hyperparameters, windows, mapped)
        found.append(Weighed(weight, name, scores, float(np.mean(untuned)), tuple(losses)))
    return found


def with_weight(window: Window, weight: float) -> Window:
    """Return the window with a weight on its delayed flights, in what trains and in what stops.

    To train it is ``scale_pos_weight``; that alone would let flights without it stop the booster, and too early.
    """
    learnt, stopping = (
        _weighted(part, np.where(delayed, weight, 1.0))
        for part, delayed in zip(window.parts[:2], window.delayed[:2], strict=True)
    )
    return replace(window, parts=(learnt, stopping, window.parts[2]))


def _weighted(part: xgb.DMatrix, weights: npt.NDArray[np.float64]) -> xgb.DMatrix:
    copied: xgb.DMatrix = part.slice(np.arange(part.num_row()))
    copied.set_weight(weights)
    return copied


def calibrated(window: Window, answered: Answers, name: str) -> Answers:
    """Fit one of ``CALIBRATIONS`` on the stopping part and apply it to both parts."""
    calibrate, delayed, known = CALIBRATIONS[name], window.delayed[1], answered.stopping
    stopping, scoring = (calibrate(delayed, known, each) for each in (known, answered.scoring))
    return replace(answered, stopping=stopping, scoring=scoring)


def _uncalibrated(_: Labels, __: Probabilities, later: Probabilities) -> Probabilities:
    return later


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


CALIBRATIONS: dict[str, Callable[[Labels, Probabilities, Probabilities], Probabilities]] = {
    "none": _uncalibrated,
    "Platt": platt,
    "isotonic": isotonic,
}
"""From outcomes and probabilities of known flights, and probabilities of later ones, to what these become."""

WEIGHTS: dict[str, Callable[[Labels], float]] = {
    "1": lambda _: 1.0,
    "square root": lambda delayed: float(np.sqrt(_balancing(delayed))),
    "full": lambda delayed: _balancing(delayed),
}
"""From the training part's outcomes to the weight of a delayed flight; ``full`` makes both kinds weigh alike."""


def _balancing(delayed: Labels) -> float:
    return float((~delayed).sum() / delayed.sum())
