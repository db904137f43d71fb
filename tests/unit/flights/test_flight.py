import pytest

from flights.errors import InvalidFlight, InvalidRequest
from flights.flight import Flights
from tests.flights import columns, make_flight

ALL_ELEVEN = {
    "Emp-O": "AAL",
    "Fecha-O": "2017-01-01 23:33:00",
    "Des-O": "KMIA",
    "DIANOM": "Domingo",
    "DIA": 1,
    "MES": 1,
    "AÑO": 2017,
}


def test_the_required_columns_become_flights() -> None:
    flights = Flights.from_columns(columns(make_flight(), make_flight(**{"Des-I": "SCFA"})))
    assert len(flights) == 2
    assert flights == Flights(["2017-01-01 23:30"] * 2, ["KMIA", "SCFA"], ["AAL"] * 2, ["I"] * 2)


def test_the_old_services_example_with_all_eleven_fields_is_the_same_flight() -> None:
    old = Flights.from_columns(columns(make_flight(**ALL_ELEVEN)))
    assert old == Flights.from_columns(columns(make_flight()))


@pytest.mark.parametrize("name", ["Fecha-I", "Des-I", "Emp-I", "TIPOVUELO"])
def test_a_missing_required_column_is_named(name: str) -> None:
    with pytest.raises(InvalidRequest, match=f"{name} is missing"):
        Flights.from_columns(columns(make_flight(**{name: ...})))


@pytest.mark.parametrize("name", ["Vlo-I", "fecha-i", "", "\ud800", "x" * 1000])
def test_an_unknown_column_is_named_beside_the_known_ones(name: str) -> None:
    with pytest.raises(InvalidRequest, match=r"is not an input: they are Fecha-I, .*AÑO") as caught:
        Flights.from_columns(columns(make_flight(**{name: "x"})))
    assert len(str(caught.value).encode()) < 300


def test_a_request_without_flights_is_refused() -> None:
    with pytest.raises(InvalidRequest, match="Fecha-I is empty"):
        Flights.from_columns({name: [] for name in make_flight()})


@pytest.mark.parametrize("name", ["Des-I", "Emp-I", "TIPOVUELO", "DIA"])
@pytest.mark.parametrize("count", [0, 1, 3])
def test_a_column_of_another_length_is_named_with_both_lengths(name: str, count: int) -> None:
    ragged = columns(make_flight(), make_flight()) | {name: [1] * count}
    with pytest.raises(InvalidRequest, match=f"{name} has {count} rows where Fecha-I has 2"):
        Flights.from_columns(ragged)


@pytest.mark.parametrize(
    ("name", "value"),
    [("Fecha-O", "later"), ("Des-O", "kmia"), ("Emp-O", ""), ("DIANOM", "Sunday"), ("DIA", 32), ("AÑO", 1999)],
)
def test_an_optional_column_is_checked_although_its_values_are_not_used(name: str, value: object) -> None:
    good = make_flight(**ALL_ELEVEN)
    with pytest.raises(InvalidFlight) as caught:
        Flights.from_columns(columns(good, good | {name: value}))
    assert (caught.value.field, caught.value.row, caught.value.value) == (name, 1, value)
