"""What training measured: as a file for the bundle and as a table for a person."""

import json
from dataclasses import asdict

from rich.table import Table

from training.cleaning import Cleaned
from training.recipe import Trained

METRICS = "metrics.json"

OLD_SERVICE_F1 = {"temporal": 0.358, "random": 0.411}
"""F1 of the service that this one replaces, its pipeline reproduced on the same splits of the SCL 2017 data."""

_DIGITS = 6


def metrics_file(cleaned: Cleaned, trained: tuple[Trained, ...]) -> bytes:
    """Return ``metrics.json``: by split its scores, parts, threshold and trees, and what was dropped and why."""
    content: dict[str, object] = {one.split.name: _metrics(one, cleaned) for one in trained}
    content["rows"] = {
        "read": cleaned.read_count,
        "used": len(cleaned.rows),
        "dropped": {reason.text: reason.count for reason in cleaned.reasons},
    }
    return (json.dumps(content, ensure_ascii=False, indent=1, allow_nan=False) + "\n").encode()


def _metrics(trained: Trained, cleaned: Cleaned) -> dict[str, object]:
    parts = {
        name: {"period": period, "flights": len(part), "delayed": round(float(cleaned.delayed[part].mean()), _DIGITS)}
        for (name, part), period in zip(trained.split.parts().items(), trained.split.periods, strict=True)
    }
    return {
        **{name: round(score, _DIGITS) for name, score in asdict(trained.scores).items()},
        **{f"{name}_ci95": [round(end, _DIGITS) for end in ends] for name, ends in trained.ci95.items()},
        "threshold": trained.threshold,
        "trees": trained.booster.num_boosted_rounds(),
        "parts": parts,
    }


def table(trained: tuple[Trained, ...]) -> Table:
    """Return the scores on the test parts, beside flagging every flight and the old service."""
    rows = Table(title="On flights held out for the test, with 95 % intervals over days")
    rows.add_column("split")
    for name in ("F1", "flag all", "old F1*", "PR-AUC", "ROC-AUC", "Brier", "threshold"):
        rows.add_column(name, justify="right")
    for one in trained:
        scores = one.scores
        shown = (scores.f1, scores.flag_all_f1, OLD_SERVICE_F1[one.split.name], scores.pr_auc, scores.roc_auc)
        rows.add_row(one.split.name, *(f"{value:.3f}" for value in (*shown, scores.brier, one.threshold)))
        for at, end in enumerate(("  from", "  to")):
            ends = {name: f"{interval[at]:.3f}" for name, interval in one.ci95.items()}
            rows.add_row(end, ends["f1"], "", "", ends["pr_auc"], ends["roc_auc"], ends["brier"], "", style="dim")
    rows.caption = "flag all: F1 of calling every flight delayed\n*of the old service, on the SCL 2017 data"
    return rows
