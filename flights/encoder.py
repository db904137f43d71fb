"""From flights to the matrix that the booster reads.

Every column of the matrix depends on one field alone, so a row is a chain of fragments, each looked up in a
table: the day's, the minute's, the airline's, the destination's and the type's. The fragments are the columns'
FP32 values as bytes, and a batch is their concatenation: the very bytes of the tensor that goes to the runtime.
Training encodes 68,206 flights with the same function that serving calls for one.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import chain

import numpy as np
import numpy.typing as npt

from flights.calendar import DAY_COLUMNS, MINUTE_COLUMNS, Calendar, minute_columns
from flights.errors import InvalidBundle, InvalidFlight, shown
from flights.fields import (
    AIRLINE,
    DATE_LENGTH,
    DESTINATION,
    FLIGHT_TYPE,
    SCHEDULED,
    Field,
    parse_date,
    parse_timestamp,
)
from flights.flight import Flights

ENCODED_FIELDS: tuple[Field, ...] = (AIRLINE, DESTINATION, FLIGHT_TYPE)
"""The fields that are encoded by a table of categories, in the order of their columns."""

_MOST_TIMESTAMPS = 16_384
_LARGEST = float(np.finfo(np.float32).max)


@dataclass(frozen=True, slots=True)
class CategoryTable:
    """What training learned of each category of one field.

    Attributes:
        field: Name of the field.
        columns: Names of the columns that it becomes.
        values: For each category of the vocabulary, its value in each column.
        rare: The values of every other category: what training fitted on the categories that it saw too seldom
            to tell apart, and, where there were none, on all flights together.
    """

    field: str
    columns: tuple[str, ...]
    values: Mapping[str, tuple[float, ...]]
    rare: tuple[float, ...]


@dataclass(slots=True)  # made for every request, see Flights
class EncodedFlights:
    """The tensor for the booster.

    Attributes:
        rows: FP32 little-endian, row by row: n * k * 4 bytes.
        count: n, the number of flights.
        unseen_airlines: How many of them have an airline outside the vocabulary.
        unseen_destinations: How many have such a destination.
    """

    rows: bytes
    count: int
    unseen_airlines: int
    unseen_destinations: int

    def matrix(self) -> npt.NDArray[np.float32]:
        """Return the rows as FP32 of shape [n, k]; a view, not to be written to."""
        return np.frombuffer(self.rows, dtype="<f4").reshape(self.count, -1)


class Encoder:
    """Encodes flights; a pure function of its tables and calendar.

    Args:
        calendar: The public holidays.
        tables: One table for each of ``ENCODED_FIELDS``, in any order.

    Raises:
        InvalidBundle: Ours: a table is missing, unknown or empty, holds a category that no flight can have, or has
            values that are not one FP32 number a column.
    """

    def __init__(self, calendar: Calendar, tables: tuple[CategoryTable, ...]) -> None:
        by_field = {table.field: table for table in tables}
        expected = [field.name for field in ENCODED_FIELDS]
        if sorted(table.field for table in tables) != sorted(expected):
            raise InvalidBundle(f"the encoder has tables for {sorted(by_field)}: it must have one each for {expected}")
        self.calendar = calendar
        self.tables = tuple(by_field[name] for name in expected)
        self.columns: tuple[str, ...] = (
            *DAY_COLUMNS,
            *MINUTE_COLUMNS,
            *chain.from_iterable(table.columns for table in self.tables),
        )
        if len(set(self.columns)) != len(self.columns):
            raise InvalidBundle(f"the encoder has a column twice: {self.columns}")
        self._timestamps = _TimestampFragments(calendar)
        self._airlines, self._destinations, self._flight_types = (
            _CategoryFragments(field, table) for field, table in zip(ENCODED_FIELDS, self.tables, strict=True)
        )

    def encode(self, flights: Flights) -> EncodedFlights:
        """Encode n flights as FP32 of shape [n, k], k = ``len(self.columns)``.

        An airline or destination outside the vocabulary becomes its table's ``rare`` values and is counted.

        Raises:
            InvalidFlight: The caller's fault, with field, row and value.
        """
        try:
            rows = self._row(flights) if len(flights) == 1 else self._rows(flights)
        except (InvalidFlight, TypeError, LookupError):  # the last two from values that are not text
            _check(flights)
            raise
        return EncodedFlights(
            rows=rows,
            count=len(flights),
            unseen_airlines=self._airlines.unseen(flights.airlines),
            unseen_destinations=self._destinations.unseen(flights.destinations),
        )

    def _row(self, flights: Flights) -> bytes:
        """Do what ``_rows`` does, for one flight and in a quarter of its time."""
        [scheduled], [airline], [destination] = flights.scheduled, flights.airlines, flights.destinations
        return (
            self._timestamps[scheduled]
            + self._airlines[airline]
            + self._destinations[destination]
            + self._flight_types[flights.flight_types[0]]
        )

    def _rows(self, flights: Flights) -> bytes:
        return b"".join(
            chain.from_iterable(
                zip(
                    map(self._timestamps.__getitem__, flights.scheduled),
                    map(self._airlines.__getitem__, flights.airlines),
                    map(self._destinations.__getitem__, flights.destinations),
                    map(self._flight_types.__getitem__, flights.flight_types),
                    strict=True,
                )
            )
        )


def _check(flights: Flights) -> None:
    """Find the first bad value, now that a look-up failed, to name its row."""
    SCHEDULED.check_column([*flights.scheduled])
    DESTINATION.check_column([*flights.destinations])
    AIRLINE.check_column([*flights.airlines])
    FLIGHT_TYPE.check_column([*flights.flight_types])


def _fragment(values: tuple[float, ...]) -> bytes:
    return np.array(values, dtype="<f4").tobytes()


class _TimestampFragments(dict[str, bytes]):
    """Fragments by timestamp as text; flights leave together, so the first 16,384 that are asked for are kept."""

    def __init__(self, calendar: Calendar) -> None:
        super().__init__()
        self._days = _DayFragments(calendar)
        self._minutes = _MinuteFragments()

    def __missing__(self, text: str) -> bytes:
        fragment = self._days[text[:DATE_LENGTH]] + self._minutes[text[DATE_LENGTH:]]
        if len(self) < _MOST_TIMESTAMPS:
            self[text] = fragment
        return fragment


class _DayFragments(dict[str, bytes]):
    """Fragments by date as text; filled as days are asked for, at most the 36,525 days of the calendar."""

    def __init__(self, calendar: Calendar) -> None:
        super().__init__()
        self._calendar = calendar

    def __missing__(self, text: str) -> bytes:
        fragment = self[text] = _fragment(self._calendar.day_columns(parse_date(SCHEDULED.name, text)))
        return fragment


class _MinuteFragments(dict[str, bytes]):
    """Fragments by the rest of a timestamp, from the separator on; the two usual spellings are filled in."""

    def __init__(self) -> None:
        for minute_of_day in range(24 * 60):
            fragment = _fragment(minute_columns(minute_of_day))
            clock = f"{minute_of_day // 60:02}:{minute_of_day % 60:02}"
            for spelling in (f" {clock}", f" {clock}:00", f"T{clock}", f"T{clock}:00"):
                self[spelling] = fragment

    def __missing__(self, text: str) -> bytes:
        _, minute_of_day = parse_timestamp(SCHEDULED.name, "2000-01-01" + text)
        return _fragment(minute_columns(minute_of_day))


class _CategoryFragments(dict[str, bytes]):
    """Fragments by category of the vocabulary; every other valid code is rare."""

    def __init__(self, field: Field, table: CategoryTable) -> None:
        if not table.values:
            raise InvalidBundle(f"the encoder's table for {table.field} is empty: it must have a category")
        for category, values in (*table.values.items(), ("the rare categories", table.rare)):
            # NaN compares false, and so is refused too
            if len(values) != len(table.columns) or not all(abs(value) <= _LARGEST for value in values):
                raise InvalidBundle(
                    f"the encoder's table for {table.field} has {shown(values)} for {shown(category)}: "
                    f"it must have a finite FP32 number for each of {table.columns}"
                )
        super().__init__({category: _fragment(values) for category, values in table.values.items()})
        self._check: Callable[[str, object], None] = field.check
        self._field = field.name
        self._rare = _fragment(table.rare)
        try:
            for category in self:
                self._check(self._field, category)
        except InvalidFlight as error:
            raise InvalidBundle(f"the encoder's table has a category that no flight can have: {error}") from error

    def __missing__(self, category: str) -> bytes:
        self._check(self._field, category)
        return self._rare

    def unseen(self, categories: list[str]) -> int:
        if len(categories) == 1:
            return int(categories[0] not in self)
        if self.keys() >= set(categories):
            return 0
        return len(categories) - sum(map(self.__contains__, categories))
