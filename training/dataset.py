"""The challenge's table of flights: a CSV file, as text."""

import csv
import gzip
import hashlib
import io
import zlib
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from flights.errors import InvalidDataset, shown

COLUMNS = (
    *("Fecha-I", "Ori-I", "Des-I", "Emp-I"),
    *("Fecha-O", "Ori-O", "Des-O", "Emp-O"),
    *("DIA", "MES", "AÑO", "DIANOM", "TIPOVUELO", "OPERA", "SIGLAORI", "SIGLADES"),
)
"""The columns that a table must have, in any order."""

FLIGHT_NUMBER_COLUMNS = ("Vlo-I", "Vlo-O")
"""The challenge's table has these too; they are not needed."""

_GZIP_MAGIC = b"\x1f\x8b"
_OTHER_DELIMITERS = {";": "semicolons", "\t": "tabs", "|": "bars"}


@dataclass(frozen=True, slots=True)
class Dataset:
    """A table of flights as it stands in its file.

    Attributes:
        name: Base name of the file.
        sha256: SHA-256 of the file as it is, compressed or not, in hexadecimal.
        rows: All cells as text, nothing stripped or replaced; the index is each row's line in the file, from 1.
        ragged_lines: Lines that have more or fewer cells than the header, and so are in no row.
        origins: ICAO codes of the airports that its flights leave from.
        country: Whose public holidays they know, as ISO 3166 code.
        city: Where that is, as IATA code in small letters; versions are named after it.
    """

    name: str
    sha256: str
    rows: pd.DataFrame
    ragged_lines: tuple[int, ...]
    origins: tuple[str, ...] = ("SCEL",)
    country: str = "CL"
    city: str = "scl"


def read(path: Path) -> Dataset:
    """Read a CSV file in UTF-8, with or without a byte order mark, plain or compressed with gzip.

    Raises:
        InvalidDataset: Ours: the file cannot be read, is no such table, or lacks a column or any row.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise InvalidDataset(f"{path} cannot be read: {error.strerror}") from error
    header, cells, lines, ragged_lines = _parse(path.name, _text(path.name, content))
    _check_header(path.name, header)
    if not lines:
        raise InvalidDataset(f"{path.name} has no row of {len(header)} cells below its header")
    rows = pd.DataFrame(cells, columns=header, index=lines, dtype=object)
    return Dataset(path.name, hashlib.sha256(content).hexdigest(), rows, ragged_lines)


def _text(name: str, content: bytes) -> str:
    if content.startswith(_GZIP_MAGIC):
        try:
            content = gzip.decompress(content)
        except (OSError, EOFError, zlib.error) as error:
            raise InvalidDataset(f"{name} is compressed with gzip but cut or damaged: {error}") from error
    if b"\0" in content:
        raise InvalidDataset(f"{name} is not text: it must be a CSV file, or one compressed with gzip")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise InvalidDataset(
            f"{name} is not UTF-8: line {line} has the byte 0x{content[error.start]:02x}; "
            "if it is Latin-1, convert it with `iconv -f latin1 -t utf-8`"
        ) from error


def _parse(name: str, text: str) -> tuple[list[str], list[list[str]], list[int], tuple[int, ...]]:
    """Return the header, the rows that fit it, their lines, and the lines that do not fit."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    cells, lines, ragged_lines = [], [], []
    try:
        header = next(filter(None, reader), None)
        if header is None:
            raise InvalidDataset(f"{name} is empty: it must be a CSV file with a header")
        for row in reader:
            if len(row) == len(header):
                cells.append(row)
                lines.append(reader.line_num)
            elif row:
                ragged_lines.append(reader.line_num)
    except csv.Error as error:
        raise InvalidDataset(f"{name} is not CSV: line {reader.line_num}: {error}") from error
    return header, cells, lines, tuple(ragged_lines)


def _check_header(name: str, header: list[str]) -> None:
    missing = [column for column in COLUMNS if column not in header]
    if len(header) == 1:
        for delimiter, plural in _OTHER_DELIMITERS.items():
            if delimiter in header[0]:
                raise InvalidDataset(f"{name} is separated by {plural}: it must be separated by commas")
    if len(missing) == len(COLUMNS):
        raise InvalidDataset(
            f"{name} is not the challenge's table: its first line is {shown(','.join(header))}, "
            f"which must name {', '.join(COLUMNS)}"
        )
    if missing:
        raise InvalidDataset(f"{name} has no column {', '.join(missing)}: it must have {', '.join(COLUMNS)}")
    repeated = sorted({column for column in header if header.count(column) > 1})
    if repeated:
        raise InvalidDataset(f"{name} has the column {', '.join(repeated)} more than once")
