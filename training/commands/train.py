"""Train a bundle on a table of flights."""

import argparse
import re
from pathlib import Path

from rich.console import Console

from flights import bundle
from flights.reference import FILE as PROBABILITIES
from training import booster, golden, report
from training.provenance import provenance
from training.reading import read
from training.recipe import train
from training.reference import reference
from training.splits import random_split, temporal_split
from training.stages import Stages

DEFAULT_OUT = Path("build/bundle")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the command takes besides the table."""
    parser.add_argument("--out", type=Path, default=DEFAULT_OUT, help="folder for the bundle (default: %(default)s)")
    parser.add_argument("--version", type=_version, help="its name (default: made from its content)")


def run(arguments: argparse.Namespace, stages: Stages, console: Console) -> int:
    """Train on a table and write the bundle.

    Raises:
        InvalidDataset: Ours: the table cannot be trained on.
        InvalidBundle: Ours: the folder holds something else.
    """
    bundle.check_target(arguments.out)
    table, cleaned = read(arguments.data, stages)
    with stages.stage("splitting"):
        splits = (temporal_split(cleaned.rows["Fecha-I"].to_list(), cleaned.delayed), random_split(cleaned.delayed))
    trained = []
    for split in splits:
        with stages.stage(f"training on the {split.name} split: {' / '.join(split.periods)}"):
            trained.append(train(cleaned, split))
    temporal, random = trained
    with stages.stage(f"writing {arguments.out}"):
        written = bundle.encode(
            arguments.out,
            booster=booster.saved(temporal.booster),
            encoder=temporal.encoder,
            threshold=temporal.threshold,
            golden=golden.golden_flights(temporal),
            report={
                report.METRICS: report.metrics_file(cleaned, (temporal, random)),
                PROBABILITIES: reference(temporal.booster, temporal.encoder, cleaned).encode(),
            },
            provenance=provenance(table, cleaned, arguments.version),
            version=arguments.version,
            city=table.city,
        )
    console.print(report.table((temporal, random)))
    console.print(f"wrote version {written} to {arguments.out}", markup=False, soft_wrap=True)
    return 0


def _version(text: str) -> str:
    if not re.fullmatch(r"[a-z0-9]([a-z0-9.-]{0,61}[a-z0-9])?", text):
        raise argparse.ArgumentTypeError(
            f"{text!r} must be 1 to 63 lower-case letters, digits, dots and hyphens, a letter or digit at both ends"
        )
    return text
