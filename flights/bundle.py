"""A version: one immutable folder that holds a booster and all that must agree with it.

::

    model.ubj                 the booster; the only file at the top with a booster's ending
    contract/contract.json    format, model columns in order, threshold, public holidays
    contract/encoder.json     the tables of categories
    contract/manifest.json    version, SHA-256 of every file, its own too, and where it all came from
    golden/flights.json       golden flights with their probabilities
    report/...                what training measured; no answer depends on it, and a server reads of it only
                              report/probabilities.json, where it is there: see ``reference``

The stock runtime reads ``model.ubj`` and looks at nothing below the top; the transformer reads the rest, and
from the booster its header. To change the format: raise ``FORMAT``, keep reading the older numbers or refuse
them by name, and keep a bundle of the old format in the tests.
"""

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from flights import document, manifest, reference
from flights.booster import RUNTIME_XGBOOST, read_header
from flights.calendar import Calendar
from flights.document import Document
from flights.encoder import CategoryTable, Encoder
from flights.errors import CallerError, InvalidBundle, shown
from flights.golden import GoldenFlights
from flights.manifest import Manifest
from flights.reference import Reference

FORMAT = 1

BOOSTER = "model.ubj"
CONTRACT = "contract/contract.json"
ENCODER = "contract/encoder.json"
MANIFEST = manifest.PATH
GOLDEN = "golden/flights.json"
REPORT = manifest.REPORT

BOOSTER_ENDINGS = (".bst", ".json", ".ubj")
"""The endings that the stock runtime takes for a booster."""

OBJECTIVE = "binary:logistic"


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
        reference: What training's own flights were answered; None if the bundle does not say.
    """

    version: str
    digest: str
    encoder: Encoder
    threshold: float
    golden: GoldenFlights
    provenance: Mapping[str, object]
    reference: Reference | None = None


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
    city: str = "scl",
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
        city: Where the flights leave from; such a name begins with it.

    Returns:
        The version.

    Raises:
        InvalidBundle: Ours: the folder holds something else or cannot be written, or the parts do not fit one
            another. A bundle that stands in the folder is then still there.
    """
    folder = folder.resolve()  # so that a link to a bundle stays a link, and "." has a name
    check_target(folder)
    files = {
        BOOSTER: booster,
        CONTRACT: document.encode(
            {
                "format": FORMAT,
                "columns": list(encoder.columns),
                "threshold": threshold,
                "holidays": [day.isoformat() for day in sorted(encoder.calendar.holidays)],
            }
        ),
        ENCODER: document.encode(
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
        GOLDEN: document.encode(
            {
                "notes": list(golden.notes),
                "columns": golden.columns,
                "probabilities": list(golden.probabilities),
            }
        ),
    } | {f"{REPORT}{name}": content for name, content in report.items()}
    described = Manifest.of(files, provenance, version, city)
    _write(folder, files, described)
    return described.version


def add_report(folder: Path, report: Mapping[str, bytes]) -> None:
    """Add files to the report of a bundle, or replace them; its version and all that is served stay as they are.

    Args:
        folder: The bundle.
        report: Files for ``report/``, by name.

    Raises:
        InvalidBundle: Ours: there is no whole bundle in the folder, or it cannot be written.
    """
    folder = folder.resolve()
    decode(folder)
    described, files = manifest.read(folder)
    files |= {f"{REPORT}{name}": content for name, content in report.items()}
    _write(folder, files, Manifest.of(files, described.provenance, described.version))


def _write(folder: Path, files: Mapping[str, bytes], described: Manifest) -> None:
    try:
        _write_and_exchange(folder, files, described)
    except OSError as error:
        raise InvalidBundle(f"the bundle {folder} cannot be written: {error.strerror or error}") from error


def _write_and_exchange(folder: Path, files: Mapping[str, bytes], described: Manifest) -> None:
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=f".{folder.name}-") as scratch:
        written = Path(scratch, "bundle")
        for path, content in {**files, MANIFEST: described.encode()}.items():
            target = written / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
        decode(written)  # what cannot be read back must not be left behind
        _exchange(written, folder, Path(scratch, "replaced"))


def _exchange(written: Path, folder: Path, replaced: Path) -> None:
    """Put a written bundle in its place by renaming: whatever happens, the old or the new one is whole."""
    try:
        if folder.exists():
            folder.rename(replaced)
        written.rename(folder)
    except BaseException:
        if replaced.exists():
            replaced.rename(folder)
        raise


