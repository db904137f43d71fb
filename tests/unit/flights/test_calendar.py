from datetime import date, timedelta

import pytest

from flights.calendar import DAY_COLUMNS, MINUTE_COLUMNS, Calendar, minute_columns

CALENDAR = Calendar(frozenset({date(2017, 9, 18), date(2017, 9, 19)}))


def column(name: str, day: date, calendar: Calendar = CALENDAR) -> float:
    return dict(zip(DAY_COLUMNS, calendar.day_columns(day), strict=True))[name]


def test_a_day_has_its_place_in_the_year_and_in_the_week() -> None:
    leap_day = date(2020, 2, 29)  # a Saturday
    assert column("day_of_year", leap_day) == 60
    assert column("day_of_week", leap_day) == 5


@pytest.mark.parametrize(
    ("first", "last"),
    [((12, 15), (3, 3)), ((7, 15), (7, 31)), ((9, 11), (9, 30))],
    ids=["summer", "winter holidays", "Fiestas Patrias"],
)
def test_a_high_season_includes_both_its_ends_and_no_day_more(first: tuple[int, int], last: tuple[int, int]) -> None:
    opening, closing = date(2016, *first), date(2017, *last)
    assert column("high_season", opening) == column("high_season", closing) == 1
    assert column("high_season", opening - timedelta(days=1)) == 0
    assert column("high_season", closing + timedelta(days=1)) == 0


@pytest.mark.parametrize("day", [date(2016, 12, 31), date(2017, 1, 1)], ids=str)
def test_the_turn_of_the_year_lies_in_the_high_season(day: date) -> None:
    assert column("high_season", day) == 1


def test_high_season_days_are_as_many_as_the_challenge_says() -> None:
    year = [date(2017, 1, 1) + timedelta(days=offset) for offset in range(365)]
    assert sum(column("high_season", day) for day in year) == (31 + 28 + 3) + 17 + 17 + 20


class TestHolidays:
    def test_a_holiday_is_one_and_lies_no_day_away(self) -> None:
        for name, value in (("holiday", 1), ("days_to_holiday", 0), ("days_since_holiday", 0)):
            assert column(name, date(2017, 9, 18)) == value

    @pytest.mark.parametrize(("day", "distance"), [(17, 1), (12, 6), (11, 7), (10, 7)])
    def test_the_next_one_is_counted_in_days_up_to_a_week(self, day: int, distance: int) -> None:
        assert column("days_to_holiday", date(2017, 9, day)) == distance
        assert column("holiday", date(2017, 9, day)) == 0

    @pytest.mark.parametrize(("day", "distance"), [(20, 1), (25, 6), (26, 7), (27, 7)])
    def test_the_last_one_is_counted_in_days_up_to_a_week(self, day: int, distance: int) -> None:
        assert column("days_since_holiday", date(2017, 9, day)) == distance


def test_every_column_is_a_number_in_every_year_that_a_flight_can_have() -> None:
    for day in (date(year, *end) for year in range(2000, 2100) for end in ((1, 1), (12, 31))):
        values = CALENDAR.day_columns(day)
        assert [type(value) for value in values] == [float] * len(DAY_COLUMNS)


def test_a_minute_is_its_own_column() -> None:
    assert dict(zip(MINUTE_COLUMNS, minute_columns(1439), strict=True)) == {"minute_of_day": 1439.0}
