import re
import struct
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from flights.calendar import Calendar
from flights.encoder import CategoryTable, Encoder
from flights.errors import InvalidBundle, InvalidFlight
from flights.fields import parse_timestamp
from flights.flight import Flights
from tests.flights import (
    AIRLINES,
    COLUMN_COUNT,
    DESTINATIONS,
    FLIGHT_TYPES,
    HOLIDAYS,
    RARE_AIRLINE,
    RARE_DESTINATION,
    TABLES,
    columns,
    make_encoder,
    make_flight,
)
from tests.unit.flights.test_fields import NEVER_TEXT, almost_timestamps, timestamps

flights = st.builds(
    lambda moment, separator, timespec, destination, airline, flight_type: make_flight(
        **{
            "Fecha-I": moment.isoformat(separator, timespec),
            "Des-I": destination,
            "Emp-I": airline,
            "TIPOVUELO": flight_type,
        }
    ),
    timestamps,
    st.sampled_from(" T"),
    st.sampled_from(["minutes", "seconds"]),
    st.sampled_from([*DESTINATIONS, "ZZZZ", "K1G4"]),
    st.sampled_from([*AIRLINES, "ZZZ", "000"]),
    st.sampled_from("IN"),
)


def encode(encoder: Encoder, *batch: dict[str, object]) -> list[list[float]]:
    rows: list[list[float]] = encoder.encode(Flights.from_columns(columns(*batch))).matrix().tolist()
    return rows


class TestARow:
    def test_the_columns_are_the_calendars_and_then_the_tables_in_the_order_of_the_fields(
        self, encoder: Encoder
    ) -> None:
        assert encoder.columns[-5:] == ("minute_of_day", "airline", "destination", "distance", "international")
        assert len(encoder.columns) == COLUMN_COUNT

    def test_each_column_is_looked_up_in_its_own_table(self, encoder: Encoder) -> None:
        row = dict(zip(encoder.columns, encode(encoder, make_flight())[0], strict=True))
        assert (
            row.items()
            >= {
                "day_of_year": 1,
                "day_of_week": 6,
                "high_season": 1,
                "holiday": 1,
                "days_to_holiday": 0,
                "days_since_holiday": 0,
                "minute_of_day": 1410,
                "airline": 0.25,
                "destination": 0.5,
                "distance": 1,
                "international": 1,
            }.items()
        )

    def test_the_order_of_the_tables_does_not_matter(self, encoder: Encoder) -> None:
        assert encode(make_encoder(tables=TABLES[::-1]), make_flight()) == encode(encoder, make_flight())

    @given(flights)
    def test_every_flight_is_what_its_parts_are_worked_out_from_scratch(
        self, encoder: Encoder, flight: dict[str, Any]
    ) -> None:
        moment = datetime.fromisoformat(flight["Fecha-I"])
        expected = [
            *Calendar(HOLIDAYS).day_columns(moment.date()),
            60 * moment.hour + moment.minute,
            *AIRLINES.get(flight["Emp-I"], RARE_AIRLINE),
            *DESTINATIONS.get(flight["Des-I"], RARE_DESTINATION),
            *FLIGHT_TYPES[flight["TIPOVUELO"]],
        ]
        assert encode(encoder, flight) == [expected]


class TestABatch:
    @given(st.lists(flights, min_size=1, max_size=20))
    def test_it_equals_its_flights_one_by_one(self, encoder: Encoder, batch: list[dict[str, object]]) -> None:
        together = encoder.encode(Flights.from_columns(columns(*batch)))
        alone = [encoder.encode(Flights.from_columns(columns(flight))) for flight in batch]
        assert together.rows == b"".join(one.rows for one in alone)
        assert together.count == len(batch)
        assert together.unseen_airlines == sum(one.unseen_airlines for one in alone)
        assert together.unseen_destinations == sum(one.unseen_destinations for one in alone)

    def test_its_matrix_is_fp32_row_by_row(self, encoder: Encoder) -> None:
        encoded = encoder.encode(Flights.from_columns(columns(make_flight(), make_flight(TIPOVUELO="N"))))
        assert encoded.matrix().dtype == np.dtype("<f4")
        assert encoded.matrix().shape == (2, COLUMN_COUNT)
        assert list(struct.unpack(f"<{2 * COLUMN_COUNT}f", encoded.rows)) == encoded.matrix().ravel().tolist()

    def test_encoding_twice_with_one_encoder_gives_the_same_bytes(self) -> None:
        encoder, batch = make_encoder(), Flights.from_columns(columns(make_flight(), make_flight()))
        assert encoder.encode(batch) == encoder.encode(batch)


