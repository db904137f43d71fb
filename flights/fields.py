"""The fields of a flight, as a request names them, and what each of them may hold.

The names are those of the challenge's table, so that a client of the old service sends what it always sent.
A field that is ``required`` is what the model sees; the others are checked and then left alone.
``Fecha-O``, the operated departure, is the answer itself: nothing in this package reads its value.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
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
_DAY_NAMES = ("Lunes", "Martes", "Miercoles", "Jueves", "Viernes", "Sabado", "Domingo")
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


@dataclass(frozen=True, slots=True)
class Kind:
    """What a value may be, twice: as a check that names what is wrong, and as a schema for those who ask before.

    Attributes:
        check: Raises InvalidFlight for a field's name and a value that is none of this kind.
        schema: The same as JSON Schema; its patterns are regular expressions of ECMA-262.
    """

    check: Callable[[str, object], None]
    schema: Mapping[str, object] = field(hash=False)


def _timestamps() -> Kind:
    def check(field: str, value: object) -> None:
        parse_timestamp(field, value)

    months = "(0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01])|(0[469]|11)-(0[1-9]|[12][0-9]|30)|02-(0[1-9]|1[0-9]|2[0-8])"
    leap_day = "20([02468][048]|[13579][26])-02-29"  # from FIRST_YEAR to LAST_YEAR, every fourth year has one
    clock = "([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9])?"
    return Kind(check, {"type": "string", "pattern": f"^(20[0-9]{{2}}-({months})|{leap_day})[ T]{clock}$"})


def _codes(pattern: re.Pattern[str], requirement: str) -> Kind:
    def check(field: str, value: object) -> None:
        if not isinstance(value, str) or not pattern.fullmatch(value):
            raise InvalidFlight(field, None, value, requirement)

    return Kind(check, {"type": "string", "pattern": f"^{pattern.pattern}$"})


def _one_of(values: tuple[str, ...], requirement: str) -> Kind:
    def check(field: str, value: object) -> None:
        if not isinstance(value, str) or value not in values:
            raise InvalidFlight(field, None, value, requirement)

    return Kind(check, {"type": "string", "enum": list(values)})


def _between(lowest: int, highest: int) -> Kind:
    def check(field: str, value: object) -> None:
        # bool is an int in Python, and true is not a number in JSON
        if not isinstance(value, int) or isinstance(value, bool) or not lowest <= value <= highest:
            raise InvalidFlight(field, None, value, f"a whole number from {lowest} to {highest}")

    return Kind(check, {"type": "integer", "minimum": lowest, "maximum": highest})


_TIMESTAMPS = _timestamps()
_AIRLINES = _codes(_AIRLINE, "an ICAO airline code: three capital letters or digits, such as LAN")
_AIRPORTS = _codes(_AIRPORT, "an ICAO airport code: four capital letters or digits, such as KMIA")
_FLIGHT_TYPES = _one_of(("I", "N"), "I for an international or N for a domestic flight")
_WEEKDAYS = _one_of(_DAY_NAMES, "a Spanish day name without accents, such as Domingo")


@dataclass(frozen=True, slots=True)
class Field:
    """One input tensor of the contract.

    Attributes:
        name: Name of the tensor.
        datatype: Its Open Inference Protocol datatype.
        required: Whether a request must carry it.
        kind: What its values may be.
        meaning: What it says of the flight.
        example: Its value in the example of the old service.
    """

    name: str
    datatype: Datatype
    required: bool
    kind: Kind
    meaning: str
    example: str | int

    @property
    def check(self) -> Callable[[str, object], None]:
        """Return what raises InvalidFlight for a value that the field may not hold."""
        return self.kind.check

    def check_column(self, column: list[object]) -> None:
        """Check every value of a column.

        Raises:
            InvalidFlight: The caller's fault, with the row of the first bad value.
        """
        for row, value in enumerate(column):
            try:
                self.kind.check(self.name, value)
            except InvalidFlight as error:
                raise error.at(row) from None


def _required(name: str, kind: Kind, meaning: str, example: str) -> Field:
    return Field(name, "BYTES", True, kind, meaning, example)


def _optional(name: str, kind: Kind, meaning: str, example: str | int) -> Field:
    return Field(name, "INT64" if isinstance(example, int) else "BYTES", False, kind, meaning, example)


SCHEDULED = _required("Fecha-I", _TIMESTAMPS, "scheduled departure, Santiago local time", "2017-01-01 23:30:00")
DESTINATION = _required("Des-I", _AIRPORTS, "scheduled destination, ICAO airport code", "KMIA")
AIRLINE = _required("Emp-I", _AIRLINES, "airline, ICAO airline code", "AAL")
FLIGHT_TYPE = _required("TIPOVUELO", _FLIGHT_TYPES, "I international, N domestic", "I")
OPERATOR = _optional("Emp-O", _AIRLINES, "airline that operates it, as published", "AAL")

FIELDS: tuple[Field, ...] = (
    SCHEDULED,
    DESTINATION,
    AIRLINE,
    FLIGHT_TYPE,
    OPERATOR,
    _optional("Fecha-O", _TIMESTAMPS, "operated departure; checked, then left alone", "2017-01-01 23:33:00"),
    _optional("Des-O", _AIRPORTS, "operated destination; checked, then left alone", "KMIA"),
    _optional("DIANOM", _WEEKDAYS, "day of the week of the operated departure; checked, then left alone", "Domingo"),
    _optional("DIA", _between(1, 31), "day of the operated departure; checked, then left alone", 1),
    _optional("MES", _between(1, 12), "month of the operated departure; checked, then left alone", 1),
    _optional("AÑO", _between(FIRST_YEAR, LAST_YEAR), "its year; checked, then left alone", 2017),
)
FIELD_BY_NAME = {field.name: field for field in FIELDS}
