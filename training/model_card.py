"""The model card: what a version is for, what it is worth, where it fails and how it ages, as Markdown."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from training.category_tables import FEWEST_FLIGHTS
from training.judged_bundle import JudgedBundle
from training.slices import Slice
from training.walk_forward import Aged, by_age, never_retrained, retrained

CARD = "model_card.md"

_SHOWN = {
    "f1": "F1",
    "pr_auc": "PR-AUC",
    "roc_auc": "ROC-AUC",
    "brier": "Brier",
    "log_loss": "log loss",
    "f1_over_flag_all": "F1 above flagging every flight",
}


@dataclass(frozen=True, slots=True)
class Findings:
    """What the card tells.

    Attributes:
        judged: The bundle on the temporal split's test part.
        metrics: Its ``report/metrics.json``.
        slices: Its slices.
        walk: The same recipe walking forward through the year; empty where there are too few months.
    """

    judged: JudgedBundle
    metrics: dict[str, Any]
    slices: list[Slice]
    walk: list[Aged]


def model_card(findings: Findings) -> str:
    """Return the card; the same findings give the same text."""
    read, temporal = findings.judged.bundle, findings.metrics["temporal"]
    data: Any = read.provenance["data"]
    command: Any = read.provenance["command"]
    parts = temporal["parts"]
    return "\n".join(
        [
            f"# Model card of {read.version}",
            "",
            "## What for",
            "The probability that a flight leaves more than 15 minutes after its schedule, from what is known when the",
            "schedule is published: scheduled departure, destination, airline, domestic or international.",
            "It ranks flights for planning; it knows neither weather nor the state of the operation,",
            "and must not decide about people, safety or compensation.",
            "",
            "## Data",
            f"`{data['name']}`, SHA-256 `{data['sha256']}`:",
            f"{data['rows_read']:,} rows read, {data['rows_used']:,} used.",
            *_dropped(findings.metrics["rows"]["dropped"]),
            "",
            "## Splits",
            *_table(
                ("temporal split", "period", "flights", "delayed"),
                (
                    (name, part["period"], f"{part['flights']:,}", f"{part['delayed']:.1%}")
                    for name, part in parts.items()
                ),
            ),
            "",
            "Training fits encoder and booster, validation stops the booster and chooses the threshold, the test",
            "judges once. The random split (80 / 10 / 10) is there to compare with older work and flatters: flights of",
            "one stormy day fall on both sides.",
            "",
            "## What it is worth",
            "95 % intervals in brackets, by bootstrap over whole days; flights of one day share its weather.",
            "",
            *_table(
                ("score", *(f"{name} split" for name in ("temporal", "random"))),
                (
                    (title, *(_with_interval(findings.metrics[split], name) for split in ("temporal", "random")))
                    for name, title in _SHOWN.items()
                ),
            ),
            "",
            f"A flight counts as delayed from a probability of {read.threshold:.3f} on.",
            f"{temporal['flagged']:.0%} of the test's flights are flagged; {temporal['recall']:.0%} of the delayed",
            f"ones are among them, and {temporal['precision']:.0%} of the flagged ones are delayed.",
            "",
            "## Where it fails",
            *_failures(findings.slices),
            "",
            *_slice_tables(findings.slices),
            *_ageing(findings.walk),
            "## Limits",
            "- One city and one year of it: what an airline or a destination is worth may be otherwise elsewhere.",
            "- Another month's share of delays is not foreseen: where it moves, the probabilities are off by as much.",
            f"- An airline or destination seen fewer than {FEWEST_FLIGHTS} times is answered as all rare ones are.",
            "- The year itself is no input: a flight years later is answered as one of the training year.",
            "",
            "## Train again",
            "```sh",
            str(command),
            "python -m training report --bundle BUNDLE --data DATA",
            "```",
            "",
        ]
    )


def _dropped(reasons: dict[str, int]) -> list[str]:
    return [f"- {count:,} dropped: {text}" for text, count in reasons.items()]


def _table(headings: Iterable[str], rows: Iterable[Iterable[str]]) -> list[str]:
    names = list(headings)
    return [f"| {' | '.join(names)} |", "|" + " --- |" * len(names), *(f"| {' | '.join(row)} |" for row in rows)]


def _with_interval(metrics: dict[str, Any], name: str) -> str:
    value = metrics["f1"] - metrics["flag_all_f1"] if name == "f1_over_flag_all" else metrics[name]
    low, high = metrics[f"{name}_ci95"]
    return f"{value:.3f} ({low:.3f} to {high:.3f})"


def _failures(slices: list[Slice]) -> list[str]:
    """Name the slices on which the decision is no better than flagging all, and those furthest off."""
    failed = [each for each in slices if each.f1 is None or each.f1 <= each.flag_all_f1]
    furthest = sorted(slices, key=lambda each: -abs(each.probability - each.delayed))[:3]
    lines = [
        f"- {each.by} {each.name}: F1 {'undefined' if each.f1 is None else format(each.f1, '.3f')}, "
        f"flagging all gives {each.flag_all_f1:.3f}"
        for each in failed
    ] or ["- On no slice below is flagging every flight better."]
    return lines + [
        f"- {each.by} {each.name}: {each.delayed:.1%} were delayed, {each.probability:.1%} foreseen"
        for each in furthest
    ]


def _slice_tables(slices: list[Slice]) -> list[str]:
    lines = []
    headings = ("flights", "delayed", "mean probability", "calibration error", "PR-AUC", "F1", "F1 of flagging all")
    for by in dict.fromkeys(each.by for each in slices):
        rows = (
            (
                each.name,
                f"{each.flights:,}",
                f"{each.delayed:.1%}",
                f"{each.probability:.1%}",
                f"{each.calibration_error:.3f}",
                _or_dash(each.pr_auc),
                _or_dash(each.f1),
                f"{each.flag_all_f1:.3f}",
            )
            for each in slices
            if each.by == by
        )
        lines += [*_table((by, *headings), rows), ""]
    return lines


def _or_dash(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"


def _ageing(walk: list[Aged]) -> list[str]:
    if not walk:
        return ["## How it ages", "The table has too few months to tell.", ""]
    old = {aged.month: aged for aged in never_retrained(walk)}
    rows = (
        (
            fresh.month,
            f"{fresh.scores.delayed:.1%}",
            f"{fresh.scores.pr_auc:.3f}",
            f"{old[fresh.month].scores.pr_auc:.3f}",
            f"{fresh.scores.f1:.3f}",
            f"{old[fresh.month].scores.f1:.3f}",
            f"{fresh.scores.calibration_error:.3f}",
            f"{old[fresh.month].scores.calibration_error:.3f}",
        )
        for fresh in retrained(walk)
    )
    headings = ("month", "delayed")
    scores = (f"{score}, {how}" for score in ("PR-AUC", "F1", "calibration error") for how in ("retrained", "never"))
    ages = ", ".join(f"{age}: {ratio:.2f}" for age, (ratio, _) in by_age(walk).items())
    return [
        "## How it ages",
        "The same recipe, retrained every month, against the first booster for all months.",
        "",
        *_table((*headings, *scores), rows),
        "",
        f"PR-AUC as a share of the freshest booster's, by age in months: {ages}.",
        "",
    ]
