"""A version: one immutable folder that holds a booster and all that must agree with it.

::

    model.ubj                 the booster; the only file at the top with a booster's ending
    contract/contract.json    format, model columns in order, threshold, public holidays
    contract/encoder.json     the tables of categories
    contract/manifest.json    version, SHA-256 of every other file, where it all came from
    golden/flights.json       golden flights with their probabilities
    report/...                what training measured; never read by a server

The stock runtime reads ``model.ubj`` and looks at nothing below the top; the transformer reads the rest, and
from the booster its header. To change the format: raise ``FORMAT``, keep reading the older numbers or refuse
them by name, and keep a bundle of the old format in the tests.
"""

import hashlib
import json
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TypeVar

from flights.booster import RUNTIME_XGBOOST, read_header
from flights.calendar import Calendar
from flights.encoder import CategoryTable, Encoder
from flights.errors import CallerError, InvalidBundle
from flights.golden import GoldenFlights

FORMAT = 1

BOOSTER = "model.ubj"
CONTRACT = "contract/contract.json"
ENCODER = "contract/encoder.json"
MANIFEST = "contract/manifest.json"
GOLDEN = "golden/flights.json"

BOOSTER_ENDINGS = (".bst", ".json", ".ubj")
"""The endings that the stock runtime takes for a booster."""

OBJECTIVE = "binary:logistic"

_VERSION_DIGITS = 10

_Member = TypeVar("_Member")


@dataclass(frozen=True, slots=True)
class Bundle:
    """What the servers need of a version.

    Attributes:
        version: Its name, told in every answer.
        digest: SHA-256 over the hashes of all its files, in hexadecimal.
        encoder: From flights to the booster's matrix.
        threshold: A flight counts as delayed from this probability on.
        golden: Flights with known probabilities.
        provenance: Where it came from: library versions, hash of the data, commit, command.
    """

    version: str
    digest: str
    encoder: Encoder
    threshold: float
    golden: GoldenFlights
    provenance: Mapping[str, object]


def check_target(folder: Path) -> None:
    """Check that a bundle may be written to the folder: it must be absent, empty or a bundle.

    Raises:
        InvalidBundle: Ours: the folder holds something else.
    """
    if folder.exists() and not (folder / MANIFEST).is_file() and (not folder.is_dir() or any(folder.iterdir())):
        raise InvalidBundle(f"{folder} is not empty and not a bundle: name another folder")


def encode(
    folder: Path,
    *,
    booster: bytes,
    encoder: Encoder,
    threshold: float,
    golden: GoldenFlights,
    report: Mapping[str, bytes],
    provenance: Mapping[str, object],
    version: str | None = None,
) -> str:
    """Write a bundle, replacing one that stands in the folder.

    Args:
        folder: Where to; see ``check_target``.
        booster: The booster, saved as UBJSON.
        encoder: Its encoder.
        threshold: Probability from which a flight counts as delayed.
        golden: Golden flights with the booster's own probabilities.
        report: Files for ``report/``, by name.
        provenance: What the manifest says of the bundle's origin.
        version: Name of the version; if None, it is made from the content: the same content, the same name.

    Returns:
        The version.

    Raises:
        InvalidBundle: Ours: the folder holds something else, or the parts do not fit one another.
    """
    check_target(folder)
    files = {
        BOOSTER: booster,
        CONTRACT: _json(
            {
                "format": FORMAT,
                "columns": list(encoder.columns),
                "threshold": threshold,
                "holidays": [day.isoformat() for day in sorted(encoder.calendar.holidays)],
            }
        ),
        ENCODER: _json(
            [
                {
                    "field": table.field,
                    "columns": list(table.columns),
                    "values": {category: list(values) for category, values in sorted(table.values.items())},
                    "rare": list(table.rare),
                }
                for table in encoder.tables
            ]
        ),
        GOLDEN: _json(
            {
                "notes": list(golden.notes),
                "columns": golden.columns,
                "probabilities": list(golden.probabilities),
            }
        ),
    } | {f"report/{name}": content for name, content in report.items()}
    hashes = {name: hashlib.sha256(content).hexdigest() for name, content in sorted(files.items())}
    name = version or f"scl-{_digest(hashes)[:_VERSION_DIGITS]}"
    files[MANIFEST] = _json({"version": name, "files": hashes, "provenance": dict(provenance)})

    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=f".{folder.name}-") as scratch:
        written = Path(scratch, "bundle")
        for path, content in files.items():
            target = written / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
        decode(written)  # what cannot be read back must not be left behind
        if folder.exists():
            shutil.rmtree(folder)
        written.rename(folder)
    return name


