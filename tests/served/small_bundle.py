"""A bundle as training writes it, small enough to be made in a test."""

from datetime import date
from pathlib import Path

import numpy as np
import xgboost

from flights import bundle, reference
from flights.calendar import Calendar
from flights.encoder import CategoryTable, Encoder
from flights.flight import Flights
from flights.golden import GoldenFlights

AIRLINES = {"LAN": -0.4, "SKU": 0.1, "AAL": 0.3}
DESTINATIONS = {"SCFA": -0.2, "SAEZ": 0.2, "KMIA": 0.5}


def write(folder: Path) -> str:
    """Write a bundle with 27 golden flights, one of an unseen airline, and return its version."""
    encoder = Encoder(
        Calendar(frozenset({date(2017, 1, 1), date(2017, 9, 18)})),
        (
            CategoryTable("Emp-I", ("airline",), {code: (value,) for code, value in AIRLINES.items()}, (0.0,)),
            CategoryTable("Des-I", ("destination",), {code: (value,) for code, value in DESTINATIONS.items()}, (0.0,)),
            CategoryTable("TIPOVUELO", ("international",), {"I": (1.0,), "N": (0.0,)}, (0.5,)),
        ),
    )
    columns = _columns()
    matrix = encoder.encode(Flights.from_columns(columns)).matrix()
    delayed = np.random.default_rng(3).random(len(matrix)) < 0.3 + 0.4 * (matrix[:, -3] > 0)
    rows = xgboost.DMatrix(matrix, label=delayed, nthread=1)
    parameters = {"objective": "binary:logistic", "nthread": 1, "seed": 1, "max_depth": 3, "min_child_weight": 0.1}
    booster = xgboost.train(parameters, rows, 6)
    golden = GoldenFlights(
        notes=tuple(f"flight {row}" for row in range(len(matrix))),
        columns=columns,
        probabilities=tuple(map(float, booster.predict(rows))),
    )
    return bundle.encode(
        folder,
        booster=bytes(booster.save_raw("ubj")),
        encoder=encoder,
        threshold=0.4,
        golden=golden,
        report={reference.FILE: reference.Reference.of(golden.probabilities).encode()},
        provenance={
            "command": "tests/served/small_bundle.py",
            "data": {"rows_used": len(delayed), "rows_delayed": int(delayed.sum())},
        },
    )


def _columns() -> dict[str, list[object]]:
    flights = [
        (f"2017-{month:02}-17 {7 * month % 24:02}:{month:02}:00", destination, airline)
        for month, destination in ((1, "KMIA"), (2, "SCFA"), (3, "SAEZ"), (7, "KMIA"), (9, "SCFA"), (12, "SAEZ"))
        for airline in ("AAL", "LAN", "SKU", "QTR")
    ]
    flights += [("2017-01-01 23:30:00", "KMIA", airline) for airline in AIRLINES]
    return {
        "Fecha-I": [scheduled for scheduled, _, _ in flights],
        "Des-I": [destination for _, destination, _ in flights],
        "Emp-I": [airline for _, _, airline in flights],
        "TIPOVUELO": ["N" if destination == "SCFA" else "I" for _, destination, _ in flights],
    }
