"""Where a booster does well and where it fails: its scores by month, airline and destination."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.metrics import average_precision_score, f1_score

from training.evaluation import Labels, Probabilities, calibration_error

LARGEST = 10
"""How many airlines and destinations are told apart."""


@dataclass(frozen=True, slots=True)
class Slice:
    """Some of the test's flights.

    Attributes:
        by: ``month``, ``airline`` or ``destination``.
        name: Which one.
        flights: How many flights.
        delayed: Share of them that was delayed.
        probability: Mean probability that they were given.
        f1: F1 at the bundle's threshold; None where no flight was delayed.
        flag_all_f1: F1 of calling each of them delayed.
        pr_auc: Average precision; None where all flights were alike.
        calibration_error: Expected calibration error.
    """

    by: str
    name: str
    flights: int
    delayed: float
    probability: float
    f1: float | None
    flag_all_f1: float
    pr_auc: float | None
    calibration_error: float


def slices(rows: pd.DataFrame, delayed: Labels, probabilities: Probabilities, threshold: float) -> list[Slice]:
    """Cut n flights by month, and by their ten largest airlines and destinations, largest first."""
    month = rows["Fecha-I"].str[:7]
    found = [_slice("month", each, month == each, delayed, probabilities, threshold) for each in sorted(set(month))]
    for by, column in (("airline", rows["Emp-I"]), ("destination", rows["Des-I"])):
        counts = column.value_counts()
        largest = counts.sort_index().sort_values(ascending=False, kind="stable").index[:LARGEST]
        found += [_slice(by, each, column == each, delayed, probabilities, threshold) for each in largest]
    return found


def _slice(
    by: str, name: str, chosen: "pd.Series[bool]", delayed: Labels, probabilities: Probabilities, threshold: float
) -> Slice:
    part: npt.NDArray[np.bool_] = chosen.to_numpy()
    happened, given = delayed[part], probabilities[part]
    flagged = given >= np.float32(threshold)
    share = float(happened.mean())
    return Slice(
        by,
        name,
        flights=len(happened),
        delayed=share,
        probability=float(given.mean(dtype=np.float64)),
        f1=float(f1_score(happened, flagged)) if happened.any() else None,
        flag_all_f1=2 * share / (1 + share),
        pr_auc=float(average_precision_score(happened, given)) if 0 < share < 1 else None,
        calibration_error=calibration_error(happened, given),
    )
