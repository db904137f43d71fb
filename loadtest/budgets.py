"""What a run must keep to end with 0."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from loadtest.windows import Tally, Window, total


@dataclass(frozen=True, slots=True)
class Budgets:
    """Limits; None is none.

    Attributes:
        p95_ms: What 95 % of the good requests may take at most.
        p99_ms: What 99 % of them may.
        error_rate: Share of requests that may fail.
        min_rps: Requests a second that must be answered right; for a bad one that is to be refused.
    """

    p95_ms: float | None
    p99_ms: float | None
    error_rate: float
    min_rps: float | None

    def missed(self, good: Tally, everything: Tally, seconds: float) -> list[str]:
        """Return a sentence for each budget that a stretch of the run has missed.

        Args:
            good: Its requests, without those that must be refused.
            everything: All of them.
            seconds: How long it was.
        """
        if not everything.requests:
            return ["no request was answered"]
        sentences = []
        for percent, limit_ms in ((95, self.p95_ms), (99, self.p99_ms)):
            took_ms = good.percentile_ms(percent)
            if limit_ms is not None and not took_ms <= limit_ms:  # NaN compares false
                sentences.append(
                    f"{percent} % of the requests took up to {took_ms:g} ms: the budget is {limit_ms:g} ms"
                )
        if everything.error_rate > self.error_rate:
            sentences.append(f"{everything.error_rate:.2%} of the requests failed: the budget is {self.error_rate:.2%}")
        rps = (everything.requests - everything.failures) / seconds if seconds else math.nan
        if self.min_rps is not None and not rps >= self.min_rps:
            sentences.append(f"{rps:.1f} requests a second were answered: the budget is {self.min_rps:g}")
        return sentences

    def missed_in(self, windows: Sequence[Window]) -> list[str]:
        """Return a sentence for each budget that these windows together have missed."""
        return self.missed(
            total(window.good for window in windows),
            total(window.everything for window in windows),
            sum(window.seconds for window in windows),
        )


def share_misses(versions: Sequence[tuple[str, int]], expected: dict[str, float]) -> list[str]:
    """Return a sentence for each version whose share of the answers is not the expected one.

    Args:
        versions: Each version that answered, and how often.
        expected: The weight of each that is expected, in any unit.

    A share may differ by four standard deviations of a fair draw.
    """
    counts = dict(versions)
    answers, weights = sum(counts.values()), sum(expected.values())
    sentences = [
        f"version {version} answered: only {', '.join(expected)} may" for version in counts if version not in expected
    ]
    for version, weight in expected.items():
        share = weight / weights
        seen = counts.get(version, 0) / answers if answers else math.nan
        if not abs(seen - share) <= 4 * math.sqrt(share * (1 - share) / max(answers, 1)):
            sentences.append(f"version {version} gave {seen:.1%} of {answers} answers: its share is {share:.1%}")
    return sentences
