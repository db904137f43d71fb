from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from bench.errors import WrongAnswer
from bench.traffic import Batch, Traffic
from tests.flights import make_bundle

BATCH = Batch({"Emp-I": ["AAL", "LAN"]}, np.zeros((2, 1), np.float32), np.array([0.25, 0.5], np.float32))


class TestCheck:
    def test_takes_the_booster_s_probabilities(self):
        BATCH.check("pair", [0.25, 0.500005])

    @pytest.mark.parametrize(
        "served",
        [[0.25, 0.5001], [0.25, float("nan")], [0.5, 0.25], [0.25], [[0.25, 0.5]], 0.25, None, ["a", "b"]],
        ids=["off", "nan", "swapped", "short", "nested", "one", "none", "text"],
    )
    def test_refuses_anything_else(self, served):
        with pytest.raises(WrongAnswer, match="pair answered"):
            BATCH.check("pair", served)

    def test_names_the_flight(self):
        with pytest.raises(WrongAnswer, match="'LAN'"):
            BATCH.check("pair", [0.25, 0.75])


@pytest.fixture(scope="module")
def traffic(tmp_path_factory) -> Traffic:
    return Traffic(make_bundle(tmp_path_factory.mktemp("bench") / "bundle"))


class TestTraffic:
    def test_is_the_same_in_every_run(self, traffic):
        again = Traffic(traffic.folder)
        assert [each.columns for each in traffic.batches(3)] == [each.columns for each in again.batches(3)]

    def test_varies_from_request_to_request(self, traffic):
        first, second = traffic.batches(3)[:2]
        assert first.columns != second.columns

    @pytest.mark.parametrize("flights", [1, 100, 1000])
    def test_has_so_many_flights_in_each_batch(self, traffic, flights):
        assert {batch.rows.shape[0] for batch in traffic.batches(flights)} == {flights}
        assert {len(column) for batch in traffic.batches(flights) for column in batch.columns.values()} == {flights}

    def test_has_one_probability_a_flight_from_the_booster(self, traffic):
        batch = traffic.batches(3)[0]
        assert batch.probabilities.shape == (3,)
        assert ((batch.probabilities > 0) & (batch.probabilities < 1)).all()

    def test_holds_the_golden_flights_one_by_one_with_their_golden_probabilities(self, traffic):
        golden = traffic.golden()
        assert [float(batch.probabilities[0]) for batch in golden] == [0.25, 0.75]
        assert golden[1].columns["Emp-I"] == ["ZZZ"]


def test_the_shipped_bundle_s_booster_gives_its_golden_probabilities():
    shipped = Traffic(Path(__file__).parents[3] / "bundles/scl")
    for batch in shipped.golden():
        replace(batch, probabilities=batch.probabilities).check("booster", shipped.predict(batch.rows))