class TestUnseenCategories:
    def test_an_airline_outside_the_vocabulary_is_encoded_as_a_rare_one_and_counted(self, encoder: Encoder) -> None:
        encoded = encoder.encode(Flights.from_columns(columns(make_flight(), make_flight(**{"Emp-I": "ZZZ"}))))
        assert encoded.matrix()[:, encoder.columns.index("airline")].tolist() == [0.25, *RARE_AIRLINE]
        assert (encoded.unseen_airlines, encoded.unseen_destinations) == (1, 0)

    def test_a_destination_outside_the_vocabulary_is_encoded_as_a_rare_one_and_counted(self, encoder: Encoder) -> None:
        encoded = encoder.encode(Flights.from_columns(columns(make_flight(), make_flight(**{"Des-I": "ZZZZ"}))))
        first = encoder.columns.index("destination")
        assert encoded.matrix()[1, first : first + 2].tolist() == [*RARE_DESTINATION]
        assert (encoded.unseen_airlines, encoded.unseen_destinations) == (0, 1)

    def test_an_unseen_one_stays_unseen(self, encoder: Encoder) -> None:
        unseen = Flights.from_columns(columns(make_flight(**{"Emp-I": "QQQ", "Des-I": "QQQQ"})))
        for _ in range(2):
            encoded = encoder.encode(unseen)
            assert (encoded.unseen_airlines, encoded.unseen_destinations) == (1, 1)


class TestABadValue:
    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("Fecha-I", "2017-02-29 10:00"),
            ("Fecha-I", "2017-01-01"),
            ("Fecha-I", "2017-01-01 24:00"),
            ("Fecha-I", "2100-01-01 10:00"),
            ("Fecha-I", ""),
            ("Des-I", "scfa"),
            ("Des-I", "SCFA "),
            ("Emp-I", "lan"),
            ("Emp-I", ""),
            ("TIPOVUELO", "X"),
        ],
    )
    def test_it_is_named_with_field_row_and_the_value_as_sent(self, encoder: Encoder, name: str, value: object) -> None:
        with pytest.raises(InvalidFlight) as caught:
            encode(encoder, make_flight(), make_flight(), make_flight(**{name: value}), make_flight())
        assert (caught.value.field, caught.value.row, caught.value.value) == (name, 2, value)

    @pytest.mark.parametrize("name", ["Fecha-I", "Des-I", "Emp-I", "TIPOVUELO"])
    @pytest.mark.parametrize("value", NEVER_TEXT, ids=lambda value: type(value).__name__)
    def test_a_value_that_is_no_text_is_the_callers_fault(self, encoder: Encoder, name: str, value: object) -> None:
        with pytest.raises(InvalidFlight) as caught:
            encode(encoder, make_flight(), make_flight(**{name: value}))
        assert (caught.value.field, caught.value.row) == (name, 1)

    def test_a_value_whose_parts_cannot_even_be_looked_up_is_the_callers_fault(self, encoder: Encoder) -> None:
        """From Python 3.12 on a slice can be a key, so that a dict answers KeyError where it said TypeError."""

        class Mapped(dict[object, object]):
            def __getitem__(self, key: object) -> object:
                raise KeyError("a slice is no key here")

        with pytest.raises(InvalidFlight):
            encode(encoder, make_flight(**{"Fecha-I": Mapped()}))

    @given(almost_timestamps)
    def test_a_departure_is_encoded_exactly_where_it_can_be_parsed(self, encoder: Encoder, text: str) -> None:
        try:
            day, minute = parse_timestamp("Fecha-I", text)
        except InvalidFlight as refusal:
            with pytest.raises(InvalidFlight, match=re.escape(str(refusal.at(0)))):
                encode(encoder, make_flight(**{"Fecha-I": text}))
        else:
            [row] = encode(encoder, make_flight(**{"Fecha-I": text}))
            calendar = Calendar(HOLIDAYS).day_columns(day)
            assert row[: len(calendar) + 1] == [*calendar, minute]

    def test_a_good_flight_after_a_bad_one_is_encoded(self, encoder: Encoder) -> None:
        with pytest.raises(InvalidFlight):
            encode(encoder, make_flight(**{"Emp-I": "lan"}))
        assert len(encode(encoder, make_flight(**{"Emp-I": "LAN"}))) == 1