def decode(folder: Path) -> Bundle:
    """Read a bundle, refusing one that is not whole or whose parts do not fit.

    Raises:
        InvalidBundle: Ours, with one sentence that says which file and what is wrong with it.
    """
    if not folder.is_dir():
        raise InvalidBundle(f"there is no bundle at {folder}: it must be a folder")
    boosters = sorted(path.name for path in folder.iterdir() if path.suffix in BOOSTER_ENDINGS)
    if boosters != [BOOSTER]:
        raise InvalidBundle(f"the bundle has {boosters or 'no booster'} at its top: it must have {BOOSTER} alone")
    manifest = _object(folder, MANIFEST)
    hashes = _member(manifest, MANIFEST, "files", dict)
    for name in (BOOSTER, CONTRACT, ENCODER, GOLDEN):
        if name not in hashes:
            raise InvalidBundle(f"{MANIFEST} does not list {name}")
    for name, expected in sorted(hashes.items()):
        if hashlib.sha256(_bytes(folder, name)).hexdigest() != expected:
            raise InvalidBundle(f"{name} was altered or cut: its SHA-256 is not the one in {MANIFEST}")

    contract = _object(folder, CONTRACT)
    number = _member(contract, CONTRACT, "format", int)
    if number != FORMAT:
        raise InvalidBundle(f"the bundle has format {number}: this release reads format {FORMAT}")
    encoder = _encoder(folder, contract)
    _check_booster(folder, encoder)
    threshold = _member(contract, CONTRACT, "threshold", float)
    if not 0 < threshold < 1:
        raise InvalidBundle(f"{CONTRACT} has the threshold {threshold}: it must lie between 0 and 1")
    return Bundle(
        version=_member(manifest, MANIFEST, "version", str),
        digest=_digest(hashes),
        encoder=encoder,
        threshold=threshold,
        golden=_golden(folder, encoder),
        provenance=_member(manifest, MANIFEST, "provenance", dict),
    )


def _encoder(folder: Path, contract: dict[str, object]) -> Encoder:
    try:
        holidays = frozenset(map(date.fromisoformat, _member(contract, CONTRACT, "holidays", list)))
        tables = tuple(
            CategoryTable(
                field=table["field"],
                columns=tuple(table["columns"]),
                values={category: tuple(map(float, values)) for category, values in table["values"].items()},
                rare=tuple(map(float, table["rare"])),
            )
            for table in json.loads(_bytes(folder, ENCODER))
        )
        encoder = Encoder(Calendar(holidays), tables)
    except (LookupError, TypeError, ValueError, AttributeError, CallerError) as error:
        raise InvalidBundle(f"{ENCODER} or {CONTRACT} does not hold what format {FORMAT} says: {error}") from error
    columns = tuple(_member(contract, CONTRACT, "columns", list))
    if columns != encoder.columns:
        raise InvalidBundle(f"{CONTRACT} has the columns {columns}: this release encodes {encoder.columns}")
    return encoder


def _check_booster(folder: Path, encoder: Encoder) -> None:
    header = read_header(_bytes(folder, BOOSTER))
    if header.xgboost_version[:2] != RUNTIME_XGBOOST:
        raise InvalidBundle(
            f"{BOOSTER} was saved by xgboost {'.'.join(map(str, header.xgboost_version))}: the runtime reads only "
            f"{'.'.join(map(str, RUNTIME_XGBOOST))}.x correctly"
        )
    if header.column_count != len(encoder.columns):
        raise InvalidBundle(f"{BOOSTER} reads {header.column_count} columns: the encoder makes {len(encoder.columns)}")
    if header.objective != OBJECTIVE:
        raise InvalidBundle(f"{BOOSTER} has the objective {header.objective}: it must be {OBJECTIVE}")


def _golden(folder: Path, encoder: Encoder) -> GoldenFlights:
    content = _object(folder, GOLDEN)
    golden = GoldenFlights(
        notes=tuple(_member(content, GOLDEN, "notes", list)),
        columns=_member(content, GOLDEN, "columns", dict),
        probabilities=tuple(_member(content, GOLDEN, "probabilities", list)),
    )
    try:
        count = encoder.encode(golden.flights()).count
        fits = len(golden.notes) == len(golden.probabilities) == count
        fits = fits and all(0 <= float(probability) <= 1 for probability in golden.probabilities)
    except (CallerError, TypeError, ValueError) as error:
        raise InvalidBundle(f"{GOLDEN} holds flights that cannot be encoded: {error}") from error
    if not fits:
        raise InvalidBundle(f"{GOLDEN} must hold a note and a probability from 0 to 1 for each of its flights")
    return golden


def _digest(hashes: Mapping[str, str]) -> str:
    return hashlib.sha256("".join(f"{hashes[name]}  {name}\n" for name in sorted(hashes)).encode()).hexdigest()


def _json(content: object) -> bytes:
    return (json.dumps(content, ensure_ascii=False, indent=1, allow_nan=False) + "\n").encode()


def _bytes(folder: Path, name: str) -> bytes:
    path = folder / name
    if not path.resolve().is_relative_to(folder.resolve()):
        raise InvalidBundle(f"{name} lies outside the bundle")
    try:
        return path.read_bytes()
    except OSError as error:
        raise InvalidBundle(f"{name} is missing from the bundle or cannot be read: {error.strerror}") from error


def _object(folder: Path, name: str) -> dict[str, object]:
    try:
        content = json.loads(_bytes(folder, name))
    except ValueError as error:
        raise InvalidBundle(f"{name} is not JSON: it was altered or cut") from error
    if not isinstance(content, dict):
        raise InvalidBundle(f"{name} must hold a JSON object")
    return content


def _member(content: Mapping[str, object], name: str, key: str, kind: type[_Member]) -> _Member:
    member = content.get(key)
    if not isinstance(member, kind) or isinstance(member, bool):
        raise InvalidBundle(f"{name} must have a {kind.__name__} as {key}")
    return member
