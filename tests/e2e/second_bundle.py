"""Versions derived from the shipped bundle, whose encoders and boosters must not be mixed.

The encoded columns are four times as large and the booster's thresholds for them too, both exact in FP32, so the
trees go the same ways. Its probabilities are shifted, so that every answer tells which booster it came from. With
the other version's encoder the trees go other ways, visibly.
"""

import json
import math
from pathlib import Path

import numpy as np
import xgboost

from flights import bundle
from flights.encoder import CategoryTable, Encoder
from flights.golden import GoldenFlights
from tests.e2e.asking import BUNDLE, SHIPPED

FACTOR = 4.0
SHIFT = 0.002
"""Of every probability's logit: a little, for a version whose probabilities drift is rolled back."""


def write(folder: Path, version: str, *, shift: float = SHIFT) -> tuple[float, ...]:
    """Write a derived version under this name, and return its golden probabilities."""
    encoder = Encoder(BUNDLE.encoder.calendar, tuple(map(_scaled, BUNDLE.encoder.tables)))
    booster = _scaled_booster(shift)
    matrix = encoder.encode(BUNDLE.golden.flights()).matrix()
    probabilities = tuple(map(float, booster.predict(xgboost.DMatrix(matrix, nthread=1))))
    bundle.encode(
        folder,
        booster=bytes(booster.save_raw("ubj")),
        encoder=encoder,
        threshold=BUNDLE.threshold,
        golden=GoldenFlights(BUNDLE.golden.notes, BUNDLE.golden.columns, probabilities),
        report={},
        provenance={"command": "tests/e2e/second_bundle.py"},
        version=version,
    )
    return probabilities


def mixed_up() -> np.ndarray:
    """Return the golden probabilities of a derived booster behind the shipped encoder, FP64 of shape [n]."""
    matrix = BUNDLE.encoder.encode(BUNDLE.golden.flights()).matrix()
    return _scaled_booster(SHIFT).predict(xgboost.DMatrix(matrix, nthread=1)).astype(np.float64)


def _scaled(table: CategoryTable) -> CategoryTable:
    values = {category: tuple(FACTOR * value for value in row) for category, row in table.values.items()}
    return CategoryTable(table.field, table.columns, values, tuple(FACTOR * value for value in table.rare))


def _scaled_booster(shift: float) -> xgboost.Booster:
    scaled = {BUNDLE.encoder.columns.index(column) for table in BUNDLE.encoder.tables for column in table.columns}
    document = json.loads(xgboost.Booster(model_file=SHIPPED / bundle.BOOSTER).save_raw("json"))
    learner = document["learner"]
    for tree in learner["gradient_booster"]["model"]["trees"]:
        for node, column in enumerate(tree["split_indices"]):
            if tree["left_children"][node] != -1 and column in scaled:
                tree["split_conditions"][node] *= FACTOR
    parameters = learner["learner_model_param"]
    base = float(parameters["base_score"])
    logit = math.log(base / (1 - base)) + shift
    parameters["base_score"] = f"{1 / (1 + math.exp(-logit)):.9g}"
    booster = xgboost.Booster({"nthread": 1})
    booster.load_model(bytearray(json.dumps(document).encode()))
    return booster
