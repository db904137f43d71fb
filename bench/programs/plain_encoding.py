"""Flights encoded plainly, with pandas and category_encoders: what every service but ours is measured with."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

import category_encoders
import numpy as np
import numpy.typing as npt
import pandas as pd

from flights.bundle import Bundle
from flights.encoder import CategoryTable

_HIGH_SEASON = [("12-15", "12-31"), ("01-01", "03-03"), ("07-15", "07-31"), ("09-11", "09-30")]
_FARTHEST_HOLIDAY_DAYS = 7
_UNKNOWN = -1  # the ordinal of category_encoders for a category that it was not fitted on


class PlainEncoding:
    """From a frame of flights to the booster's matrix.

    Args:
        bundle: Whose tables and holidays it encodes with.
    """

    def __init__(self, bundle: Bundle) -> None:
        self.columns = list(bundle.encoder.columns)
        self.holidays = bundle.encoder.calendar.holidays
        self.encoded_names = {table.field: table.columns[0] for table in bundle.encoder.tables}
        self.encoder = _fitted(bundle.encoder.tables)

    def matrix(self, flights: pd.DataFrame) -> npt.NDArray[np.float32]:
        """Return the encoded flights, FP32 of shape [n, k]."""
        scheduled = pd.to_datetime(flights["Fecha-I"])
        days = scheduled.dt.date
        features = self.encoder.transform(flights[list(self.encoded_names)]).rename(columns=self.encoded_names)
        features["day_of_year"] = scheduled.dt.dayofyear
        features["day_of_week"] = scheduled.dt.dayofweek
        features["high_season"] = scheduled.apply(_in_high_season)
        features["holiday"] = days.apply(lambda day: day in self.holidays)
        features["days_to_holiday"] = days.apply(self._days_to_holiday, step=1)
        features["days_since_holiday"] = days.apply(self._days_to_holiday, step=-1)
        features["minute_of_day"] = scheduled.dt.hour * 60 + scheduled.dt.minute
        matrix: npt.NDArray[np.float32] = features[self.columns].to_numpy(dtype="float32")
        return matrix

    def _days_to_holiday(self, day: date, step: int) -> int:
        for distance in range(_FARTHEST_HOLIDAY_DAYS):
            if day + timedelta(days=step * distance) in self.holidays:
                return distance
        return _FARTHEST_HOLIDAY_DAYS


def _in_high_season(scheduled: pd.Timestamp) -> bool:
    return any(first <= scheduled.strftime("%m-%d") <= last for first, last in _HIGH_SEASON)


def _fitted(tables: tuple[CategoryTable, ...]) -> Any:
    """Return a category_encoders encoder that maps as the tables do: fitted on them, then given their values.

    A user would unpickle it; ours keeps no pickles, and one that is fitted here costs the same at every request.
    """
    count = max(len(table.values) for table in tables)
    categories = pd.DataFrame(
        {table.field: [sorted(table.values)[row % len(table.values)] for row in range(count)] for table in tables}
    )
    encoder = category_encoders.MEstimateEncoder(cols=list(categories), m=50.0)
    encoder.fit(categories, pd.Series(range(count), dtype=float) % 2)
    for table in tables:
        ordinals: Mapping[object, int] = next(
            each["mapping"] for each in encoder.ordinal_encoder.category_mapping if each["col"] == table.field
        )
        values = encoder.mapping[table.field]
        for category, (value,) in table.values.items():
            values.loc[ordinals[category]] = value
        values.loc[_UNKNOWN] = table.rare[0]
    return encoder
