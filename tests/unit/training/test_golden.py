import pandas as pd
import pytest

from flights.calendar import Calendar
from flights.encoder import CategoryTable, Encoder
from flights.fields import FIELDS
from flights.flight import Flights
from training.category_tables import FEWEST_FLIGHTS
from training.cleaning import clean
from training.dataset import read
from training.golden import flights_for, golden_columns

COLUMNS = golden_columns()
OLD_EXAMPLE = ("2017-01-01 23:30:00", "KMIA", "AAL")


def test_there_are_at_least_24_golden_flights_and_each_fills_all_eleven_columns():
    assert set(COLUMNS) == {field.name for field in FIELDS}
    assert {len(column) for column in COLUMNS.values()} == {len(COLUMNS["Fecha-I"])}
    assert len(COLUMNS["Fecha-I"]) >= 24


def test_golden_flights_are_valid_in_every_field():
    Flights.from_columns(COLUMNS)
    for field in FIELDS:
        field.check_column(COLUMNS[field.name])


def test_the_first_golden_flight_is_the_old_service_s_example():
    assert {name: column[0] for name, column in COLUMNS.items()} == {
        "Fecha-I": "2017-01-01 23:30:00",
        "Des-I": "KMIA",
        "Emp-I": "AAL",
        "TIPOVUELO": "I",
        "Emp-O": "AAL",
        "Fecha-O": "2017-01-01 23:33:00",
        "Des-O": "KMIA",
        "DIANOM": "Domingo",
        "DIA": 1,
        "MES": 1,
        "AÑO": 2017,
    }


def encoder_of(airlines, destinations):
    codes = {"Emp-I": airlines, "Des-I": destinations, "TIPOVUELO": ["I", "N"]}
    tables = (CategoryTable(field, (field,), dict.fromkeys(codes[field], (0.0,)), (0.0,)) for field in codes)
    return Encoder(Calendar(frozenset()), tuple(tables))


def test_a_bundle_of_santiago_has_these_flights_and_no_others():
    assert golden_columns(flights_for(encoder_of(["LAN", "SKU", "AAL"], ["SCFA"]))) == COLUMNS


@pytest.mark.parametrize("count", [1, 3, 100])
def test_a_bundle_of_another_city_has_flights_with_its_own_codes_as_well(count):
    airlines = [f"A{number:02}" for number in range(count)]
    destinations = [f"KA{number:02}" for number in range(count)]
    columns = golden_columns(flights_for(encoder_of(airlines, destinations)))
    own = {name: column[len(COLUMNS[name]) :] for name, column in columns.items()}
    assert {name: column[: len(COLUMNS[name])] for name, column in columns.items()} == COLUMNS
    assert set(own["Emp-I"]) <= set(airlines)
    assert set(own["Des-I"]) <= set(destinations)
    assert len(set(zip(own["Emp-I"], own["Des-I"], own["Fecha-I"], strict=True))) == 12
    for field in FIELDS:
        field.check_column(own[field.name])


@pytest.mark.parametrize(
    ("column", "texts"),
    {
        "Fecha-I": ["-02-29 ", "-12-31 23:59", "-01-01 00:00", "-09-17 ", "-09-18 ", "T", ":59", "2026-", "2099-"],
        "TIPOVUELO": ["I", "N"],
    }.items(),
)
def test_the_edges_are_among_them(column, texts):
    for text in texts:
        assert any(text in value for value in COLUMNS[column]), text


@pytest.mark.scl
def test_no_other_golden_flight_is_a_row_of_the_real_data(scl_data):
    rows = read(scl_data).rows
    real = set(zip(rows["Fecha-I"], rows["Des-I"], rows["Emp-I"], strict=True))
    golden = pd.to_datetime(pd.Series(COLUMNS["Fecha-I"]), format="ISO8601").dt.strftime("%Y-%m-%d %H:%M:00")
    ours = list(zip(golden, COLUMNS["Des-I"], COLUMNS["Emp-I"], strict=True))
    assert [flight for flight in ours if flight in real] == [OLD_EXAMPLE]


@pytest.mark.scl
def test_unknown_rare_and_unpaired_categories_are_so_in_the_real_data(scl_data):
    rows = clean(read(scl_data)).rows
    pairs = set(zip(rows["Emp-I"], rows["Des-I"], strict=True))
    airlines, destinations = set(rows["Emp-I"]), set(rows["Des-I"])
    assert not {"ZZZ", "9Z9"} & airlines
    assert not {"ZZZZ", "Z9Z9"} & destinations
    assert 0 < (rows["Emp-I"] == "LPE").sum() < FEWEST_FLIGHTS
    assert 0 < (rows["Des-I"] == "SULS").sum() < FEWEST_FLIGHTS
    assert {"KLM"} <= airlines
    assert {"NZAA"} <= destinations
    assert ("KLM", "NZAA") not in pairs
