"""What is compared: ways to encode and models to beat, all on the same splits.

The encoders share columns, hyperparameters, stopping and the choice of the threshold, and differ in how the
category columns are made; the baselines bring their own.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from time import process_time

import numpy as np
import numpy.typing as npt
import pandas as pd
import xgboost as xgb
from sklearn.linear_model import LogisticRegression

from flights.bundle import OBJECTIVE
from flights.calendar import DAY_COLUMNS, MINUTE_COLUMNS
from flights.encoder import Encoder
from training import booster as trees
from training import category_tables, encodings
from training.cleaning import Cleaned
from training.evaluation import Probabilities, Scores, best_threshold, evaluate
from training.intervals import days_of, resample
from training.recipe import calendar, flights_of
from training.splits import Split

OLD_SERVICE = "old service"

_CALENDAR = len(DAY_COLUMNS) + len(MINUTE_COLUMNS)
_ROWS_TIMED, _ROUNDS_TIMED = 1000, 15
_NEVER = 1.0
"""A threshold that nothing reaches but a certainty."""

_TOP_10 = (
    *(("OPERA", airline) for airline in ("Latin American Wings", "Grupo LATAM", "Sky Airline", "Copa Air")),
    *(("MES", month) for month in ("4", "7", "10", "11", "12")),
    ("TIPOVUELO", "I"),
)
"""The indicator columns that the challenge's notebook kept; its month is here the scheduled one, as known before."""


@dataclass(frozen=True, slots=True)
class Fitted:
    """What a candidate answers.

    Attributes:
        probabilities: Of every flight of the table; those of the training part are not looked at.
        threshold: Its own, or None for the best on the validation part.
        columns: Columns that it reads.
        encode_s: Seconds of CPU to fit the encoder and encode the table.
        fit_s: Seconds of CPU to fit the model.
        predict_ms: Milliseconds of CPU for 1,000 rows in one thread; None where there is no booster.
    """

    probabilities: Probabilities
    threshold: float | None
    columns: int
    encode_s: float
    fit_s: float
    predict_ms: float | None


@dataclass(frozen=True, slots=True)
class Row:
    """One candidate on one split.

    Attributes:
        split: Name of the split.
        name: Name of the candidate.
        fitted: What it answered, and what that took.
        scores: On the test part.
        ci95: 95 % intervals of the scores, over the days of the test part.
    """

    split: str
    name: str
    fitted: Fitted
    scores: Scores
    ci95: dict[str, tuple[float, float]]

    def costs(self) -> dict[str, float | int | None]:
        """Return what the candidate took, by name."""
        names = ("columns", "encode_s", "fit_s", "predict_ms")
        return {name: getattr(self.fitted, name) for name in names}


@dataclass(frozen=True, slots=True)
class Table:
    """What candidates may learn from.

    Attributes:
        cleaned: The flights.
        split: A split of them.
        encoded: What each encoder made of them and the seconds of CPU that it took, by its name; some take a minute.
    """

    cleaned: Cleaned
    split: Split
    encoded: dict[str, tuple[npt.NDArray[np.float32], float]] = field(default_factory=dict)

    @property
    def rows(self) -> pd.DataFrame:
        """The flights' cells."""
        return self.cleaned.rows

    @property
    def delayed(self) -> npt.NDArray[np.bool_]:
        """The flights' outcomes."""
        return self.cleaned.delayed


def compare(name: str, table: Table) -> Row:
    """Fit one of ``CANDIDATES`` on the split and judge it on its test part."""
    fitted = CANDIDATES[name](table)
    split = table.split
    threshold = fitted.threshold
    if threshold is None:
        threshold = best_threshold(table.delayed[split.validation], fitted.probabilities[split.validation])
    delayed, test = table.delayed[split.test], fitted.probabilities[split.test]
    days = days_of(table.rows["Fecha-I"].to_list())[split.test]
    ci95 = resample(delayed, test, threshold, days).ci95()
    return Row(split.name, name, fitted, evaluate(delayed, test, threshold), ci95)


