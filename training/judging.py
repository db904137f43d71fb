"""How good a candidate is on the expanding windows: the yardstick of the search and of the ablation."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import xgboost as xgb
from sklearn.metrics import average_precision_score

from training import booster as trees
from training.booster import Hyperparameters
from training.cleaning import Cleaned
from training.evaluation import Probabilities, Scores, best_threshold, evaluate
from training.intervals import Days, days_of, resample
from training.recipe import fit_encoder, flights_of
from training.splits import Split

Columns = Callable[[Cleaned, npt.NDArray[np.intp]], npt.NDArray[np.float32]]
"""From n flights and the positions of the training part to FP32 of shape [n, k]; it must look at the outcomes of the
training part alone."""

_DIGITS = 5


@dataclass(frozen=True, slots=True)
class Window:
    """A window, encoded once for all candidates: its training part, stopping month and scoring month.

    Attributes:
        split: The window.
        parts: What the booster reads of each part.
        delayed: The outcomes of each part.
        days: The days of the scoring part's flights.
    """

    split: Split
    parts: tuple[xgb.DMatrix, ...]
    delayed: tuple[npt.NDArray[np.bool_], ...]
    days: Days


@dataclass(frozen=True, slots=True)
class Judged:
    """One candidate on all windows.

    Attributes:
        hyperparameters: The candidate.
        pr_auc: Average precision on each window's scoring month, mean over the seeds.
        f1: Mean F1 there, at the threshold of the stopping month.
        log_loss: Mean log loss there.
        brier: Mean Brier score there.
        calibration_error: Mean expected calibration error there.
        gap: Average precision on what it learnt from minus that on what came later, mean over the windows.
        trees: Trees of a booster, mean over the windows.
    """

    hyperparameters: Hyperparameters
    pr_auc: tuple[float, ...]
    f1: float
    log_loss: float
    brier: float
    calibration_error: float
    gap: float
    trees: float

    @property
    def mean_pr_auc(self) -> float:
        """Average precision, mean over the windows."""
        return float(np.mean(self.pr_auc))

    @property
    def decisions(self) -> float:
        """Most decisions that a prediction takes: depth times trees, mean over the windows."""
        return self.hyperparameters.max_depth * self.trees

    @classmethod
    def of(cls, content: dict[str, Any]) -> "Judged":
        """Read what ``asdict`` and JSON made of one."""
        return cls(
            **content
            | {
                "hyperparameters": Hyperparameters(**content["hyperparameters"]),
                "pr_auc": tuple(content["pr_auc"]),
            }
        )


def shipped_columns(cleaned: Cleaned, training: npt.NDArray[np.intp]) -> npt.NDArray[np.float32]:
    """Return the columns that a bundle's encoder makes."""
    return fit_encoder(cleaned, training).encode(flights_of(cleaned.rows)).matrix()


def encoded(cleaned: Cleaned, splits: list[Split], columns: Columns = shipped_columns) -> list[Window]:
    """Encode each split with columns fitted on its own training part."""
    windows, days = [], days_of(cleaned.rows["Fecha-I"].to_list())
    for split in splits:
        matrix = columns(cleaned, split.training)
        positions = split.parts().values()
        delayed = tuple(cleaned.delayed[part] for part in positions)
        parts = tuple(trees.matrix(matrix[part], labels) for part, labels in zip(positions, delayed, strict=True))
        windows.append(Window(split, parts, delayed, days[split.test]))
    return windows


@dataclass(frozen=True, slots=True)
class Answers:
    """What one booster says about one window.

    Attributes:
        stopping: Probabilities of the part that stopped it, [m].
        scoring: Probabilities of the part that neither trained nor stopped it, [n].
        learnt_pr_auc: Average precision on the part that it learnt from.
        trees: Its rounds.
    """

    stopping: Probabilities
    scoring: Probabilities
    learnt_pr_auc: float
    trees: int


def answer(window: Window, hyperparameters: Hyperparameters, seed: int) -> Answers:
    """Train a candidate on a window and let it answer."""
    learnt, stopping, scoring = window.parts
    booster = trees.train(learnt, stopping, replace(hyperparameters, seed=seed))
    return Answers(
        trees.probabilities(booster, stopping),
        trees.probabilities(booster, scoring),
        float(average_precision_score(window.delayed[0], trees.probabilities(booster, learnt))),
        booster.num_boosted_rounds(),
    )


def score(window: Window, answers: Answers) -> Scores:
    """Score a booster on the scoring part, at the threshold that the stopping part chooses."""
    return evaluate(window.delayed[2], answers.scoring, best_threshold(window.delayed[1], answers.stopping))


def answers(windows: list[Window], hyperparameters: Hyperparameters, seeds: tuple[int, ...]) -> list[list[Answers]]:
    """Train a candidate on each window with each seed; the answers by window and seed."""
    return [[answer(window, hyperparameters, seed) for seed in seeds] for window in windows]


def judge(windows: list[Window], hyperparameters: Hyperparameters, seeds: tuple[int, ...]) -> Judged:
    """Train a candidate on each window with each seed, and score it on the part that neither trained nor stopped it."""
    return judged(hyperparameters, windows, answers(windows, hyperparameters, seeds))


def judged(hyperparameters: Hyperparameters, windows: list[Window], answered: list[list[Answers]]) -> Judged:
    """Score a candidate's answers, given by window and seed."""
    scores = [[score(window, each) for each in of_seeds] for window, of_seeds in zip(windows, answered, strict=True)]

    def mean(name: str) -> float:
        return round(float(np.mean([[getattr(each, name) for each in of_seeds] for of_seeds in scores])), _DIGITS)

    def mean_answer(name: str) -> float:
        return float(np.mean([[getattr(each, name) for each in of_seeds] for of_seeds in answered]))

    return Judged(
        hyperparameters,
        pr_auc=tuple(round(float(np.mean([each.pr_auc for each in of_seeds])), _DIGITS) for of_seeds in scores),
        f1=mean("f1"),
        log_loss=mean("log_loss"),
        brier=mean("brier"),
        calibration_error=mean("calibration_error"),
        gap=round(mean_answer("learnt_pr_auc") - mean("pr_auc"), _DIGITS),
        trees=round(mean_answer("trees"), 1),
    )


def drawn_pr_auc(windows: list[Window], answered: list[list[Answers]]) -> npt.NDArray[np.float64]:
    """Return the average precision of every draw of days, [DRAWS], mean over windows and seeds.

    Draws of two candidates on the same windows are paired.
    """
    means = []
    for number, (window, of_seeds) in enumerate(zip(windows, answered, strict=True)):
        drawn = [resample(window.delayed[2], each.scoring, 0.5, window.days).pr_auc for each in of_seeds]
        # months of equal length would otherwise draw the same days of the month together
        means.append(np.roll(np.mean(drawn, axis=0), number))
    draws: npt.NDArray[np.float64] = np.mean(means, axis=0)
    return draws
