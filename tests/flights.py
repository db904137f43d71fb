"""Valid flights, encoders, boosters and bundles, of which a test changes the one thing that it is about."""

import hashlib
import json
from collections.abc import Callable
from datetime import date
from functools import cache
from pathlib import Path

import numpy as np
import xgboost

from flights import bundle
from flights.calendar import DAY_COLUMNS, MINUTE_COLUMNS, Calendar
from flights.encoder import CategoryTable, Encoder
from flights.golden import GoldenFlights

AIRLINES = {"AAL": (0.25,), "LAN": (-0.125,)}
DESTINATIONS = {"KMIA": (0.5, 1.0), "SCFA": (-0.5, 2.0)}
FLIGHT_TYPES = {"I": (1.0,), "N": (0.0,)}
RARE_AIRLINE, RARE_DESTINATION = (0.0625,), (0.75, 3.0)

TABLES = (
    CategoryTable("Emp-I", ("airline",), AIRLINES, RARE_AIRLINE),
    CategoryTable("Des-I", ("destination", "distance"), DESTINATIONS, RARE_DESTINATION),
    CategoryTable("TIPOVUELO", ("international",), FLIGHT_TYPES, (0.5,)),
)
COLUMN_COUNT = len(DAY_COLUMNS) + len(MINUTE_COLUMNS) + 4

HOLIDAYS = frozenset({date(2017, 1, 1), date(2017, 9, 18), date(2017, 9, 19), date(2017, 12, 25)})


def make_flight(**changes: object) -> dict[str, object]:
    """One flight by field, all required fields filled; a field that is changed to ... is left out."""
    flight: dict[str, object] = {
        "Fecha-I": "2017-01-01 23:30",
        "Des-I": "KMIA",
        "Emp-I": "AAL",
        "TIPOVUELO": "I",
    } | changes
    return {name: value for name, value in flight.items() if value is not ...}


def columns(*flights: dict[str, object]) -> dict[str, list[object]]:
    """Flights as the columns of a request."""
    return {name: [flight[name] for flight in flights] for name in flights[0]}


def make_encoder(*, holidays: frozenset[date] = HOLIDAYS, tables: tuple[CategoryTable, ...] = TABLES) -> Encoder:
    return Encoder(Calendar(holidays), tables)


@cache
def make_booster(*, column_count: int = COLUMN_COUNT, objective: str = "binary:logistic") -> bytes:
    """A real booster of one split, saved as training saves it."""
    random = np.random.default_rng(7)
    matrix = xgboost.DMatrix(
        random.random((40, column_count), dtype=np.float32), label=random.integers(0, 2, 40), nthread=1
    )
    settings = {"objective": objective, "max_depth": 1, "nthread": 1}
    return bytes(xgboost.train(settings, matrix, num_boost_round=1).save_raw("ubj"))


GOLDEN = GoldenFlights(
    notes=("the old service's example", "an airline that training never saw"),
    columns=columns(make_flight(), make_flight(**{"Emp-I": "ZZZ", "Fecha-I": "2017-07-16T06:05:00"})),
    probabilities=(0.25, 0.75),
)


def make_bundle(folder: Path, **changes: object) -> Path:
    """Write a bundle of the parts above; the changes are arguments of ``bundle.encode``."""
    arguments: dict[str, object] = {
        "booster": make_booster(),
        "encoder": make_encoder(),
        "threshold": 0.2,
        "golden": GOLDEN,
        "report": {"metrics.json": b"{}\n"},
        "provenance": {"xgboost": "2.1.4", "commit": "0" * 40},
    }
    bundle.encode(folder, **(arguments | changes))  # type: ignore[arg-type]
    return folder


def edit(folder: Path, name: str, change: Callable[[bytes], bytes]) -> None:
    """Change a file of a bundle and put its new SHA-256 in the manifest, so that only its content can be refused."""
    content = change((folder / name).read_bytes())
    (folder / name).write_bytes(content)
    edit_manifest(folder, lambda manifest: manifest["files"].update({name: hashlib.sha256(content).hexdigest()}))


def edit_json(folder: Path, name: str, change: Callable[[dict], object]) -> None:  # type: ignore[type-arg]
    """Change the JSON of a file in place; see ``edit``."""

    def changed(content: bytes) -> bytes:
        document = json.loads(content)
        change(document)
        return json.dumps(document).encode()

    edit(folder, name, changed)


def edit_manifest(folder: Path, change: Callable[[dict], object]) -> None:  # type: ignore[type-arg]
    """Change the manifest's JSON in place, and put its own new SHA-256 first."""
    path = folder / bundle.MANIFEST
    manifest = json.loads(path.read_bytes())
    change(manifest)
    sign(folder, json.dumps({**manifest, "sha256": "0" * 64}).encode())


def sign(folder: Path, manifest: bytes) -> None:
    """Write a manifest, whatever it says, whose own SHA-256 stands as 64 zeros; the first ones are filled in."""
    digest = hashlib.sha256(manifest).hexdigest().encode()
    (folder / bundle.MANIFEST).write_bytes(manifest.replace(b"0" * 64, digest, 1))
