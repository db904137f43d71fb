"""How fast a version ages: every month scored by boosters trained one, two, ... months before it.

Retraining monthly means scoring a month with the booster that the month before stopped; never retraining means
scoring all months with the first one.
"""

from dataclasses import dataclass

import numpy as np

from flights.errors import InvalidDataset
from training import booster as trees
from training.booster import Hyperparameters
from training.cleaning import Cleaned
from training.evaluation import Scores, best_threshold, evaluate
from training.intervals import days_of, interval, resample
from training.judging import shipped_columns

FEWEST_MONTHS = 3
"""Months that the first booster is trained on; the fourth stops it and the fifth is the first to be scored."""


@dataclass(frozen=True, slots=True)
class Aged:
    """One month scored by one booster.

    Attributes:
        month: The month scored.
        stopped_by: The month that stopped the booster; it was trained on all months before that one.
        age: Months from ``stopped_by`` to ``month``; 1 is as fresh as can be.
        scores: On the month's flights, at the threshold of ``stopped_by``.
        pr_auc_ci95: Interval of the average precision, over the month's days.
    """

    month: str
    stopped_by: str
    age: int
    scores: Scores
    pr_auc_ci95: tuple[float, float]


def walk_forward(cleaned: Cleaned, hyperparameters: Hyperparameters) -> list[Aged]:
    """Train a booster for every month from the fourth on, and score every later month with it.

    Raises:
        InvalidDataset: Ours: fewer than five months have flights.
    """
    scheduled, delayed = cleaned.rows["Fecha-I"].to_list(), cleaned.delayed
    month = np.array(scheduled, dtype="datetime64[M]")
    months, days = np.unique(month), days_of(scheduled)
    if len(months) < FEWEST_MONTHS + 2:
        raise InvalidDataset(
            f"{len(months)} months have flights: walking forward needs {FEWEST_MONTHS + 2} at least, "
            f"{FEWEST_MONTHS} to train, one to stop and one to score"
        )
    found = []
    for stop in months[FEWEST_MONTHS:-1]:
        learnt, stopping = np.flatnonzero(month < stop), np.flatnonzero(month == stop)
        matrix = shipped_columns(cleaned, learnt)
        validation = trees.matrix(matrix[stopping], delayed[stopping])
        booster = trees.train(trees.matrix(matrix[learnt], delayed[learnt]), validation, hyperparameters)
        threshold = best_threshold(delayed[stopping], trees.probabilities(booster, validation))
        for later in months[months > stop]:
            part = np.flatnonzero(month == later)
            probabilities = trees.probabilities(booster, trees.matrix(matrix[part]))
            draws = resample(delayed[part], probabilities, threshold, days[part])
            found.append(
                Aged(
                    month=str(later),
                    stopped_by=str(stop),
                    age=int((later - stop).astype(int)),
                    scores=evaluate(delayed[part], probabilities, threshold),
                    pr_auc_ci95=interval(draws.pr_auc),
                )
            )
    return found


def retrained(walk: list[Aged]) -> list[Aged]:
    """Return each month scored by the freshest booster."""
    return [aged for aged in walk if aged.age == 1]


def never_retrained(walk: list[Aged]) -> list[Aged]:
    """Return each month scored by the first booster."""
    return [aged for aged in walk if aged.stopped_by == walk[0].stopped_by]


def by_age(walk: list[Aged]) -> dict[int, tuple[float, int]]:
    """Return for each age the mean average precision over that of the freshest booster on the same months.

    The second number is how many months the mean is of.
    """
    fresh = {aged.month: aged.scores.pr_auc for aged in retrained(walk)}
    ratios: dict[int, list[float]] = {}
    for aged in walk:
        ratios.setdefault(aged.age, []).append(aged.scores.pr_auc / fresh[aged.month])
    return {age: (float(np.mean(found)), len(found)) for age, found in sorted(ratios.items())}
