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
from training.cleaning import Cleaned
from training.evaluation import Scores, best_threshold, evaluate
from training.intervals import days_of, resample
from training.splits import Split


@dataclass(frozen=True, slots=True)
class Trained:
    """What one split gave.

    Attributes:
        split: The split.
        encoder: Fitted on its training part.
        booster: Fitted on its training part, stopped by its validation part.
        threshold: Chosen on its validation part.
        scores: Measured on its test part.
        ci95: 95 % intervals of these, over the days of the test part, by name.
    """

    split: Split
    encoder: Encoder
    booster: xgb.Booster
    threshold: float
    scores: Scores
    ci95: dict[str, tuple[float, float]]


@cache
def calendar(country: str) -> Calendar:
    """Return a country's public holidays for every year that a flight may have."""
    years = range(FIRST_YEAR, LAST_YEAR + 1)
    return Calendar(frozenset(holidays.country_holidays(country, years=years)))


def flights_of(rows: pd.DataFrame) -> Flights:
    """Take from checked rows what is known before departure, and nothing else."""
    return Flights(
        scheduled=rows[SCHEDULED.name].to_list(),
        destinations=rows[DESTINATION.name].to_list(),
        airlines=rows[AIRLINE.name].to_list(),
        flight_types=rows[FLIGHT_TYPE.name].to_list(),
    )


def fit_encoder(cleaned: Cleaned, training: npt.NDArray[np.intp]) -> Encoder:
    """Fit the encoder of a bundle on the training part alone, given as positions."""
    fitted = category_tables.fit(cleaned.rows.iloc[training], cleaned.delayed[training])
    return Encoder(calendar(cleaned.country), fitted.tables())


def train(cleaned: Cleaned, split: Split, hyperparameters: trees.Hyperparameters | None = None) -> Trained:
    """Fit on the split's training part, choose on its validation part, judge on its test part.

    Without hyperparameters, those of the last search count.
    """
    delayed = cleaned.delayed
    encoder = fit_encoder(cleaned, split.training)
    encoded = encoder.encode(flights_of(cleaned.rows)).matrix()
    training, validation, test = (trees.matrix(encoded[part], delayed[part]) for part in split.parts().values())
    booster = trees.train(training, validation, hyperparameters or trees.chosen_hyperparameters())
    threshold = best_threshold(delayed[split.validation], trees.probabilities(booster, validation))
    answers = trees.probabilities(booster, test)
    scores = evaluate(delayed[split.test], answers, threshold)
    days = days_of(cleaned.rows[SCHEDULED.name].to_list())[split.test]
    ci95 = resample(delayed[split.test], answers, threshold, days).ci95()
    return Trained(split, encoder, booster, threshold, scores, ci95)
