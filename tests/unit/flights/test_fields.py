import csv
import gzip
from datetime import date, datetime
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from flights.errors import InvalidFlight
from flights.fields import FIELD_BY_NAME, FIELDS, parse_date, parse_timestamp

NEVER_TEXT: list[object] = [
    *(None, True, 0, 20170101, 1.5, float("nan"), b"2017-01-01 23:30", [], {}, ["2017-01-01 23:30"], 10**5000)
]
"""Every other kind of value that a parser may hand over."""

timestamps = st.datetimes(datetime(2000, 1, 1), datetime(2099, 12, 31, 23, 59, 59))
almost_timestamps = st.one_of(
    st.text(),
    st.from_regex(r"\d{1,5}-\d{1,2}-\d{1,2}[ T]?\d{0,2}:?\d{0,2}:?\d{0,2}(\.\d+|Z|[+-]\d\d:\d\d)?"),
    st.builds(
        lambda moment, at, inserted: str(moment)[:at] + inserted + str(moment)[at:],
        timestamps,
        st.integers(0, 19),
        st.text(max_size=2),
    ),
    timestamps.map(str),
)


def refusal(name: str, value: object) -> str:
    with pytest.raises(InvalidFlight) as caught:
        FIELD_BY_NAME[name].check(name, value)
    assert caught.value.field == name
    assert caught.value.row is None
    return caught.value.requirement


class TestScheduledDeparture:
    @pytest.mark.parametrize("text", ["2017-01-01 23:30", "2017-01-01 23:30:59", "2017-01-01T23:30"])
    def test_each_spelling_is_the_day_and_the_minute_of_the_day(self, text: str) -> None:
        assert parse_timestamp("Fecha-I", text) == (date(2017, 1, 1), 1410)

    @given(timestamps, st.sampled_from(" T"), st.sampled_from(["minutes", "seconds"]))
    def test_every_moment_of_the_century_can_be_read(self, moment: datetime, separator: str, timespec: str) -> None:
        text = moment.isoformat(separator, timespec)
        assert parse_timestamp("Fecha-I", text) == (moment.date(), 60 * moment.hour + moment.minute)

    @given(almost_timestamps)
    @example("2017-01-01 23:30\n")
    @example("２０１７-01-01 23:30")
    @example("2017-01-01 23:3٠")
    @example("\ud800")
    @example("2017-01-01 23:30\0")
    def test_any_text_is_refused_or_read_as_datetime_reads_it(self, text: str) -> None:
        try:
            day, minute = parse_timestamp("Fecha-I", text)
        except InvalidFlight as error:
            str(error).encode()
        else:
            moment = datetime.fromisoformat(text)
            assert (day, minute) == (moment.date(), 60 * moment.hour + moment.minute)

    @pytest.mark.parametrize(
        "text",
        [
            "",
            "now",
            "today",
            "NaT",
            "2017-01-01",
            "2017-01-01  23:30",
            " 2017-01-01 23:30",
            "2017-01-01 24:00",
            "2017-01-01 23:60",
            "2017-01-01 23:30:60",
            "2017-01-01 23:30:00.0",
            "2017-01-01 23:30Z",
            "2017-01-01 23:30-03:00",
            "2017-01-01t23:30",
            "20170101 23:30",
            "2017-W01-1 23:30",
            "01-01-2017 23:30",
            "2017-01-01 23:30\n",
        ],
    )
    def test_anything_but_the_format_is_refused(self, text: str) -> None:
        assert refusal("Fecha-I", text) == "a local time as YYYY-MM-DD HH:MM or YYYY-MM-DD HH:MM:SS"

    @pytest.mark.parametrize("text", ["2017-02-29 10:00", "2017-13-01 10:00", "2017-00-10 10:00", "0000-01-01 10:00"])
    def test_a_day_that_does_not_exist_is_refused_with_the_whole_value(self, text: str) -> None:
        with pytest.raises(InvalidFlight, match="must be a date that exists") as caught:
            parse_timestamp("Fecha-I", text)
        assert caught.value.value == text

    @pytest.mark.parametrize("text", ["1999-12-31 23:59", "2100-01-01 00:00", "0001-01-01 00:00", "9999-12-31 00:00"])
    def test_a_year_that_no_bundle_covers_is_refused(self, text: str) -> None:
        assert refusal("Fecha-I", text) == "a date from 2000 to 2099"

    def test_the_first_and_the_last_day_are_taken(self) -> None:
        assert parse_date("Fecha-I", "2000-01-01") == date(2000, 1, 1)
        assert parse_date("Fecha-I", "2099-12-31") == date(2099, 12, 31)

    @pytest.mark.parametrize("text", ["20170101", "2017-W01-1", "2017-1-1", "2017-01-01\n"])
    def test_a_date_has_one_spelling(self, text: str) -> None:
        with pytest.raises(InvalidFlight, match="YYYY-MM-DD"):
            parse_date("Fecha-I", text)

    def test_a_megabyte_of_digits_is_refused_at_once_and_shown_cut(self) -> None:
        with pytest.raises(InvalidFlight) as caught:
            parse_timestamp("Fecha-I", "1" * 1_000_000)
        assert len(str(caught.value)) < 200


