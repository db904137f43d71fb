import json

import pytest

from flights.errors import InvalidBundle
from flights.reference import BOUNDS, LEAST_SHARE, Reference


def test_probabilities_are_counted_up_to_their_bound_itself() -> None:
    reference = Reference.of([0.0, 0.05, 0.0500001, 0.95, 1.0])
    assert reference.bounds == BOUNDS
    assert (reference.flights[0], reference.flights[1], reference.flights[18], reference.flights[19]) == (2, 1, 1, 1)
    assert sum(reference.flights) == 5


def test_what_is_encoded_is_decoded() -> None:
    reference = Reference.of([0.1, 0.1, 0.7])
    assert Reference.decode(reference.encode()) == reference


def test_bands_hold_five_percent_each_and_everything_together() -> None:
    reference = Reference.of([0.01] * 3 + [0.07] * 3 + [0.12] * 60 + [0.3] * 30 + [0.99] * 4)
    bands = reference.bands()
    assert [(band.lower, band.upper) for band in bands] == [(0.0, 0.1), (0.1, 0.15), (0.15, 1.0)]
    assert [band.share for band in bands] == pytest.approx([0.06, 0.6, 0.34])
    assert all(band.share >= LEAST_SHARE for band in bands)
    assert [band.name for band in bands] == ["0.00 to 0.10", "0.10 to 0.15", "0.15 to 1.00"]


def test_one_probability_is_one_band() -> None:
    (band,) = Reference.of([0.5]).bands()
    assert (band.lower, band.upper, band.share) == (0.0, 1.0, 1.0)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ({"bounds": [0.5, 0.5, 1.0], "flights": [1, 1, 1]}, "must ascend from above 0 to 1"),
        ({"bounds": [0.5, 0.9], "flights": [1, 1]}, "must ascend from above 0 to 1"),
        ({"bounds": [0.0, 1.0], "flights": [1, 1]}, "must ascend from above 0 to 1"),
        ({"bounds": [], "flights": []}, "must ascend from above 0 to 1"),
        ({"bounds": [0.5, 1.0], "flights": [1]}, "for each of its bounds"),
        ({"bounds": [0.5, 1.0], "flights": [1, -1]}, "for each of its bounds"),
        ({"bounds": [0.5, 1.0], "flights": [0, 0]}, "for each of its bounds"),
        ({"bounds": [0.5, 1.0]}, "has no flights"),
    ],
    ids=["twice the same", "not up to 1", "nothing up to 0", "none", "too few", "negative", "no flight", "no counts"],
)
def test_refuses(content: object, sentence: str) -> None:
    with pytest.raises(InvalidBundle, match=sentence):
        Reference.decode(json.dumps(content).encode())
