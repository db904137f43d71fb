"""How much is left to gain: what more flights bring, and what knowing more than can be known would.

Each bound lets the judged flights tell something about themselves that is only known afterwards. What it scores is
out of reach for a model that is honest, and so it says whether a goal asks for luck.
"""

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from training.booster import Hyperparameters
from training.cleaning import Cleaned
from training.evaluation import Probabilities, Scores, best_threshold, evaluate
from training.intervals import Days, days_of, interval, resample
from training.judging import answer, encoded, score
from training.splits import Split

SHARES = (1 / 16, 1 / 8, 1 / 4, 1 / 2, 1.0)
"""Of the training part's days, for the learning curve."""

FEWEST_FLIGHTS = 1000
"""A smaller share is left out of the curve: hardly an airline of it would be frequent enough to have a value."""

_DRAWINGS = 3
_FOLDS = 5
_SEED = 0
_BISECTIONS = 60

Groups = npt.NDArray[np.generic]


def large(hyperparameters: Hyperparameters) -> Hyperparameters:
    """Return a booster that takes 17 times the decisions: the best of eight on the random split's validation part."""
    return replace(
        hyperparameters, max_depth=14, num_parallel_tree=4, eta=0.1, reg_lambda=10, min_child_weight=1, subsample=0.7
    )


@dataclass(frozen=True, slots=True)
class Point:
    """One point of a learning curve.

    Attributes:
        flights: How many the booster learnt from.
        learnt: Average precision on these.
        pr_auc: Average precision on the test part.
        ci95: Its 95 % interval, over the days of the test part.
    """

    flights: int
    learnt: float
    pr_auc: float
    ci95: tuple[float, float]


@dataclass(frozen=True, slots=True)
class Bound:
    """What a model with some knowledge scores on a split's test part.

    Attributes:
        split: Name of the split.
        name: What the model knows.
        scores: On the test part.
        ci95: 95 % intervals of these, over its days.
    """

    split: str
    name: str
    scores: Scores
    ci95: dict[str, tuple[float, float]]


def learning_curve(cleaned: Cleaned, split: Split, hyperparameters: Hyperparameters) -> list[Point]:
    """Train on growing shares of the training part's days, and average over a few drawings of these."""
    days, curve = _days(cleaned), []
    distinct = np.unique(days[split.training])
    for share in SHARES:
        drawn, scores, draws = [], [], []
        for seed in range(1 if share == 1 else _DRAWINGS):
            chosen = np.random.default_rng(seed).permutation(distinct)[: round(share * len(distinct))]
            drawn.append(split.training[np.isin(days[split.training], chosen)])
        if len(drawn[0]) < FEWEST_FLIGHTS:
            continue
        for training in drawn:
            [window] = encoded(cleaned, [replace(split, training=training)])
            found = answer(window, hyperparameters, _SEED)
            scores.append((len(training), found.learnt_pr_auc, score(window, found).pr_auc))
            draws.append(resample(window.delayed[2], found.scoring, 0.5, window.days).pr_auc)
        flights, learnt, pr_auc = map(float, np.mean(scores, axis=0))
        curve.append(Point(round(flights), learnt, pr_auc, interval(np.mean(draws, axis=0))))
    return curve


def bounds(cleaned: Cleaned, split: Split, hyperparameters: Hyperparameters) -> list[Bound]:
    """Judge the shipped recipe, a larger booster, and models that know what only the test part could tell them."""
    [window] = encoded(cleaned, [split])
    delayed, days = window.delayed[2], window.days

    def bound(name: str, probabilities: Probabilities, threshold: float) -> Bound:
        ci95 = resample(delayed, probabilities, threshold, days).ci95()
        return Bound(split.name, name, evaluate(delayed, probabilities, threshold), ci95)

    def told(name: str, probabilities: Probabilities) -> Bound:
        return bound(name, probabilities, best_threshold(delayed, probabilities))

    shipped, larger = (answer(window, each, _SEED) for each in (hyperparameters, large(hyperparameters)))
    found = [
        bound(name, each.scoring, best_threshold(window.delayed[1], each.stopping))
        for name, each in (("nothing more: as shipped", shipped), ("nothing more: a large booster", larger))
    ]
    by_flight, by_month = np.arange(len(delayed)), _days(cleaned).astype("datetime64[M]")
    return [
        *found,
        told("the best threshold", shipped.scoring),
        told("each month's share of delays", _with_shares(cleaned, split, shipped.scoring, by_month)),
        told("each day's share of delays", _with_shares(cleaned, split, shipped.scoring, _days(cleaned))),
        told("outcomes of the test's other days", _crossed(cleaned, split, days, hyperparameters)),
        told("outcomes of the test's other flights", _crossed(cleaned, split, by_flight, hyperparameters)),
    ]


def _with_shares(cleaned: Cleaned, split: Split, probabilities: Probabilities, periods: Days) -> Probabilities:
    """Shift each period's log odds alike until their mean probability is the share of all its flights delayed."""
    odds = np.log(probabilities / (1 - probabilities.astype(np.float64)))
    shifted = np.empty_like(odds)
    for period in np.unique(periods[split.test]):
        part = periods[split.test] == period
        shifted[part] = shifted_to(odds[part], float(cleaned.delayed[periods == period].mean()))
    return shifted.astype(np.float32)


def shifted_to(odds: npt.NDArray[np.float64], share: float) -> npt.NDArray[np.float64]:
    """Return probabilities of the log odds [n], all shifted alike so that their mean is the share."""
    low, high = -30.0, 30.0
    for _ in range(_BISECTIONS):
        middle = (low + high) / 2
        low, high = (middle, high) if _probability(odds + middle).mean() < share else (low, middle)
    return _probability(odds + low)


def _probability(odds: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    probabilities: npt.NDArray[np.float64] = 1 / (1 + np.exp(-odds))
    return probabilities


def _crossed(cleaned: Cleaned, split: Split, groups: Groups, hyperparameters: Hyperparameters) -> Probabilities:
    """Answer for each fifth of the test's groups with a booster that learnt the other four fifths as well."""
    distinct = np.random.default_rng(_SEED).permutation(np.unique(groups))
    probabilities = np.empty(len(split.test), np.float32)
    for fold in np.array_split(distinct, _FOLDS):
        asked = np.isin(groups, fold)
        training = np.sort(np.concatenate([split.training, split.test[~asked]]))
        [window] = encoded(cleaned, [replace(split, training=training, test=split.test[asked])])
        probabilities[asked] = answer(window, hyperparameters, _SEED).scoring
    return probabilities


def _days(cleaned: Cleaned) -> Days:
    return days_of(cleaned.rows["Fecha-I"].to_list())
