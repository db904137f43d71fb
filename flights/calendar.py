"""What the scheduled day and minute tell: columns that need no table of categories.

The rules are code, the public holidays are a list in the bundle: training takes them from a maintained package,
and serving must not depend on which release of it is installed.
"""

from dataclasses import dataclass
from datetime import date, timedelta

DAY_COLUMNS = (
    "day_of_year",
    "day_of_week",
    "high_season",
    "holiday",
    "days_to_holiday",
    "days_since_holiday",
)
MINUTE_COLUMNS = ("minute_of_day",)

_FARTHEST_HOLIDAY_DAYS = 7

_HIGH_SEASON = (((12, 15), (12, 31)), ((1, 1), (3, 3)), ((7, 15), (7, 31)), ((9, 11), (9, 30)))
"""Month and day, both ends included: summer, winter holidays, Fiestas Patrias. From the challenge's text."""


@dataclass(frozen=True, slots=True)
class Calendar:
    """The public holidays, and the columns that follow from a date.

    Attributes:
        holidays: Public holidays in Chile, from 2000 to 2099.
    """

    holidays: frozenset[date]

    def day_columns(self, day: date) -> tuple[float, ...]:
        """Return the values of ``DAY_COLUMNS`` for a scheduled day, in that order.

        ``day_of_week`` is 0 on Monday. The distances to the next and since the last holiday are in days and
        stop at 7: a holiday farther away than a week does not matter.
        """
        in_high_season = any(first <= (day.month, day.day) <= last for first, last in _HIGH_SEASON)
        return (
            float(day.timetuple().tm_yday),
            float(day.weekday()),
            float(in_high_season),
            float(day in self.holidays),
            float(self._days_until_holiday(day, 1)),
            float(self._days_until_holiday(day, -1)),
        )

    def _days_until_holiday(self, day: date, step: int) -> int:
        for distance in range(_FARTHEST_HOLIDAY_DAYS):
            if day + timedelta(days=step * distance) in self.holidays:
                return distance
        return _FARTHEST_HOLIDAY_DAYS


def minute_columns(minute_of_day: int) -> tuple[float, ...]:
    """Return the values of ``MINUTE_COLUMNS`` for a scheduled minute of the day, 0 to 1439."""
    return (float(minute_of_day),)
