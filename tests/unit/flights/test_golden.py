import numpy as np
import pytest

from flights.errors import PredictorNonsense
from tests.flights import GOLDEN


def test_the_differences_are_served_minus_golden() -> None:
    assert GOLDEN.differences([0.5, 0.5]).tolist() == [0.25, -0.25]


def test_they_are_computed_in_double_precision() -> None:
    assert GOLDEN.differences(np.array([0.25, 0.75], np.float32)).dtype == np.float64


@pytest.mark.parametrize(
    "served",
    [[], [0.25], [0.25, 0.75, 0.5], [[0.25], [0.75]], [0.25, float("nan")], [float("inf"), 0.75]],
    ids=["none", "too few", "too many", "a column", "NaN", "infinity"],
)
def test_anything_but_one_finite_number_a_flight_is_nonsense(served: list[float]) -> None:
    with pytest.raises(PredictorNonsense, match="must be 2 finite numbers"):
        GOLDEN.differences(served)


def test_the_golden_flights_can_be_encoded_as_any_other() -> None:
    assert len(GOLDEN.flights()) == 2
