"""What each column, the encoder's settings and other ways to grow trees are worth: one change at a time.

Columns that serving could not fill are here to know what they would bring, with how they could be had.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from category_encoders import MEstimateEncoder

from flights.calendar import DAY_COLUMNS, MINUTE_COLUMNS
from flights.encoder import Encoder
from training import category_tables
from training.booster import Hyperparameters, chosen_hyperparameters
from training.category_tables import FEWEST_FLIGHTS, RARE, SMOOTHING_FLIGHTS
from training.cleaning import Cleaned
from training.intervals import Difference
from training.judging import Columns, Judged, answers, drawn_pr_auc, encoded, judged, shipped_columns
from training.recipe import calendar, flights_of
from training.splits import Split

SEEDS = (0, 1)

SHIPPED = "as shipped"

Rows = npt.NDArray[np.float32]

_COLUMNS = (*DAY_COLUMNS, *MINUTE_COLUMNS, *category_tables.COLUMNS)
_NEARBY_MINUTES = 30
_SCHOOL_HOLIDAYS = (((1, 1), (3, 5)), ((7, 8), (7, 23)), ((9, 16), (9, 20)), ((12, 16), (12, 31)))
"""Month and day, both included: roughly those of Santiago's schools in 2017."""


Weights = Callable[[Cleaned, npt.NDArray[np.intp]], npt.NDArray[np.float64]]
"""From n flights and the positions of the training part to the weight of each of these."""


@dataclass(frozen=True, slots=True)
class Change:
    """What is done otherwise than in the bundle that ships.

    Attributes:
        columns: Makes the columns.
        booster: The hyperparameters that are others.
        weights: Weighs the training part's flights; None where all weigh alike.
        serving: Whether and how serving could know it; empty where it does.
    """

    columns: Columns = shipped_columns
    booster: dict[str, Any] = field(default_factory=dict)
    weights: Weights | None = None
    serving: str = ""


@dataclass(frozen=True, slots=True)
class Measured:
    """A change on some splits.

    Attributes:
        scores: Mean over splits and seeds.
        pr_auc_draws: Average precision of every draw of days, likewise, [DRAWS].
    """

    scores: Judged
    pr_auc_draws: npt.NDArray[np.float64]

    def gain(self, shipped: "Measured") -> Difference:
        """Return how much average precision the change brings, with its paired interval."""
        value = self.scores.mean_pr_auc - shipped.scores.mean_pr_auc
        return Difference.of(value, self.pr_auc_draws - shipped.pr_auc_draws)


def measure(
    change: Change,
    cleaned: Cleaned,
    splits: list[Split],
    hyperparameters: Hyperparameters,
    seeds: tuple[int, ...],
) -> Measured:
    """Train with the change on every split and judge it on the part that neither trained nor stopped it."""
    changed = replace(hyperparameters, **change.booster)
    cut = encoded(cleaned, splits, change.columns)
    if change.weights is not None:
        for window in cut:
            window.parts[0].set_weight(change.weights(cleaned, window.split.training))
    answered = answers(cut, changed, seeds)
    return Measured(judged(changed, cut, answered), drawn_pr_auc(cut, answered))


def _without(column: str) -> Columns:
    position = _COLUMNS.index(column)
    return lambda cleaned, training: np.delete(shipped_columns(cleaned, training), position, axis=1)


def _with(extra: Columns) -> Columns:
    return lambda cleaned, training: np.hstack([shipped_columns(cleaned, training), extra(cleaned, training)])


def _tables(fewest_flights: int, smoothing_flights: float) -> Columns:
    def columns(cleaned: Cleaned, training: npt.NDArray[np.intp]) -> Rows:
        learnt = cleaned.rows.iloc[training]
        fitted = category_tables.fit(learnt, cleaned.delayed[training], fewest_flights, smoothing_flights)
        return Encoder(calendar(cleaned.country), fitted.tables()).encode(flights_of(cleaned.rows)).matrix()

    return columns


def _of_day(value: Callable[[date], float]) -> Columns:
    def extra(cleaned: Cleaned, _: npt.NDArray[np.intp]) -> Rows:
        distinct, day = np.unique(_scheduled(cleaned).astype("datetime64[D]"), return_inverse=True)
        return np.array([value(each) for each in distinct.tolist()], np.float32)[day][:, None]

    return extra


def _category(category: Callable[[pd.DataFrame], "pd.Series[str]"]) -> Columns:
    """Encode a further category as the shipped ones are."""

    def extra(cleaned: Cleaned, training: npt.NDArray[np.intp]) -> Rows:
        values = category(cleaned.rows)
        counts = values.iloc[training].value_counts()
        known = values.where(values.isin(counts.index[counts >= FEWEST_FLIGHTS]), RARE).to_frame("category")
        encoder = MEstimateEncoder(cols=["category"], m=SMOOTHING_FLIGHTS)
        labels = pd.Series(cleaned.delayed[training].astype(np.float64), index=known.index[training])
        encoder.fit(known.iloc[training], labels)
        encoded_rows: Rows = encoder.transform(known).to_numpy(np.float32)
        return encoded_rows

    return extra


