"""A version in front of a predictor that needs no process."""

from flights.bundle import Bundle
from tests.predictors import FakePredictor, make_metrics
from transformer.coalescer import Coalescer
from transformer.readiness import GoldenCheck
from transformer.service import DelayService


def make_service(bundle: Bundle, predictor: FakePredictor) -> DelayService:
    """Put the real parts together as ``python -m transformer`` does."""
    metrics = make_metrics()
    coalescer = Coalescer(predictor, metrics, deadline_s=5)
    return DelayService("flight-delay", bundle, coalescer, GoldenCheck(bundle, predictor), metrics, "1.2.3")
