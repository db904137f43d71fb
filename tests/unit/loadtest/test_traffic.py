from collections import Counter
from datetime import date
from random import Random

import pytest

from flights import bundle as bundles
from flights.fields import AIRLINE, DESTINATION, FIELD_BY_NAME, FLIGHT_TYPE, SCHEDULED
from loadtest.day import DEPARTURES, HOURS, ROUTES
from loadtest.traffic import any_size, day_of_departures, mostly_one, one, requests
from tests.served.running import ROOT


@pytest.fixture(scope="module")
def bundle():
    return bundles.decode(ROOT / "bundles/scl")


@pytest.fixture(scope="module")
def made(bundle):
    return requests(1, mostly_one, 500, [bundle])


def test_the_same_seed_gives_the_same_requests_and_another_gives_others(bundle, made):
    again = requests(1, mostly_one, 500, [bundle])
    assert [request.columns for request in made] == [request.columns for request in again]
    assert [request.known for request in made] == [request.known for request in again]
    assert requests(2, mostly_one, 500, [bundle])[0].columns != made[0].columns


def test_every_value_is_one_that_the_contract_takes(made):
    for request in made:
        for name, column in request.columns.items():
            FIELD_BY_NAME[name].check_column([*column])


def test_a_destination_in_chile_is_a_domestic_flight(made):
    rows = [row for request in requests(1, one, 500, []) for row in zip(*request.columns.values(), strict=True)]
    assert all((destination[:2] == "SC") == (kind == "N") for _, destination, _, kind in rows)


def test_a_day_is_in_order_and_has_the_shares_of_airlines_and_hours():
    flights = [flight for seed in range(60) for flight in day_of_departures(Random(seed), date(2018, 5, 16))]
    assert len(flights) == 60 * DEPARTURES
    day = day_of_departures(Random(1), date(2018, 5, 16))
    assert day == sorted(day)
    airlines = Counter(airline for _, _, airline, _ in flights)
    shares = sum(sum(routes.values()) for routes in ROUTES.values())
    assert airlines["LAN"] / len(flights) == pytest.approx(sum(ROUTES["LAN"].values()) / shares, abs=0.02)
    hours = Counter(int(scheduled[11:13]) for scheduled, _, _, kind in flights if kind == "N")
    assert hours[7] / sum(hours.values()) == pytest.approx(HOURS["N"][7] / sum(HOURS["N"]), abs=0.02)
    assert hours[3] == 0


def test_golden_flights_are_among_them_with_their_answers(bundle, made):
    assert sum(len(request.known) for request in made) > 10
    for request in made:
        for row, known in request.known.items():
            at = bundle.golden.notes.index(known.note)
            assert known.version == bundle.version
            assert known.probability == bundle.golden.probabilities[at]
            for field in (SCHEDULED, DESTINATION, AIRLINE, FLIGHT_TYPE):
                assert request.columns[field.name][row] == bundle.golden.columns[field.name][at]


def test_sizes_are_what_their_names_say():
    source = Random(3)
    assert {one(source) for _ in range(10)} == {1}
    few = Counter(mostly_one(source) for _ in range(1000))
    assert few[1] > 850
    assert max(few) == 10
    many = [any_size(source) for _ in range(1000)]
    assert (min(many), max(many) > 900, max(many) <= 1000) == (1, True, True)
    assert 250 < sum(size <= 10 for size in many) < 450