def _recent(half_life_days: float) -> Weights:
    """Weigh a flight less the longer before the training part's last one it was."""

    def weights(cleaned: Cleaned, training: npt.NDArray[np.intp]) -> npt.NDArray[np.float64]:
        days = _scheduled(cleaned)[training].astype("datetime64[D]")
        age_days = (days.max() - days).astype(np.float64)
        weight: npt.NDArray[np.float64] = 0.5 ** (age_days / half_life_days)
        weight /= weight.mean()
        return weight

    return weights


def _congestion(cleaned: Cleaned, _: npt.NDArray[np.intp]) -> Rows:
    """Departures that the schedule has within half an hour of the flight's, and on its day."""
    minutes = _scheduled(cleaned).astype("datetime64[m]").astype(np.int64)
    ordered = np.sort(minutes)
    nearby = np.searchsorted(ordered, minutes + _NEARBY_MINUTES, "right") - np.searchsorted(
        ordered, minutes - _NEARBY_MINUTES, "left"
    )
    _, day, counts = np.unique(minutes // (24 * 60), return_inverse=True, return_counts=True)
    return np.stack([nearby, counts[day]], axis=1).astype(np.float32)


def _scheduled(cleaned: Cleaned) -> npt.NDArray[np.datetime64]:
    return np.array(cleaned.rows["Fecha-I"].to_list(), dtype="datetime64[s]")


def _eve(day: date) -> float:
    holidays = calendar("CL").holidays
    return float(day + timedelta(days=1) in holidays) + 2 * float(day - timedelta(days=1) in holidays)


def _school_holiday(day: date) -> float:
    return float(any(first <= (day.month, day.day) <= last for first, last in _SCHOOL_HOLIDAYS))


_SCHEDULE = (
    "not from one request: the day's whole schedule would have to be loaded into the transformer and kept current, "
    "or be sent as a count by the caller"
)
_OPERATOR = "only if the caller sends it: it is optional, and published late"

COLUMNS: dict[str, Change] = {
    SHIPPED: Change(),
    **{f"without {column}": Change(_without(column)) for column in _COLUMNS},
    "with month": Change(_with(_of_day(lambda day: float(day.month))), serving="yes, from the date"),
    "with eves and days after holidays": Change(_with(_of_day(_eve)), serving="yes, from the date"),
    "with school holidays": Change(
        _with(_of_day(_school_holiday)), serving="yes, from the date and each year's school calendar"
    ),
    "with route": Change(_with(_category(lambda rows: rows["Emp-I"] + rows["Des-I"])), serving="yes, a larger table"),
    "with airline, destination and time": Change(
        _with(_category(lambda rows: rows["Emp-I"] + rows["Des-I"] + rows["Fecha-I"].str[11:16])),
        serving="yes, a table of some hundred entries; it is the flight number in all but name",
    ),
    "with Emp-O": Change(_with(_category(lambda rows: rows["Emp-O"])), serving=_OPERATOR),
    "with congestion": Change(_with(_congestion), serving=_SCHEDULE),
}
"""Columns left out, and further ones."""

GROWTH: dict[str, Change] = {
    SHIPPED: Change(),
    "flights of two months ago weigh half": Change(weights=_recent(half_life_days=60)),
    "flights of four months ago weigh half": Change(weights=_recent(half_life_days=120)),
    "8 trees a round": Change(booster={"num_parallel_tree": 8}),
    "steps of a quarter": Change(booster={"eta": chosen_hyperparameters().eta / 4}),
    "depth 10": Change(booster={"max_depth": 10}),
    "depth 10, steps of a quarter": Change(booster={"max_depth": 10, "eta": chosen_hyperparameters().eta / 4}),
    "depth 3": Change(booster={"max_depth": 3}),
}
"""Other ways to grow the trees, beyond what the search tries."""

_SMOOTHING, _FEWEST = (10.0, 50.0, 200.0, 1000.0), (1, 20, 50, 150)

ENCODER: dict[str, Change] = {SHIPPED: Change()} | {
    f"m = {smoothing_flights:g}, rare below {fewest_flights}": Change(_tables(fewest_flights, smoothing_flights))
    for smoothing_flights in _SMOOTHING
    for fewest_flights in _FEWEST
    if (smoothing_flights, fewest_flights) != (SMOOTHING_FLIGHTS, FEWEST_FLIGHTS)
}
"""The encoder's smoothing, in flights of the average added, and how many flights give a category its own value."""

CHANGES = {"columns": COLUMNS, "encoder": ENCODER, "growth": GROWTH}
"""All changes, by what they change."""
