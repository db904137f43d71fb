"""Whether a challenger may take the champion's place: a paired bootstrap on the same later flights.

Both answer for the same flights, and every draw of days scores both, so that what a stormy day does to one it does
to the other. The challenger must be better, or no worse and better calibrated.
"""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from training.intervals import Difference
from training.judged_bundle import JudgedBundle

MARGIN = 0.01
"""How far the lower end of a difference in average precision or F1 may lie below zero and still be "no worse"."""

_SCORES = ("pr_auc", "f1", "brier", "log_loss", "roc_auc")
_DIGITS = 6


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was decided.

    Attributes:
        promoted: Whether the challenger may take the champion's place.
        reason: Why, or why not, in a sentence.
        differences: Challenger minus champion, by score.
    """

    promoted: bool
    reason: str
    differences: dict[str, Difference]

    def content(self, champion: JudgedBundle, challenger: JudgedBundle, data: str, margin: float) -> dict[str, Any]:
        """Return the verdict as it is written into the challenger's report."""
        return {
            "promoted": self.promoted,
            "reason": self.reason,
            "champion": champion.bundle.version,
            "challenger": challenger.bundle.version,
            "data": data,
            "flights": len(challenger.delayed),
            "period": f"{challenger.days.min()} to {challenger.days.max()}",
            "margin": margin,
            "differences": {
                name: {end: round(value, _DIGITS) for end, value in asdict(difference).items()}
                for name, difference in self.differences.items()
            },
        }


def judge(champion: JudgedBundle, challenger: JudgedBundle, margin: float = MARGIN) -> Verdict:
    """Compare two bundles on the same flights.

    The challenger is promoted if the whole interval of its gain in average precision lies above zero, and neither
    F1 nor the Brier score may be worse by more than the margin; or if average precision and F1 are no worse than
    by the margin and the whole interval of its Brier score lies below the champion's.
    """
    if not np.array_equal(champion.delayed, challenger.delayed):
        raise ValueError("the bundles were judged on different flights")
    old, new = champion.draws, challenger.draws
    differences = {}
    for name in _SCORES:
        value = getattr(challenger.scores, name) - getattr(champion.scores, name)
        differences[name] = Difference.of(value, getattr(new, name) - getattr(old, name))
    pr_auc, f1, brier = (differences[name] for name in ("pr_auc", "f1", "brier"))
    if pr_auc.low > 0 and f1.low > -margin and brier.high < margin:
        return Verdict(True, f"it ranks better: {_told('PR-AUC', pr_auc)}", differences)
    if pr_auc.low > -margin and f1.low > -margin and brier.high < 0:
        return Verdict(True, f"it is no worse and better calibrated: {_told('Brier', brier)}", differences)
    told = ", ".join(_told(*each) for each in (("PR-AUC", pr_auc), ("F1", f1), ("Brier", brier)))
    reason = f"it is neither better, nor no worse by {margin} and better calibrated: {told}"
    return Verdict(False, reason, differences)


def _told(name: str, difference: Difference) -> str:
    return f"{name} {difference}"
