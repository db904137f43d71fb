"""What training costs as tables grow: CPU and memory of the whole command on flights that are made up."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from flights import bundle
from flights.errors import InvalidDataset
from training.dataset import COLUMNS
from training.report import METRICS

SIZES = (125_000, 250_000, 500_000, 1_000_000)

_SEED = 0
_AIRLINES = np.array([f"A{number:02}" for number in range(20)])
_DESTINATIONS = np.array([f"SC{number:02}" for number in range(40)])
_FIRST = np.datetime64("2019-01-01T00:00:00")
_MINUTES = 365 * 24 * 60
_KIB_PER_MIB = 1024


@dataclass(frozen=True, slots=True)
class Cost:
    """What training on one table took.

    Attributes:
        name: Of the table.
        flights: Its rows.
        cpu_s: Seconds of CPU, reading, both splits, evaluation and writing included.
        peak_mib: Most memory at once, in MiB.
        trees: Trees of the boosters of both splits.
    """

    name: str
    flights: int
    cpu_s: float
    peak_mib: float
    trees: int


def made_up(count: int) -> pd.DataFrame:
    """Return a year of n flights, each of its own, with a fifth of them delayed: in the evening, of some airlines."""
    random = np.random.default_rng(_SEED)
    airline, destination = random.integers(len(_AIRLINES), size=count), random.integers(len(_DESTINATIONS), size=count)
    minutes = random.integers(_MINUTES, size=count)
    log_odds = -2.2 + 0.05 * airline + 0.02 * (destination % 10) + 0.6 * (minutes // 60 % 24 > 17)
    late = random.random(count) < 1 / (1 + np.exp(-log_odds))
    delays = np.where(late, random.integers(16, 120, size=count), random.integers(-10, 16, size=count))
    scheduled = _FIRST + minutes.astype("timedelta64[m]")
    cells = {
        "Fecha-I": _text(scheduled),
        "Ori-I": "SCEL",
        "Des-I": _DESTINATIONS[destination],
        "Emp-I": _AIRLINES[airline],
        "Fecha-O": _text(scheduled + delays.astype("timedelta64[m]")),
        "TIPOVUELO": np.where(destination % 2 == 0, "N", "I"),
    }
    # a row that repeats another in every cell would be dropped
    return pd.DataFrame({**dict.fromkeys(COLUMNS, "x"), **cells, "Vlo-I": np.arange(count)})


def _text(times: npt.NDArray[np.datetime64]) -> npt.NDArray[np.str_]:
    return np.char.replace(np.datetime_as_string(times, unit="s"), "T", " ")


def cost(data: Path, out: Path) -> Cost:
    """Train on a table in a process of its own.

    Raises:
        InvalidDataset: Ours: the table cannot be trained on.
    """
    command = [sys.executable, "-m", "training", "train", "--data", str(data), "--out", str(out)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    told = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise InvalidDataset(f"training on {data.name} ended with {process.returncode}: {told.splitlines()[-1]}")
    metrics = json.loads((out / bundle.REPORT / METRICS).read_text())
    return Cost(
        data.name,
        metrics["rows"]["read"],
        usage.ru_utime + usage.ru_stime,
        usage.ru_maxrss / _KIB_PER_MIB,
        sum(metrics[split]["trees"] for split in ("temporal", "random")),
    )