def airlines(values: Mapping[str, tuple[float, ...]] = AIRLINES, **changes: Any) -> tuple[CategoryTable, ...]:
    """The tables, with another one of airlines."""
    arguments = {"field": "Emp-I", "columns": ("airline",), "rare": RARE_AIRLINE} | changes
    return (CategoryTable(values=values, **arguments), *TABLES[1:])


class TestTables:
    @pytest.mark.parametrize(
        "tables",
        [(), TABLES[:2], (*TABLES, TABLES[0]), airlines(field="Emp-O")],
        ids=["none", "one is missing", "one twice", "an unknown one"],
    )
    def test_there_is_exactly_one_for_each_encoded_field(self, tables: tuple[CategoryTable, ...]) -> None:
        with pytest.raises(InvalidBundle, match="it must have one each for"):
            make_encoder(tables=tables)

    def test_one_without_categories_is_refused(self) -> None:
        with pytest.raises(InvalidBundle, match="the encoder's table for Emp-I is empty"):
            make_encoder(tables=airlines({}))

    @pytest.mark.parametrize("values", [(), (1.0, 2.0)], ids=["too few", "too many"])
    def test_a_category_has_a_value_in_each_column(self, values: tuple[float, ...]) -> None:
        for tables in (airlines({"LAN": values}), airlines(rare=values)):
            with pytest.raises(InvalidBundle, match=r"table for Emp-I has .* it must have a finite FP32 number"):
                make_encoder(tables=tables)

    @pytest.mark.parametrize(
        "value",
        [float("nan"), float("inf"), -float("inf"), 1e39, -1e39, 10**400, -(10**5000)],
        ids=lambda v: str(v)[:9] if isinstance(v, float) else "a huge whole number",
    )
    def test_a_value_is_a_finite_fp32_number(self, value: float) -> None:
        for tables in (airlines({"LAN": (value,)}), airlines(rare=(value,))):
            with pytest.raises(InvalidBundle, match=r"table for Emp-I has .* it must have a finite FP32 number"):
                make_encoder(tables=tables)

    @pytest.mark.parametrize("value", [3.4028234663852886e38, -3.4028234663852886e38, 10**38, 0])
    def test_the_largest_fp32_number_is_one(self, value: float) -> None:
        encoder = make_encoder(tables=airlines({"LAN": (value,)}))
        [row] = encode(encoder, make_flight(**{"Emp-I": "LAN"}))
        assert row[encoder.columns.index("airline")] == np.float32(value)

    @pytest.mark.parametrize("code", ["lan", "LAN ", "", "LA", "nan", "LAN\n", "\ud800"])
    def test_a_category_that_no_flight_can_have_is_refused(self, code: str) -> None:
        with pytest.raises(InvalidBundle, match="a category that no flight can have: Emp-I"):
            make_encoder(tables=airlines({code: (1.0,)}))

    def test_no_two_columns_have_the_same_name(self) -> None:
        with pytest.raises(InvalidBundle, match="a column twice"):
            make_encoder(tables=airlines(columns=("distance",)))

    def test_holidays_may_be_none(self) -> None:
        encoder = make_encoder(holidays=frozenset[date]())
        row = dict(zip(encoder.columns, encode(encoder, make_flight())[0], strict=True))
        assert (row["holiday"], row["days_to_holiday"], row["days_since_holiday"]) == (0, 7, 7)