def decode(folder: Path) -> Bundle:
    """Read a bundle, refusing one that is not whole or whose parts do not fit.

    Raises:
        InvalidBundle: Ours, with one sentence that says which file and what is wrong with it.
    """
    _check_top(folder)
    described, files = manifest.read(folder)
    contract = Document.decode(CONTRACT, _listed(files, CONTRACT))
    _check_format(contract)  # first: another format may have other files
    encoder = _encoder(contract, _listed(files, ENCODER))
    _check_booster(_listed(files, BOOSTER), encoder)
    threshold = contract.number("threshold")
    if not 0 < threshold < 1:
        raise InvalidBundle(f"{CONTRACT} has the threshold {threshold}: it must lie between 0 and 1")
    return Bundle(
        version=described.version,
        digest=described.digest,
        encoder=encoder,
        threshold=threshold,
        golden=_golden(_listed(files, GOLDEN), encoder),
        provenance=described.provenance,
        reference=Reference.decode(files[reference.PATH]) if reference.PATH in files else None,
    )


def _check_top(folder: Path) -> None:
    try:
        names = sorted(path.name for path in folder.iterdir())
    except OSError as error:
        raise InvalidBundle(f"there is no bundle at {folder}: {error.strerror}") from error
    boosters = [name for name in names if name.endswith(BOOSTER_ENDINGS)]
    if boosters != [BOOSTER]:
        raise InvalidBundle(f"the bundle has {boosters or 'no booster'} at its top: it must have {BOOSTER} alone")


def _listed(files: Mapping[str, bytes], name: str) -> bytes:
    if name not in files:
        raise InvalidBundle(f"{MANIFEST} does not list {name}")
    return files[name]


def _check_format(contract: Document) -> None:
    number = contract.whole_number("format")
    if number != FORMAT:
        raise InvalidBundle(f"the bundle has format {shown(number)}: this release reads format {FORMAT}")


def _encoder(contract: Document, tables: bytes) -> Encoder:
    try:
        holidays = frozenset(map(date.fromisoformat, contract.texts("holidays")))
    except ValueError as error:
        raise InvalidBundle(f"{CONTRACT} has a holiday that is no date: {error}") from error
    encoder = Encoder(Calendar(holidays), tuple(map(_table, Document.decode_list(ENCODER, tables))))
    columns = contract.texts("columns")
    if columns != encoder.columns:
        raise InvalidBundle(f"{CONTRACT} has the columns {columns}: this release encodes {encoder.columns}")
    return encoder


def _table(table: Document) -> CategoryTable:
    values = table.document("values")
    return CategoryTable(
        field=table.text("field"),
        columns=table.texts("columns"),
        values={category: values.numbers(category) for category in values},
        rare=table.numbers("rare"),
    )


def _check_booster(booster: bytes, encoder: Encoder) -> None:
    header = read_header(booster)
    if header.xgboost_version[:2] != RUNTIME_XGBOOST:
        raise InvalidBundle(
            f"{BOOSTER} was saved by xgboost {'.'.join(map(str, header.xgboost_version))}: the runtime reads only "
            f"{'.'.join(map(str, RUNTIME_XGBOOST))}.x correctly"
        )
    if header.column_count != len(encoder.columns):
        raise InvalidBundle(f"{BOOSTER} reads {header.column_count} columns: the encoder makes {len(encoder.columns)}")
    if header.objective != OBJECTIVE:
        raise InvalidBundle(f"{BOOSTER} has the objective {shown(header.objective)}: it must be {OBJECTIVE}")


def _golden(content: bytes, encoder: Encoder) -> GoldenFlights:
    flights = Document.decode(GOLDEN, content)
    columns = flights.document("columns")
    golden = GoldenFlights(
        notes=flights.texts("notes"),
        columns={name: columns.values(name) for name in columns},
        probabilities=flights.numbers("probabilities"),
    )
    try:
        count = encoder.encode(golden.flights()).count
    except CallerError as error:
        raise InvalidBundle(f"{GOLDEN} holds flights that cannot be encoded: {error}") from error
    in_range = all(0 <= probability <= 1 for probability in golden.probabilities)
    if not in_range or not len(golden.notes) == len(golden.probabilities) == count:
        raise InvalidBundle(f"{GOLDEN} must hold a note and a probability from 0 to 1 for each of its flights")
    return golden