class TestEveryTextField:
    @pytest.mark.parametrize("name", [field.name for field in FIELDS if field.datatype == "BYTES"])
    @pytest.mark.parametrize("value", NEVER_TEXT, ids=lambda value: type(value).__name__)
    def test_only_text_is_taken(self, name: str, value: object) -> None:
        refusal(name, value)

    @pytest.mark.parametrize("name", [field.name for field in FIELDS if field.datatype == "BYTES"])
    @given(text=st.text())
    def test_any_text_is_taken_or_refused_in_one_sentence(self, name: str, text: str) -> None:
        try:
            FIELD_BY_NAME[name].check(name, text)
        except InvalidFlight as error:
            str(error).encode()


class TestCodes:
    @pytest.mark.parametrize("name", ["Emp-I", "Emp-O"])
    def test_an_airline_is_three_capitals_or_digits(self, name: str) -> None:
        FIELD_BY_NAME[name].check(name, "LAN")
        FIELD_BY_NAME[name].check(name, "6A1")
        for wrong in ("lan", "LA", "LANX", "LAN ", " LA", "LAN\n", "L-N", "LÁN", "٣٣٣", "\uff2c\uff21\uff2e", "LA\0"):
            assert "three capital letters or digits" in refusal(name, wrong)

    @pytest.mark.parametrize("name", ["Des-I", "Des-O"])
    def test_an_airport_is_four_capitals_or_digits_and_begins_with_a_letter(self, name: str) -> None:
        FIELD_BY_NAME[name].check(name, "KMIA")
        FIELD_BY_NAME[name].check(name, "K1G4")
        for wrong in ("kmia", "KMI", "KMIAX", "SCFA ", "1MIA", "KMIA\n", "KMÍA", "KMI\ud800"):
            assert "ICAO airport code" in refusal(name, wrong)

    @pytest.mark.parametrize("wrong", ["i", "IN", "", "X", "I "])
    def test_a_flight_is_international_or_domestic(self, wrong: str) -> None:
        FIELD_BY_NAME["TIPOVUELO"].check("TIPOVUELO", "I")
        FIELD_BY_NAME["TIPOVUELO"].check("TIPOVUELO", "N")
        refusal("TIPOVUELO", wrong)

    @pytest.mark.parametrize("wrong", ["Sábado", "domingo", "Sunday", ""])
    def test_a_day_name_is_spelled_as_in_the_challenge(self, wrong: str) -> None:
        FIELD_BY_NAME["DIANOM"].check("DIANOM", "Sabado")
        refusal("DIANOM", wrong)


class TestWholeNumbers:
    @pytest.mark.parametrize(("name", "lowest", "highest"), [("DIA", 1, 31), ("MES", 1, 12), ("AÑO", 2000, 2099)])
    def test_both_ends_of_the_range_are_taken_and_no_more(self, name: str, lowest: int, highest: int) -> None:
        check = FIELD_BY_NAME[name].check
        check(name, lowest)
        check(name, highest)
        for wrong in (lowest - 1, highest + 1, -lowest, 2**63, 10**5000):
            assert refusal(name, wrong) == f"a whole number from {lowest} to {highest}"

    @pytest.mark.parametrize("value", [True, 1.0, "1", None, float("nan"), [1]], ids=repr)
    def test_what_only_resembles_a_whole_number_is_refused(self, value: object) -> None:
        refusal("DIA", value)


def test_the_first_bad_value_of_a_column_is_named_with_its_row() -> None:
    with pytest.raises(InvalidFlight) as caught:
        FIELD_BY_NAME["DIA"].check_column([1, 2, 0, -1])
    assert (caught.value.row, caught.value.value) == (2, 0)


def test_what_the_model_sees_is_required_and_the_operated_flight_is_not() -> None:
    assert [field.name for field in FIELDS if field.required] == ["Fecha-I", "Des-I", "Emp-I", "TIPOVUELO"]


@pytest.mark.scl
def test_every_value_of_the_real_data_is_taken(scl_data: Path) -> None:
    with gzip.open(scl_data, "rt", encoding="utf-8", newline="") as table:
        rows = list(csv.DictReader(table))
    for field in FIELDS:
        for value in {row[field.name] for row in rows}:
            field.check(field.name, int(value) if field.datatype == "INT64" else value)
