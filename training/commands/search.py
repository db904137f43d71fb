"""Search for hyperparameters and write those that win where training reads them."""

import argparse
import json
from dataclasses import asdict
from pathlib import Path

from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from training.booster import HYPERPARAMETERS, Hyperparameters
from training.judging import encoded
from training.outputs import check_file
from training.reading import read
from training.search import Found, search
from training.stages import Stages
from training.windows import windows

DEFAULT_STUDY = Path("build/search/study.log")
TRIALS = (30, 30)

_FIXED = ("num_parallel_tree", "scale_pos_weight", "eval_metric", "seed", "nthread")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the command takes besides the table."""
    parser.add_argument(
        "--study", type=Path, default=DEFAULT_STUDY, help="Optuna's journal, resumed where there is one (%(default)s)"
    )
    parser.add_argument("--trials", type=_count, nargs=2, default=TRIALS, help="of both stages (default: %(default)s)")
    parser.add_argument(
        "--out", type=Path, default=HYPERPARAMETERS, help="where the chosen ones go (default: what training reads)"
    )


def run(arguments: argparse.Namespace, stages: Stages, console: Console) -> int:
    """Search, show the finalists and write the chosen hyperparameters.

    Raises:
        InvalidDataset: Ours: the table is too short for a window, or the study's file is none.
    """
    check_file(arguments.study)
    check_file(arguments.out)
    table, cleaned = read(arguments.data, stages)
    with stages.stage("encoding the windows"):
        cut = encoded(cleaned, windows(cleaned.rows["Fecha-I"].to_list(), cleaned.delayed))
    with Progress(console=Console(stderr=True)) as progress:
        found = search(cut, arguments.study, table.sha256, tuple(arguments.trials), progress)
    console.print(_finalists(found))
    trials = [asdict(each) for each in found.trials]
    arguments.study.with_suffix(".json").write_text(json.dumps(trials, indent=1) + "\n")
    arguments.out.write_bytes(parameter_file(found, table.sha256, len(cut)))
    console.print(f"wrote {arguments.out}", markup=False, soft_wrap=True)
    return 0


def parameter_file(found: Found, sha256: str, window_count: int) -> bytes:
    """Return the small file that training reads: the chosen hyperparameters and what they were chosen by."""
    content = {
        "booster": _searched(found.chosen.hyperparameters),
        "chosen_by": {
            "command": "python -m training search",
            "data_sha256": sha256,
            "trials": len(found.trials),
            "windows": window_count,
            "pr_auc": list(found.chosen.pr_auc),
            "gap": found.chosen.gap,
            "best": {
                **_searched(found.finalists[0].hyperparameters),
                "pr_auc": list(found.finalists[0].pr_auc),
                "gap": found.finalists[0].gap,
            },
        },
    }
    return (json.dumps(content, indent=1) + "\n").encode()


def _count(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} must be a whole number of trials, 1 or more")
    return int(text)


def _searched(hyperparameters: Hyperparameters) -> dict[str, object]:
    return {name: value for name, value in asdict(hyperparameters).items() if name not in _FIXED}


def _finalists(found: Found) -> Table:
    table = Table(title="Finalists, fresh seeds on every window")
    for heading in ("PR-AUC", "F1", "log loss", "Brier", "gap", "trees", "depth", "decisions"):
        table.add_column(heading, justify="right")
    for judged in found.finalists:
        scores = (judged.mean_pr_auc, judged.f1, judged.log_loss, judged.brier, judged.gap)
        sizes = (f"{judged.trees:.0f}", str(judged.hyperparameters.max_depth), f"{judged.decisions:.0f}")
        style = "bold" if judged is found.chosen else ""
        table.add_row(*(f"{score:.3f}" for score in scores), *sizes, style=style)
    table.caption = f"chosen: the one with {found.chosen.decisions:.0f} decisions"
    return table
