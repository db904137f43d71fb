"""Which rows of a table can be trained on, and why the others cannot.

What a flight may hold is what serving accepts: each column goes through the check of the same field. Columns
that training does not use are not checked.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
import pandera.pandas as pa
from pandera.errors import SchemaErrors

from flights.errors import InvalidDataset, InvalidFlight, shown
from flights.fields import AIRLINE, DATE_LENGTH, DESTINATION, FIELD_BY_NAME, FLIGHT_TYPE, SCHEDULED, Field
from training.dataset import Dataset
from training.labels import delay_seconds, delayed

OPERATED = FIELD_BY_NAME["Fecha-O"]

EARLIEST_DELAY_SECONDS, LATEST_DELAY_SECONDS = -12 * 3600, 7 * 24 * 3600
"""Outside these the two dates contradict each other. A flight that left days late is delayed all the same."""

_EXAMPLES = 3

_FIELD_REASONS = {
    SCHEDULED: "Fecha-I is no scheduled departure as YYYY-MM-DD HH:MM:SS, from 2000 to 2099",
    DESTINATION: "Des-I is no ICAO airport code in capitals",
    AIRLINE: "Emp-I is no ICAO airline code in capitals",
    FLIGHT_TYPE: "TIPOVUELO is neither I nor N",
    OPERATED: "Fecha-O is no operated departure as YYYY-MM-DD HH:MM:SS, from 2000 to 2099",
}
_NOT_OPERATED = "Fecha-O is empty: the flight never left"
_REPEATED = "the row repeats an earlier one in every cell"
_RAGGED = "the line has more or fewer cells than the header"
_IMPOSSIBLE_DELAY = "Fecha-O is more than 12 hours before or 7 days after Fecha-I"


@dataclass(frozen=True, slots=True)
class Reason:
    """Why rows were dropped.

    Attributes:
        text: The reason.
        count: How many rows have it; a row may have several reasons.
        examples: The first few of them: the line, and the cell at fault if it is one.
    """

    text: str
    count: int
    examples: tuple[str, ...]

    def __str__(self) -> str:
        examples = ", ".join(self.examples) + (", ..." if self.count > len(self.examples) else "")
        return f"{self.count:,}: {self.text} (line {examples})"


@dataclass(frozen=True, slots=True)
class Cleaned:
    """The rows to train on.

    Attributes:
        rows: All cells as text; n rows, at least one.
        delayed: Whether each flight was delayed, of shape [n].
        read_count: Rows of the file, good or bad.
        reasons: Why the others were dropped.
        country: Whose public holidays the flights know.
    """

    rows: pd.DataFrame
    delayed: npt.NDArray[np.bool_]
    read_count: int
    reasons: tuple[Reason, ...]
    country: str = "CL"

    @property
    def dropped_count(self) -> int:
        """Number of rows dropped."""
        return self.read_count - len(self.rows)


def clean(dataset: Dataset) -> Cleaned:
    """Drop what cannot be trained on.

    Raises:
        InvalidDataset: Ours: nothing is left.
    """
    reasons = []
    if dataset.ragged_lines:
        examples = tuple(map(str, dataset.ragged_lines[:_EXAMPLES]))
        reasons.append(Reason(_RAGGED, len(dataset.ragged_lines), examples))
    good, found = _pass(_row_schema(dataset.origins), dataset.rows.assign(repeated=dataset.rows.duplicated()))
    rows = dataset.rows.loc[good]
    reasons += found
    delays = pd.DataFrame({"delay": delay_seconds(rows)}, index=rows.index)
    good, found = _pass(_DELAY_SCHEMA, delays)
    reasons += found
    if good.empty:
        raise InvalidDataset(f"{dataset.name} has no row to train on: {'; '.join(map(str, reasons))}")
    return Cleaned(
        rows=rows.loc[good],
        delayed=delayed(delays["delay"].loc[good].to_numpy()),
        read_count=len(dataset.rows) + len(dataset.ragged_lines),
        reasons=tuple(reasons),
        country=dataset.country,
    )


def _pass(schema: pa.DataFrameSchema, rows: pd.DataFrame) -> "tuple[pd.Index[int], list[Reason]]":
    """Return the lines of the rows that pass, and why the others do not."""
    try:
        schema.validate(rows, lazy=True)
    except SchemaErrors as errors:
        failures = errors.failure_cases
        reasons = [_reason(str(text), cases) for text, cases in failures.groupby("check", sort=False)]
        return rows.index.difference(failures["index"].unique(), sort=False), reasons
    return rows.index, []


def _reason(text: str, cases: pd.DataFrame) -> Reason:
    first = cases.sort_values("index").head(_EXAMPLES)
    examples = (
        f"{line} {shown(cell)}" if isinstance(cell, str) and cell else str(line)
        for line, cell in zip(first["index"], first["failure_case"], strict=True)
    )
    return Reason(text, len(cases), tuple(examples))


def _passes(field: Field) -> Callable[["pd.Series[str]"], "pd.Series[bool]"]:
    def check(column: "pd.Series[str]") -> "pd.Series[bool]":
        return column.map({value: _is_allowed(field, value) for value in column.unique()})

    return check


def _is_allowed(field: Field, value: object) -> bool:
    try:
        field.check(field.name, value)
    except InvalidFlight:
        return False
    return True


def _timestamp_passes(field: Field) -> Callable[["pd.Series[str]"], "pd.Series[bool]"]:
    """Check days and clocks each for themselves, as the encoder looks them up: far fewer are distinct."""

    def check(column: "pd.Series[str]") -> "pd.Series[bool]":
        days, clocks = column.str[:DATE_LENGTH], column.str[DATE_LENGTH:]
        return _passes(field)(days + " 00:00") & _passes(field)("2000-01-01" + clocks)

    return check


def _empty_or_passes(field: Field) -> Callable[["pd.Series[str]"], "pd.Series[bool]"]:
    return lambda column: (column == "") | _timestamp_passes(field)(column)


def _row_schema(origins: tuple[str, ...]) -> pa.DataFrameSchema:
    elsewhere = f"Ori-I is not {' or '.join(origins)}: the flight leaves from elsewhere"
    return pa.DataFrameSchema(
        {
            field.name: pa.Column(object, pa.Check(_passes(field), error=_FIELD_REASONS[field]))
            for field in (DESTINATION, AIRLINE, FLIGHT_TYPE)
        }
        | {
            SCHEDULED.name: pa.Column(object, pa.Check(_timestamp_passes(SCHEDULED), error=_FIELD_REASONS[SCHEDULED])),
            "Ori-I": pa.Column(object, pa.Check(lambda column: column.isin(origins), error=elsewhere)),
            OPERATED.name: pa.Column(
                object,
                [
                    pa.Check(lambda column: column != "", error=_NOT_OPERATED),
                    pa.Check(_empty_or_passes(OPERATED), error=_FIELD_REASONS[OPERATED]),
                ],
            ),
            "repeated": pa.Column(bool, pa.Check(lambda column: ~column, error=_REPEATED)),
        },
    )


_DELAY_SCHEMA = pa.DataFrameSchema(
    {"delay": pa.Column(int, pa.Check.in_range(EARLIEST_DELAY_SECONDS, LATEST_DELAY_SECONDS, error=_IMPOSSIBLE_DELAY))}
)
