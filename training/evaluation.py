"""How good a booster is on flights that it never saw."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from sklearn.metrics import (
    average_precision_score,
    brier_score_loss,
    f1_score,
    precision_recall_curve,
    precision_score,
    recall_score,
    roc_auc_score,
)

Labels = npt.NDArray[np.bool_]
Probabilities = npt.NDArray[np.float32]

_SMALLEST_LIKELIHOOD = 1e-7
_CALIBRATION_BINS = 10


@dataclass(frozen=True, slots=True)
class Scores:
    """What is measured on a test part; each from 0 to 1 but for the log loss.

    Attributes:
        f1: F1 of the decision ``probability >= threshold``, for the delayed flights.
        pr_auc: Average precision.
        roc_auc: Area under the ROC curve.
        brier: Mean squared error of the probabilities; lower is better.
        log_loss: Mean negative log likelihood of what happened; lower is better, and it may exceed 1.
        calibration_error: Expected calibration error, see there.
        flag_all_f1: F1 of calling every flight delayed.
        precision: Share of the flagged flights that were delayed.
        recall: Share of the delayed flights that were flagged.
        flagged: Share of the flights that were flagged.
        delayed: Share of the flights that were delayed.
    """

    f1: float
    pr_auc: float
    roc_auc: float
    brier: float
    log_loss: float
    calibration_error: float
    flag_all_f1: float
    precision: float
    recall: float
    flagged: float
    delayed: float


def log_losses(delayed: Labels, probabilities: Probabilities) -> npt.NDArray[np.float64]:
    """Return the negative log likelihood of each of n outcomes; a certainty is taken as one in 10 million short."""
    likelihood = np.where(delayed, probabilities, 1 - probabilities.astype(np.float64))
    losses: npt.NDArray[np.float64] = -np.log(np.maximum(likelihood, _SMALLEST_LIKELIHOOD))
    return losses


def calibration_bins(delayed: Labels, probabilities: Probabilities) -> npt.NDArray[np.float64]:
    """Return for up to ten bins of equally many flights: mean probability, share delayed, flights; [bins, 3]."""
    order = np.argsort(probabilities, kind="stable")
    bins = [part for part in np.array_split(order, _CALIBRATION_BINS) if len(part)]
    return np.array([(probabilities[part].mean(dtype=np.float64), delayed[part].mean(), len(part)) for part in bins])


def calibration_error(delayed: Labels, probabilities: Probabilities) -> float:
    """Return the expected calibration error: over those bins, how far probability and share delayed are apart."""
    predicted, happened, flights = calibration_bins(delayed, probabilities).T
    return float(np.average(np.abs(predicted - happened), weights=flights))


def best_threshold(delayed: Labels, probabilities: Probabilities) -> float:
    """Return the threshold with the highest F1 on the validation part, the lowest of equals.

    It is the probability of one of its flights, so an FP32 probability compares with it exactly, as served.
    """
    precision, recall, thresholds = precision_recall_curve(delayed, probabilities)
    f1 = 2 * precision * recall / np.maximum(precision + recall, np.finfo(np.float64).tiny)
    return float(np.float32(thresholds[np.argmax(f1[:-1])]))


def evaluate(delayed: Labels, probabilities: Probabilities, threshold: float) -> Scores:
    """Judge the probabilities of n flights against what happened; both classes must be there."""
    flagged = probabilities >= np.float32(threshold)
    return Scores(
        f1=float(f1_score(delayed, flagged)),
        pr_auc=float(average_precision_score(delayed, probabilities)),
        roc_auc=float(roc_auc_score(delayed, probabilities)),
        brier=float(brier_score_loss(delayed, probabilities)),
        log_loss=float(log_losses(delayed, probabilities).mean()),
        calibration_error=calibration_error(delayed, probabilities),
        flag_all_f1=float(f1_score(delayed, np.ones_like(delayed))),
        precision=float(precision_score(delayed, flagged, zero_division=0)),
        recall=float(recall_score(delayed, flagged)),
        flagged=float(flagged.mean()),
        delayed=float(delayed.mean()),
    )
