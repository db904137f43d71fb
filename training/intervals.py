"""How sure a score is: 95 % intervals by bootstrap over days.

Flights of one day share its weather and its knock-on delays, so whole days are drawn, with replacement, and not
single flights: intervals from single flights would be about half as wide and wrong.
The draws depend on the number of days alone, so two models judged on the same flights are judged on the same
draws, and their differences can be taken draw by draw.
"""

from dataclasses import dataclass, fields

import numpy as np
import numpy.typing as npt

from training.evaluation import Labels, Probabilities, log_losses

DRAWS = 1000

_SEED = 0
_CHUNK = 50
"""Draws that are ranked at once; bounds the memory."""

Scores = npt.NDArray[np.float64]
Days = npt.NDArray[np.datetime64]


@dataclass(frozen=True, slots=True)
class Resampled:
    """Scores of every draw, each of shape [DRAWS]; NaN where a draw has no flight of one kind.

    Attributes:
        f1: F1 at the threshold.
        pr_auc: Average precision.
        roc_auc: Area under the ROC curve.
        brier: Mean squared error of the probabilities.
        log_loss: Mean log loss of the probabilities.
        f1_over_flag_all: F1 minus that of calling every flight delayed.
    """

    f1: Scores
    pr_auc: Scores
    roc_auc: Scores
    brier: Scores
    log_loss: Scores
    f1_over_flag_all: Scores

    def ci95(self) -> dict[str, tuple[float, float]]:
        """Return the lower and upper end of each score's 95 % interval, by name."""
        return {field.name: interval(getattr(self, field.name)) for field in fields(self)}


@dataclass(frozen=True, slots=True)
class Difference:
    """How much more one model scores than another, on the same flights.

    Attributes:
        value: On the flights as they are.
        low: Lower end of its 95 % interval.
        high: Upper end.
    """

    value: float
    low: float
    high: float

    @classmethod
    def of(cls, value: float, draws: Scores) -> "Difference":
        """Take the interval from the difference of every draw, of shape [DRAWS]."""
        return cls(value, *interval(draws))

    def __str__(self) -> str:
        return f"{self.value:+.4f} ({self.low:+.4f} to {self.high:+.4f})"


def days_of(scheduled: list[str]) -> Days:
    """Return the day of each scheduled departure."""
    return np.array(scheduled, dtype="datetime64[D]")


def interval(scores: Scores) -> tuple[float, float]:
    """Return the lower and upper end of the 95 % interval."""
    low, high = np.nanquantile(scores, (0.025, 0.975))
    return float(low), float(high)


def resample(delayed: Labels, probabilities: Probabilities, threshold: float, days: Days) -> Resampled:
    """Score n flights of known outcome on every draw of their days."""
    distinct, day = np.unique(days, return_inverse=True)
    count = len(distinct)
    weights = np.random.default_rng(_SEED).multinomial(count, np.full(count, 1 / count), DRAWS).astype(np.float64)
    flagged = probabilities >= np.float32(threshold)
    errors = (probabilities.astype(np.float64) - delayed) ** 2
    columns = (np.ones(len(day)), delayed, flagged, flagged & delayed, errors, log_losses(delayed, probabilities))
    sums = weights @ np.stack([np.bincount(day, column, count) for column in columns], axis=1)
    flights, late, called, hits, error, loss = sums.T
    with np.errstate(divide="ignore", invalid="ignore"):
        f1 = 2 * hits / (called + late)
        flag_all = 2 * late / (flights + late)
        brier, log_loss = error / flights, loss / flights
    pr_auc, roc_auc = _areas(delayed, probabilities, day, weights)
    return Resampled(f1, pr_auc, roc_auc, brier, log_loss, f1 - flag_all)


def _areas(
    delayed: Labels, probabilities: Probabilities, day: npt.NDArray[np.intp], weights: npt.NDArray[np.float64]
) -> tuple[Scores, Scores]:
    """Return average precision and ROC area of every draw; flights of equal probability count as one step."""
    order = np.argsort(-probabilities, kind="stable")
    ends = np.append(np.flatnonzero(np.diff(probabilities[order])), len(order) - 1)
    day_ranked, late_ranked = day[order], delayed[order]
    pr_auc, roc_auc = [], []
    for start in range(0, len(weights), _CHUNK):
        drawn = weights[start : start + _CHUNK, day_ranked]
        late = np.cumsum(drawn * late_ranked, axis=1)[:, ends]
        flights = np.cumsum(drawn, axis=1)[:, ends]
        steps = np.diff(late, axis=1, prepend=0)
        on_time = flights - late
        with np.errstate(divide="ignore", invalid="ignore"):
            precision = np.where(flights > 0, late / flights, 0)
            pr_auc.append((steps * precision).sum(axis=1) / late[:, -1])
            above = on_time - np.diff(on_time, axis=1, prepend=0) / 2
            roc_auc.append(1 - (steps * above).sum(axis=1) / (late[:, -1] * on_time[:, -1]))
    return np.concatenate(pr_auc), np.concatenate(roc_auc)
