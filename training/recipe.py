"""From one split of the flights to an encoder, a booster and a threshold."""

from dataclasses import dataclass
from functools import cache

import holidays
import numpy as np
import numpy.typing as npt
import pandas as pd
import xgboost as xgb

from flights.calendar import Calendar
from flights.encoder import Encoder
from flights.fields import AIRLINE, DESTINATION, FIRST_YEAR, FLIGHT_TYPE, LAST_YEAR, SCHEDULED
from flights.flight import Flights
from training import booster as trees
from training import category_tables
from training.evaluation import Scores, best_threshold, evaluate
from training.splits import Split

HOLIDAY_COUNTRY = "CL"


@dataclass(frozen=True, slots=True)
class Trained:
    """What one split gave.

    Attributes:
        split: The split.
        encoder: Fitted on its training part.
        booster: Fitted on its training part, stopped by its validation part.
        threshold: Chosen on its validation part.
        scores: Measured on its test part.
    """

    split: Split
    encoder: Encoder
    booster: xgb.Booster
    threshold: float
    scores: Scores


@cache
def calendar() -> Calendar:
    """Return the public holidays in Chile for every year that a flight may have."""
    years = range(FIRST_YEAR, LAST_YEAR + 1)
    return Calendar(frozenset(holidays.country_holidays(HOLIDAY_COUNTRY, years=years)))


def flights_of(rows: pd.DataFrame) -> Flights:
    """Take from checked rows what is known before departure, and nothing else."""
    return Flights(
        scheduled=rows[SCHEDULED.name].to_list(),
        destinations=rows[DESTINATION.name].to_list(),
        airlines=rows[AIRLINE.name].to_list(),
        flight_types=rows[FLIGHT_TYPE.name].to_list(),
    )


def train(rows: pd.DataFrame, delayed: npt.NDArray[np.bool_], split: Split) -> Trained:
    """Fit on the split's training part, choose on its validation part, judge on its test part."""
    fitted = category_tables.fit(rows.iloc[split.training], delayed[split.training])
    encoder = Encoder(calendar(), fitted.tables())
    encoded = encoder.encode(flights_of(rows)).matrix()
    training, validation, test = (trees.matrix(encoded[part], delayed[part]) for part in split.parts().values())
    booster = trees.train(training, validation, trees.Hyperparameters())
    threshold = best_threshold(delayed[split.validation], trees.probabilities(booster, validation))
    scores = evaluate(delayed[split.test], trees.probabilities(booster, test), threshold)
    return Trained(split, encoder, booster, threshold, scores)
