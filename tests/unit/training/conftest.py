"""Tables of flights, made here."""

import csv
import gzip
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from random import Random

import pytest

from training.dataset import COLUMNS

Row = dict[str, str]

_WEEKDAYS = ("Lunes", "Martes", "Miercoles", "Jueves", "Viernes", "Sabado", "Domingo")
_AIRLINES = ("LAN", "SKU", "AAL", "TAM")
_DESTINATIONS = ("SCFA", "SPJC", "KMIA", "SABE", "SCTE")


def make_row(scheduled: str = "2019-03-05 10:00:00", delay_minutes: float = 5, **changes: str) -> Row:
    """Return one valid row; name only the cells that matter."""
    operated = datetime.fromisoformat(scheduled) + timedelta(minutes=delay_minutes)
    row = {
        "Fecha-I": scheduled,
        "Ori-I": "SCEL",
        "Des-I": "SCFA",
        "Emp-I": "LAN",
        "Fecha-O": operated.isoformat(sep=" "),
        "Ori-O": "SCEL",
        "Des-O": "SCFA",
        "Emp-O": "LAN",
        "DIA": str(operated.day),
        "MES": str(operated.month),
        "AÑO": str(operated.year),
        "DIANOM": _WEEKDAYS[operated.weekday()],
        "TIPOVUELO": "N",
        "OPERA": "An Airline",
        "SIGLAORI": "Santiago",
        "SIGLADES": "Somewhere",
    }
    assert tuple(row) == COLUMNS
    return row | {name.replace("_", "-"): value for name, value in changes.items()}


def make_year(
    count: int = 3000,
    seed: int = 7,
    airlines: Sequence[str] = _AIRLINES,
    destinations: Sequence[str] = _DESTINATIONS,
) -> list[Row]:
    """Return a year of flights; evenings and one airline are late more often, two codes are rare."""
    random = Random(seed)
    first = datetime(2019, 1, 1)
    rows = []
    for number in range(count):
        scheduled = first + timedelta(minutes=5 * random.randrange(365 * 24 * 12))
        airline, destination = random.choice(airlines), random.choice(destinations)
        if number % 300 == 0:
            airline = f"R{number // 300:02}"
        if number % 400 == 0:
            destination = f"XX{number // 400:02}"
        late = random.random() < 0.08 + 0.25 * (scheduled.hour > 17) + 0.2 * (airline == "AAL")
        delay = random.randrange(16, 120) if late else random.randrange(-10, 16)
        kind = "N" if destination.startswith("SC") else "I"
        rows.append(
            make_row(
                scheduled.isoformat(sep=" "),
                delay,
                Emp_I=airline,
                Emp_O=airline,
                Des_I=destination,
                Des_O=destination,
                TIPOVUELO=kind,
            )
        )
    return rows


def write_table(path: Path, rows: list[Row], columns: tuple[str, ...] = COLUMNS) -> Path:
    opened = gzip.open if path.suffix == ".gz" else open
    with opened(path, "wt", encoding="utf-8", newline="") as file:  # type: ignore[operator]
        writer = csv.DictWriter(file, columns, restval="1", extrasaction="ignore")
        writer.writeheader()
        writer.writerows(rows)
    return path


@pytest.fixture(scope="session")
def year_table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_table(tmp_path_factory.mktemp("year") / "year.csv", make_year())


@pytest.fixture
def make_table(tmp_path: Path) -> Callable[..., Path]:
    def make(*rows: Row, columns: tuple[str, ...] = COLUMNS) -> Path:
        return write_table(tmp_path / "flights.csv", list(rows), columns)

    return make