def _encoded(name: str) -> Callable[[Table], Fitted]:
    def fit(table: Table) -> Fitted:
        rows, encode_s = _matrix(name, table)
        types = ["q"] * _CALENDAR + ["c"] * (rows.shape[1] - _CALENDAR) if name == encodings.NATIVE else None
        training, validation, everything = (
            xgb.DMatrix(
                rows[part],
                table.delayed[part],
                nthread=trees.THREADS,
                feature_types=types,
                enable_categorical=types is not None,
            )
            for part in (table.split.training, table.split.validation, slice(None))
        )
        started = process_time()
        booster = trees.train(training, validation, trees.chosen_hyperparameters())
        fit_s = process_time() - started
        return Fitted(
            trees.probabilities(booster, everything),
            None,
            rows.shape[1],
            encode_s,
            fit_s,
            predict_ms(booster, rows, types),
        )

    return fit


def _matrix(name: str, table: Table) -> tuple[npt.NDArray[np.float32], float]:
    """Return every flight's calendar and encoded categories, and the seconds of CPU that the encoder took."""
    if name not in table.encoded:
        table.encoded[name] = _encode(name, table)
    return table.encoded[name]


def _encode(name: str, table: Table) -> tuple[npt.NDArray[np.float32], float]:
    training = table.split.training
    fitted = category_tables.fit(table.rows.iloc[training], table.delayed[training])
    encoder = Encoder(calendar(table.cleaned.country), fitted.tables())
    days_and_minutes = encoder.encode(flights_of(table.rows)).matrix()[:, :_CALENDAR]
    known = fitted.with_rare(table.rows)
    started = process_time()
    categories = encodings.encode(name, known, training, table.delayed[training])
    return np.hstack([days_and_minutes, categories]), process_time() - started


def predict_ms(booster: xgb.Booster, rows: npt.NDArray[np.float32], types: list[str] | None = None) -> float:
    """Return the least milliseconds of CPU that 1,000 rows took in one thread, their matrix not counted."""
    some = np.resize(rows, (_ROWS_TIMED, rows.shape[1]))
    booster.set_param({"nthread": 1})
    took = []
    for _ in range(_ROUNDS_TIMED):
        # a new matrix each time: the booster remembers its answers for one
        matrix = xgb.DMatrix(some, nthread=1, feature_types=types, enable_categorical=types is not None)
        started = process_time()
        booster.predict(matrix)
        took.append(process_time() - started)
    return 1000 * min(took)


def _old_service(table: Table) -> Fitted:
    """The old service's encoder, weight of delayed flights and threshold; xgboost's defaults, as it had them."""
    rows, encode_s = _matrix("GLMM", table)
    training = xgb.DMatrix(rows[table.split.training], table.delayed[table.split.training], nthread=trees.THREADS)
    started = process_time()
    booster = xgb.train({"objective": OBJECTIVE, "scale_pos_weight": 5, "nthread": trees.THREADS}, training, 100)
    fit_s = process_time() - started
    probabilities = trees.probabilities(booster, trees.matrix(rows))
    return Fitted(probabilities, 0.5, rows.shape[1], encode_s, fit_s, predict_ms(booster, rows))


def _logistic_regression(table: Table) -> Fitted:
    started = process_time()
    months = table.rows["Fecha-I"].str[5:7].str.lstrip("0")
    columns = {"OPERA": table.rows["OPERA"], "MES": months, "TIPOVUELO": table.rows["TIPOVUELO"]}
    rows = np.stack([(columns[column] == value).to_numpy(np.float64) for column, value in _TOP_10], axis=1)
    encode_s = process_time() - started
    started = process_time()
    model = LogisticRegression(class_weight="balanced")
    model.fit(rows[table.split.training], table.delayed[table.split.training])
    fit_s = process_time() - started
    probabilities = model.predict_proba(rows)[:, 1].astype(np.float32)
    return Fitted(probabilities, 0.5, rows.shape[1], encode_s, fit_s, None)


def _average(threshold: float) -> Callable[[Table], Fitted]:
    """Answer the training part's share of delayed flights for every flight."""

    def fit(table: Table) -> Fitted:
        share = table.delayed[table.split.training].mean()
        probabilities = np.full(len(table.delayed), share, np.float32)
        return Fitted(probabilities, threshold, 0, 0.0, 0.0, None)

    return fit


CANDIDATES: dict[str, Callable[[Table], Fitted]] = {name: _encoded(name) for name in encodings.ENCODERS} | {
    OLD_SERVICE: _old_service,
    "logistic, top 10": _logistic_regression,
    "majority": _average(_NEVER),
    "flag all": _average(0.0),
}
"""Fits each candidate, by name."""
