"""The search for hyperparameters, on expanding windows that end before the test begins.

Two stages, each a seeded Optuna study that is kept in a file and goes on where it stopped. The first looks for the
highest average precision at any depth. The second looks among shallow trees only, and pays for a gap between
training and scoring months. The best few of both, and the shallow ones with fewer and larger steps, are judged once
more with fresh seeds, since the best of many trials owes its place to luck as well. Of those that are no worse than
the best beyond noise, the one whose prediction takes the fewest decisions wins.
"""

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
import optuna
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend, JournalFileOpenLock
from optuna.trial import FrozenTrial, Trial, TrialState
from rich.progress import Progress

from flights.errors import InvalidDataset
from training.booster import Hyperparameters
from training.judging import Judged, Window, judge

SHALLOW = 6
"""Deepest trees of the second stage: at depth 10 as many trees take twice as long to predict."""

STANDARD_ERRORS = 2.0
"""A candidate is worse if it is behind by more of these: of the difference in average precision over the windows."""

GAP_PRICE = 0.1
"""Average precision that a gap of 1 costs a candidate of the second stage."""

FINALISTS = 3
"""Candidates of each stage that are judged once more."""

_SEEDS, _FRESH_SEEDS = (0, 1), (10, 11, 12, 13)


@dataclass(frozen=True, slots=True)
class Found:
    """What a search found.

    Attributes:
        chosen: The candidate that wins.
        finalists: All that were judged with fresh seeds, best first.
        trials: All trials of both stages, in order.
    """

    chosen: Judged
    finalists: tuple[Judged, ...]
    trials: tuple[Judged, ...]


def search(
    windows: list[Window], study_file: Path, sha256: str, trial_counts: tuple[int, int], progress: Progress
) -> Found:
    """Run what is missing of both stages.

    Args:
        windows: The windows, encoded.
        study_file: Optuna's journal; a study of the same table in it goes on where it stopped.
        sha256: Of the table, so that another table's trials are not taken for this one's.
        trial_counts: How many trials each stage has in the end.
        progress: Shows each trial.

    Raises:
        InvalidDataset: Ours: the study's file is something else.
    """
    study_file.parent.mkdir(parents=True, exist_ok=True)
    storage = _storage(study_file)
    optuna.logging.set_verbosity(optuna.logging.WARNING)

    def stage(name: str, space: _Space, value: Callable[[Judged], float], count: int) -> list[Judged]:
        study = optuna.create_study(
            storage=storage, study_name=f"{name}, table {sha256[:12]}", direction="maximize", load_if_exists=True
        )
        task = progress.add_task(f"{name}, {count} trials", total=count)
        progress.update(task, completed=min(count, len(_finished(study))))
        for number in range(len(_finished(study)), count):
            # seeded by the trial's number, so that stopping in between changes nothing
            study.sampler = optuna.samplers.TPESampler(seed=number)
            trial = study.ask()
            judged = judge(windows, space(trial), _SEEDS)
            trial.set_user_attr("judged", asdict(judged))
            study.tell(trial, value(judged))
            progress.advance(task)
        return [Judged.of(trial.user_attrs["judged"]) for trial in _finished(study)[:count]]

    first = stage("average precision", _any_depth, _pr_auc, trial_counts[0])
    second = stage("shallow trees, narrow gap", _shallow, _pr_auc_less_gap, trial_counts[1])
    shallow = _best(second, _pr_auc_less_gap)
    candidates = [*_best(first, _pr_auc), *shallow, *(_larger_steps(each) for each in shallow)]
    task = progress.add_task("finalists, fresh seeds", total=len(candidates))
    finalists = []
    for candidate in candidates:
        finalists.append(judge(windows, candidate, _FRESH_SEEDS))
        progress.advance(task)
    finalists.sort(key=_pr_auc, reverse=True)
    return Found(choose(finalists), tuple(finalists), (*first, *second))


def _storage(study_file: Path) -> JournalStorage:
    """Open a journal, without a byte written to what is none: Optuna takes a file whose last line alone is bad."""
    lines = study_file.read_bytes().splitlines(keepends=True) if study_file.exists() else []
    for number, line in enumerate(lines, start=1):
        if not line.endswith(b"\n") or not _is_object(line):
            raise InvalidDataset(
                f"line {number} of {study_file} is none of Optuna's journal: take it out, or name another file"
            )
    try:
        return JournalStorage(JournalFileBackend(str(study_file), lock_obj=JournalFileOpenLock(str(study_file))))
    except (ValueError, LookupError, TypeError) as error:
        raise InvalidDataset(f"{study_file} is not Optuna's journal: name another file") from error


def _is_object(line: bytes) -> bool:
    try:
        return isinstance(json.loads(line), dict)
    except ValueError:
        return False


def choose(finalists: list[Judged]) -> Judged:
    """Choose, of those no worse than the best beyond noise, the one that takes the fewest decisions."""
    best = max(finalists, key=_pr_auc)
    return min((each for each in finalists if no_worse(best, each)), key=lambda judged: judged.decisions)


def no_worse(best: Judged, other: Judged) -> bool:
    """Whether a candidate is behind the best by noise alone, window by window."""
    behind = np.subtract(best.pr_auc, other.pr_auc)
    return bool(behind.mean() <= STANDARD_ERRORS * behind.std(ddof=1) / np.sqrt(len(behind)))


def _best(trials: list[Judged], value: Callable[[Judged], float]) -> list[Hyperparameters]:
    return [trial.hyperparameters for trial in sorted(trials, key=value, reverse=True)[:FINALISTS]]


def _larger_steps(hyperparameters: Hyperparameters) -> Hyperparameters:
    """Half as many trees for about the same sum."""
    return replace(hyperparameters, eta=2 * hyperparameters.eta)


def _pr_auc(judged: Judged) -> float:
    return judged.mean_pr_auc


def _pr_auc_less_gap(judged: Judged) -> float:
    return judged.mean_pr_auc - GAP_PRICE * judged.gap


_Space = Callable[[Trial], Hyperparameters]


def _finished(study: optuna.Study) -> list[FrozenTrial]:
    return study.get_trials(states=(TrialState.COMPLETE,))


def _any_depth(trial: Trial) -> Hyperparameters:
    return _suggested(trial, deepest=10)


def _shallow(trial: Trial) -> Hyperparameters:
    return _suggested(trial, deepest=SHALLOW)


def _suggested(trial: Trial, deepest: int) -> Hyperparameters:
    return Hyperparameters(
        max_depth=trial.suggest_int("max_depth", 3, deepest),
        min_child_weight=_short(trial.suggest_float("min_child_weight", 1, 100, log=True)),
        reg_lambda=_short(trial.suggest_float("reg_lambda", 1, 200, log=True)),
        eta=_short(trial.suggest_float("eta", 0.05, 0.4, log=True)),
        subsample=_short(trial.suggest_float("subsample", 0.5, 1)),
        colsample_bytree=_short(trial.suggest_float("colsample_bytree", 0.4, 1)),
    )


def _short(number: float) -> float:
    """Keep two digits: more would only look exact."""
    return float(f"{number:.2g}")
