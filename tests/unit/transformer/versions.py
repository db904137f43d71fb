"""A version in front of a predictor that needs no process, and no files."""

import numpy as np

from flights.bundle import Bundle
from flights.golden import GoldenFlights
from tests.flights import columns, make_encoder, make_flight
from tests.predictors import FakePredictor, make_metrics, probabilities_of
from transformer.coalescer import Coalescer
from transformer.readiness import GoldenCheck
from transformer.service import DelayService


def make_version() -> Bundle:
    """Build a bundle with two golden flights, one of an unseen airline."""
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


def make_service(bundle: Bundle, predictor: FakePredictor, model_name: str = "flight-delay") -> DelayService:
    """Put the real parts together as ``python -m transformer`` does."""
    metrics = make_metrics()
    coalescer = Coalescer(predictor, metrics, deadline_s=5)
    return DelayService(model_name, bundle, coalescer, GoldenCheck(bundle, predictor), metrics, "1.2.3")
