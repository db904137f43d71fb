"""``python -m training``: from the challenge's table to a bundle, with a report on what it is worth.

Prints the report on standard output and the stages on standard error. Exits with 2 and one sentence where the
table or the folder cannot be used.
"""

import argparse
import re
import sys
from pathlib import Path

from rich.console import Console

from flights import bundle
from flights.errors import OperatorError
from training import booster, cleaning, dataset, golden, report
from training.provenance import provenance
from training.recipe import train
from training.splits import random_split, temporal_split
from training.stages import Stages

DEFAULT_OUT = Path("build/bundle")

_EXIT_UNUSABLE, _EXIT_INTERRUPTED = 2, 130


def main(arguments: list[str] | None = None) -> int:
    """Run the command; return its exit code."""
    parsed = _parser().parse_args(arguments)
    try:
        run(parsed.data, parsed.out, parsed.version)
    except OperatorError as error:
        print(f"error: {error}", file=sys.stderr)
        return _EXIT_UNUSABLE
    except OSError as error:
        print(f"error: {error.filename or parsed.out} cannot be written: {error.strerror}", file=sys.stderr)
        return _EXIT_UNUSABLE
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return _EXIT_INTERRUPTED
    return 0


def run(data: Path, out: Path, version: str | None) -> None:
    """Train on a table and write the bundle.

    Raises:
        InvalidDataset: Ours: the table cannot be trained on.
        InvalidBundle: Ours: the folder holds something else.
    """
    bundle.check_target(out)
    stages = Stages(Console(stderr=True))
    with stages.stage(f"reading {data.name}"):
        table = dataset.read(data)
    with stages.stage("checking its rows"):
        cleaned = cleaning.clean(table)
        delayed = cleaned.delayed
        splits = (temporal_split(cleaned.rows["Fecha-I"].to_list(), delayed), random_split(delayed))
    stages.note(f"dropped {cleaned.dropped_count:,} of {cleaned.read_count:,} rows")
    for reason in cleaned.reasons:
        stages.note(f"  {reason}")
    trained = []
    for split in splits:
        with stages.stage(f"training on the {split.name} split: {' / '.join(split.periods)}"):
            trained.append(train(cleaned.rows, delayed, split))
    temporal, random = trained
    with stages.stage(f"writing {out}"):
        written = bundle.encode(
            out,
            booster=booster.saved(temporal.booster),
            encoder=temporal.encoder,
            threshold=temporal.threshold,
            golden=golden.golden_flights(temporal),
            report={report.METRICS: report.metrics_file(cleaned, (temporal, random))},
            provenance=provenance(table, cleaned, version),
            version=version,
        )
    console = Console(highlight=False)
    console.print(report.table((temporal, random)))
    console.print(f"wrote version {written} to {out}", markup=False, soft_wrap=True)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m training", description="Train a bundle on the challenge's table.")
    parser.add_argument("--data", type=Path, required=True, help="the table, a .csv or .csv.gz file")
    parser.add_argument("--out", type=Path, default=DEFAULT_OUT, help="folder for the bundle (default: %(default)s)")
    parser.add_argument("--version", type=_version, help="its name (default: made from its content)")
    return parser


def _version(text: str) -> str:
    if not re.fullmatch(r"[a-z0-9]([a-z0-9.-]{0,61}[a-z0-9])?", text):
        raise argparse.ArgumentTypeError(
            f"{text!r} must be 1 to 63 lower-case letters, digits, dots and hyphens, a letter or digit at both ends"
        )
    return text


if __name__ == "__main__":
    sys.exit(main())
