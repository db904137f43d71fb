"""What each column is worth: the windows and the temporal split with it and without it.

Columns that serving could not fill are here to know what they would bring, with how they could be had.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import numpy.typing as npt
import pandas as pd
from category_encoders import MEstimateEncoder

from flights.calendar import DAY_COLUMNS, MINUTE_COLUMNS
from flights.encoder import Encoder
from training import category_tables
from training.booster import Hyperparameters
from training.category_tables import FEWEST_FLIGHTS, RARE, SMOOTHING_FLIGHTS
from training.cleaning import Cleaned
from training.judging import Columns, Judged, encoded, judge, shipped_columns
from training.recipe import calendar, flights_of
from training.splits import Split

SEEDS = (0, 1)

SHIPPED = "as shipped"

Rows = npt.NDArray[np.float32]

_COLUMNS = (*DAY_COLUMNS, *MINUTE_COLUMNS, *category_tables.COLUMNS)
_NEARBY_MINUTES = 30
_SCHOOL_HOLIDAYS = (((1, 1), (3, 5)), ((7, 8), (7, 23)), ((9, 16), (9, 20)), ((12, 16), (12, 31)))
"""Month and day, both included: roughly those of Santiago's schools in 2017."""


@dataclass(frozen=True, slots=True)
class Ablated:
    """One change to the columns.

    Attributes:
        name: What was changed.
        windows: Scores on the windows: these decide.
        test: Scores on the temporal split's test part: these are only reported.
        serving: Whether and how serving could know it; empty where it does.
    """

    name: str
    windows: Judged
    test: Judged
    serving: str


def ablate(
    name: str, cleaned: Cleaned, windows: list[Split], temporal: Split, hyperparameters: Hyperparameters
) -> Ablated:
    """Judge one of ``CHANGES`` with every seed."""
    columns, serving = CHANGES[name]
    on_windows, on_test = (
        judge(encoded(cleaned, splits, columns), hyperparameters, SEEDS) for splits in (windows, [temporal])
    )
    return Ablated(name, on_windows, on_test, serving)


def gain(shipped: Ablated, other: Ablated) -> tuple[float, float]:
    """Return how much average precision a change brings on the windows, and the standard error over them."""
    by_window = np.subtract(other.windows.pr_auc, shipped.windows.pr_auc)
    return float(by_window.mean()), float(by_window.std(ddof=1) / np.sqrt(len(by_window)))


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

CHANGES: dict[str, tuple[Columns, str]] = (
    {SHIPPED: (shipped_columns, "")}
    | {f"without {column}": (_without(column), "") for column in _COLUMNS}
    | {
        "with month": (_with(_of_day(lambda day: float(day.month))), "yes, from the date"),
        "with eves and days after holidays": (_with(_of_day(_eve)), "yes, from the date"),
        "with school holidays": (_with(_of_day(_school_holiday)), "yes, from the date and each year's school calendar"),
        "with route": (_with(_category(lambda rows: rows["Emp-I"] + rows["Des-I"])), "yes, a larger table"),
        "with Emp-O": (_with(_category(lambda rows: rows["Emp-O"])), _OPERATOR),
        "with congestion": (_with(_congestion), _SCHEDULE),
    }
    | {
        f"{smoothing_flights} further flights, rare below {fewest_flights}": (
            _tables(fewest_flights, smoothing_flights),
            "",
        )
        for fewest_flights, smoothing_flights in ((FEWEST_FLIGHTS, 10), (FEWEST_FLIGHTS, 200), (20, 50), (150, 50))
    }
)
"""Makes the columns of each change, and says whether serving could know them."""
