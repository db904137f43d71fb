"""A version that needs no files."""

import numpy as np
import pytest

from flights.bundle import Bundle
from flights.golden import GoldenFlights
from tests.flights import columns, make_encoder, make_flight
from tests.predictors import FakePredictor, probabilities_of


@pytest.fixture
def bundle() -> Bundle:
    encoder = make_encoder()
    flights = columns(make_flight(), make_flight(**{"Emp-I": "XXX", "Fecha-I": "2017-09-18 08:00"}))
    golden = GoldenFlights(("a known airline", "an unseen one"), flights, (0.0, 0.0))
    encoded = encoder.encode(golden.flights())
    probabilities = tuple(map(float, probabilities_of(encoded.rows, encoded.count)))
    return Bundle(
        version="v-test",
        digest="0" * 64,
        encoder=encoder,
        threshold=float(np.float32(0.5)),
        golden=GoldenFlights(golden.notes, golden.columns, probabilities),
        provenance={},
    )


@pytest.fixture
def predictor() -> FakePredictor:
    return FakePredictor()
