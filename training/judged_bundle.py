"""A bundle's own booster on the flights that it was not trained on: what the report and the promotion look at."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import xgboost as xgb

from flights import bundle
from flights.bundle import Bundle
from flights.errors import InvalidDataset
from training import booster as trees
from training.cleaning import Cleaned
from training.dataset import Dataset
from training.evaluation import Labels, Probabilities, Scores, evaluate
from training.intervals import Days, Resampled, days_of, resample
from training.recipe import flights_of
from training.splits import temporal_split


@dataclass(frozen=True, slots=True)
class JudgedBundle:
    """A bundle on n flights.

    Attributes:
        bundle: The bundle.
        booster: Its booster.
        matrix: The flights as the booster reads them, FP32 of shape [n, k].
        delayed: What happened.
        days: The flights' days.
        probabilities: What the booster says.
    """

    bundle: Bundle
    booster: xgb.Booster
    matrix: npt.NDArray[np.float32]
    delayed: Labels
    days: Days
    probabilities: Probabilities

    @property
    def scores(self) -> Scores:
        """The scores at the bundle's threshold."""
        return evaluate(self.delayed, self.probabilities, self.bundle.threshold)

    @property
    def draws(self) -> Resampled:
        """The scores of every draw; those of two bundles on the same flights are paired."""
        return resample(self.delayed, self.probabilities, self.bundle.threshold, self.days)

    def contributions(self) -> npt.NDArray[np.float32]:
        """Return each column's contribution to each flight's log odds, [n, k]; xgboost's exact SHAP values."""
        found: npt.NDArray[np.float32] = self.booster.predict(trees.matrix(self.matrix), pred_contribs=True)
        return found[:, :-1]  # the last is the average


def judged_bundle(folder: Path, cleaned: Cleaned, positions: npt.NDArray[np.intp]) -> JudgedBundle:
    """Read a bundle and let it answer for the flights at the positions.

    Raises:
        InvalidBundle: Ours: there is no whole bundle in the folder.
    """
    read = bundle.decode(folder)
    booster = xgb.Booster(model_file=str(folder / bundle.BOOSTER))
    rows = cleaned.rows.iloc[positions]
    matrix = read.encoder.encode(flights_of(rows)).matrix()
    probabilities = trees.probabilities(booster, trees.matrix(matrix))
    return JudgedBundle(
        read, booster, matrix, cleaned.delayed[positions], days_of(rows["Fecha-I"].to_list()), probabilities
    )


def later_flights(cleaned: Cleaned) -> npt.NDArray[np.intp]:
    """Return the positions of the temporal split's test part, which no bundle of this table was trained on."""
    return temporal_split(cleaned.rows["Fecha-I"].to_list(), cleaned.delayed).test


def check_same_table(folder: Path, read: Bundle, table: Dataset) -> None:
    """Check that a bundle was trained on the very table.

    Raises:
        InvalidDataset: Ours: it was trained on another, of which these flights may be a part.
    """
    told: Any = read.provenance.get("data")
    sha256 = told.get("sha256") if isinstance(told, dict) else None
    if sha256 != table.sha256:
        raise InvalidDataset(
            f"{folder} was trained on a table with SHA-256 {sha256}: {table.name} has {table.sha256}, "
            "so it is not known which of its flights are new to the bundle"
        )
