import pytest

from flights.bundle import Bundle
from tests.predictors import FakePredictor
from tests.unit.transformer.versions import make_version


@pytest.fixture
def bundle() -> Bundle:
    return make_version()


@pytest.fixture
def predictor() -> FakePredictor:
    return FakePredictor()
