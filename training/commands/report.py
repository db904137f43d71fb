"""Write the model card and the report with pictures into a bundle, which keeps its version."""

import argparse
import json
from pathlib import Path

from rich.console import Console

from flights import bundle, manifest
from flights.errors import InvalidBundle, InvalidDataset
from flights.reference import FILE as PROBABILITIES
from training.booster import chosen_hyperparameters
from training.html_report import HTML, html_report
from training.judged_bundle import check_same_table, judged_bundle, later_flights
from training.model_card import CARD, Findings, model_card
from training.reading import read
from training.reference import reference
from training.report import METRICS
from training.slices import slices
from training.stages import Stages
from training.walk_forward import walk_forward


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the command takes besides the table."""
    parser.add_argument("--bundle", type=Path, required=True, help="the bundle to report on")


def run(arguments: argparse.Namespace, stages: Stages, console: Console) -> int:
    """Judge the bundle's booster on the temporal split's test part and write what was found into it.

    Raises:
        InvalidDataset: Ours: the bundle was trained on another table.
        InvalidBundle: Ours: there is no whole bundle with its metrics in the folder.
    """
    folder: Path = arguments.bundle
    known = bundle.decode(folder)
    _, files = manifest.read(folder)
    if bundle.REPORT + METRICS not in files:
        raise InvalidBundle(f"{folder} has no {bundle.REPORT}{METRICS}: train it again")
    table, cleaned = read(arguments.data, stages)
    check_same_table(folder, known, table)
    with stages.stage("judging the booster"):
        test = later_flights(cleaned)
        judged = judged_bundle(folder, cleaned, test)
        answered = reference(judged.booster, known.encoder, cleaned)
        found = slices(cleaned.rows.iloc[test], judged.delayed, judged.probabilities, known.threshold)
    with stages.stage("walking forward through the months"):
        try:
            walk = walk_forward(cleaned, chosen_hyperparameters())
        except InvalidDataset as error:
            stages.note(f"  left out: {error}")
            walk = []
    findings = Findings(judged, json.loads(files[bundle.REPORT + METRICS]), found, walk)
    with stages.stage("drawing"):
        report = {CARD: model_card(findings).encode(), HTML: html_report(findings), PROBABILITIES: answered.encode()}
    bundle.add_report(folder, report)
    console.print(f"wrote {CARD} and {HTML} to {folder / bundle.REPORT}", markup=False, soft_wrap=True)
    return 0
