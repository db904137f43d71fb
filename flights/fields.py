"""The fields of a flight, as a request names them, and what each of them may hold.

The names are those of the challenge's table, so that a client of the old service sends what it always sent.
A field that is ``required`` is what the model sees; the others are checked and then left alone.
``Fecha-O``, the operated departure, is the answer itself: nothing in this package reads its value.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Literal

from flights.errors import InvalidFlight

Datatype = Literal["BYTES", "INT64"]

FIRST_YEAR, LAST_YEAR = 2000, 2099
"""Years that a date may lie in; the calendar in a bundle covers them all."""

_TIMESTAMP = re.compile(r"(\d{4}-\d{2}-\d{2})[ T]([01]\d|2[0-3]):([0-5]\d)(?::[0-5]\d)?", re.ASCII)
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_AIRLINE = re.compile(r"[A-Z0-9]{3}")
_AIRPORT = re.compile(r"[A-Z][A-Z0-9]{3}")
_WEEKDAYS = frozenset({"Lunes", "Martes", "Miercoles", "Jueves", "Viernes", "Sabado", "Domingo"})
"""As the challenge's table spells them, without accents."""

DATE_LENGTH = len("2017-01-01")


def parse_date(field: str, text: str) -> date:
    """Read ``YYYY-MM-DD``.

    Raises:
        InvalidFlight: The caller's fault: there is no such day, or it lies outside 2000 to 2099.
    """
    try:
        if not _DATE.fullmatch(text):  # fromisoformat also takes 20170101 and 2017-W01-1
            raise ValueError(text)
        day = date.fromisoformat(text)
    except ValueError:
        raise InvalidFlight(field, None, text, "a date that exists, as YYYY-MM-DD") from None
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise InvalidFlight(field, None, text, f"a date from {FIRST_YEAR} to {LAST_YEAR}")
    return day


def parse_timestamp(field: str, value: object) -> tuple[date, int]:
    """Read ``YYYY-MM-DD HH:MM[:SS]``, Santiago local time, with a blank or a ``T`` in the middle.

    Returns:
        The day, and the minute of the day from 0 to 1439. Seconds are checked and dropped.

    Raises:
        InvalidFlight: The caller's fault.
    """
    match = _TIMESTAMP.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise InvalidFlight(field, None, value, "a local time as YYYY-MM-DD HH:MM or YYYY-MM-DD HH:MM:SS")
    try:
        day = parse_date(field, match[1])
    except InvalidFlight as error:
        raise InvalidFlight(field, None, value, error.requirement) from None
    return day, 60 * int(match[2]) + int(match[3])


def _check_timestamp(field: str, value: object) -> None:
    parse_timestamp(field, value)


def _matching(pattern: re.Pattern[str], requirement: str) -> Callable[[str, object], None]:
    def check(field: str, value: object) -> None:
        if not isinstance(value, str) or not pattern.fullmatch(value):
            raise InvalidFlight(field, None, value, requirement)

    return check


def _one_of(values: frozenset[str], requirement: str) -> Callable[[str, object], None]:
    def check(field: str, value: object) -> None:
        if not isinstance(value, str) or value not in values:
            raise InvalidFlight(field, None, value, requirement)

    return check


def _between(lowest: int, highest: int) -> Callable[[str, object], None]:
    def check(field: str, value: object) -> None:
        # bool is an int in Python, and true is not a number in JSON
        if not isinstance(value, int) or isinstance(value, bool) or not lowest <= value <= highest:
            raise InvalidFlight(field, None, value, f"a whole number from {lowest} to {highest}")

    return check


_check_airline = _matching(_AIRLINE, "an ICAO airline code: three capital letters or digits, such as LAN")
_check_airport = _matching(_AIRPORT, "an ICAO airport code: four capital letters or digits, such as KMIA")


@dataclass(frozen=True, slots=True)
class Field:
    """One input tensor of the contract.

    Attributes:
        name: Name of the tensor.
        datatype: Its Open Inference Protocol datatype.
        required: Whether a request must carry it.
        check: Raises InvalidFlight for a value that the field may not hold.
    """

    name: str
    datatype: Datatype
    required: bool
    check: Callable[[str, object], None]

    def check_column(self, column: list[object]) -> None:
        """Check every value of a column.

        Raises:
            InvalidFlight: The caller's fault, with the row of the first bad value.
        """
        for row, value in enumerate(column):
            try:
                self.check(self.name, value)
            except InvalidFlight as error:
                raise error.at(row) from None


SCHEDULED = Field("Fecha-I", "BYTES", True, _check_timestamp)
DESTINATION = Field("Des-I", "BYTES", True, _check_airport)
AIRLINE = Field("Emp-I", "BYTES", True, _check_airline)
FLIGHT_TYPE = Field(
    "TIPOVUELO", "BYTES", True, _one_of(frozenset("IN"), "I for an international or N for a domestic flight")
)
OPERATOR = Field("Emp-O", "BYTES", False, _check_airline)

FIELDS: tuple[Field, ...] = (
    SCHEDULED,
    DESTINATION,
    AIRLINE,
    FLIGHT_TYPE,
    OPERATOR,
    Field("Fecha-O", "BYTES", False, _check_timestamp),
    Field("Des-O", "BYTES", False, _check_airport),
    Field("DIANOM", "BYTES", False, _one_of(_WEEKDAYS, "a Spanish day name without accents, such as Domingo")),
    Field("DIA", "INT64", False, _between(1, 31)),
    Field("MES", "INT64", False, _between(1, 12)),
    Field("AÑO", "INT64", False, _between(FIRST_YEAR, LAST_YEAR)),
)
FIELD_BY_NAME = {field.name: field for field in FIELDS}
