"""A batch of flights, as columns."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

from flights.errors import InvalidRequest, shown
from flights.fields import AIRLINE, DESTINATION, FIELD_BY_NAME, FIELDS, FLIGHT_TYPE, SCHEDULED

_NAMES = ", ".join(field.name for field in FIELDS)
_SCHEDULED, _DESTINATION, _AIRLINE, _FLIGHT_TYPE = (
    field.name for field in (SCHEDULED, DESTINATION, AIRLINE, FLIGHT_TYPE)
)
_REQUIRED_COUNT = 4
_OPTIONAL = tuple(field for field in FIELDS if not field.required)


@dataclass(slots=True)  # made for every request, and frozen ones take three times as long to make
class Flights:
    """What is known of n flights before they depart: n values in each column, at least one.

    The columns are whole; their values are looked up, and so checked, by ``Encoder.encode``.

    Attributes:
        scheduled: Scheduled departures, Santiago local time, as text.
        destinations: ICAO airport codes.
        airlines: ICAO airline codes.
        flight_types: ``I`` or ``N``.
    """

    scheduled: list[str]
    destinations: list[str]
    airlines: list[str]
    flight_types: list[str]

    @classmethod
    def from_columns(cls, columns: Mapping[str, list[object]]) -> "Flights":
        """Take the required columns, and check and drop the optional ones.

        Raises:
            InvalidRequest: The caller's fault: a column is missing, unknown, empty or of another length.
            InvalidFlight: The caller's fault: a value of an optional column.
        """
        try:
            flights = cls(
                cast(list[str], columns[_SCHEDULED]),
                cast(list[str], columns[_DESTINATION]),
                cast(list[str], columns[_AIRLINE]),
                cast(list[str], columns[_FLIGHT_TYPE]),
            )
        except KeyError as error:
            raise InvalidRequest(f"{error.args[0]} is missing: each of its rows must be given") from None
        count = len(flights.scheduled)
        if count == 0:
            raise InvalidRequest(f"{_SCHEDULED} is empty: at least one flight must be given")
        for name, column in columns.items():
            if name not in FIELD_BY_NAME:
                raise InvalidRequest(f"{shown(name)} is not an input: they are {_NAMES}")
            if len(column) != count:
                raise InvalidRequest(
                    f"{name} has {len(column)} rows where {_SCHEDULED} has {count}: they must be as many"
                )
        if len(columns) > _REQUIRED_COUNT:
            for field in _OPTIONAL:
                if field.name in columns:
                    field.check_column(columns[field.name])
        return flights

    def __len__(self) -> int:
        return len(self.scheduled)
