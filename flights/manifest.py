"""The manifest of a version: its name, its files with their SHA-256, and where it all came from.

The manifest carries its own SHA-256 too, computed as if those 64 digits were zeros: the version is told in every
answer, so a change to it has to show as much as one to the booster.
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from flights.document import Document, encode
from flights.errors import InvalidBundle, shown

PATH = "contract/manifest.json"
REPORT = "report/"
"""Where the files lie that no answer depends on."""

_VERSION_DIGITS = 10
_ZEROS = "0" * 64
_VERSION = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}")
"""What a header, a metric's label and a Kubernetes label all take."""

_FILE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*(/[A-Za-z0-9_][A-Za-z0-9_.-]*)*")
"""A file's path inside the bundle: it cannot leave the folder, nor name the same file in two ways."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """What the manifest says.

    Attributes:
        version: Name of the version.
        hashes: SHA-256 in hexadecimal of every other file, by its path inside the bundle.
        provenance: Library versions, hash of the data, commit, command.
    """

    version: str
    hashes: Mapping[str, str]
    provenance: Mapping[str, object]

    def __post_init__(self) -> None:
        if not _VERSION.fullmatch(self.version):
            raise InvalidBundle(
                f"{PATH} has the version {shown(self.version)}: it must be at most 63 letters, digits, '.', '_' or '-'"
            )
        for name in self.hashes:
            if not _FILE.fullmatch(name):
                raise InvalidBundle(f"{PATH} lists {shown(name)}: it must be a path inside the bundle")

    @classmethod
    def of(
        cls, files: Mapping[str, bytes], provenance: Mapping[str, object], version: str | None, city: str = "scl"
    ) -> "Manifest":
        """Make the manifest of a version's files; without a name, it is named after the city and their content.

        The report is left out of the name: what is served stays the same version whatever is written about it.

        Raises:
            InvalidBundle: Ours: the name cannot be a version, or that of a file not a path inside the bundle.
        """
        hashes = {name: _sha256(content) for name, content in sorted(files.items())}
        if version is None:
            served = {name: digest for name, digest in hashes.items() if not name.startswith(REPORT)}
            version = f"{city}-{_digest(served)[:_VERSION_DIGITS]}"
        return cls(version, hashes, provenance)

    @classmethod
    def decode(cls, content: bytes) -> "Manifest":
        """Read a manifest.

        Raises:
            InvalidBundle: Ours: it was altered or cut, or is no manifest.
        """
        document = Document.decode(PATH, content)
        stated = document.text("sha256")
        if _sha256(content.replace(stated.encode(), _ZEROS.encode(), 1)) != stated:
            raise InvalidBundle(f"{PATH} was altered or cut: its SHA-256 is not the one that it states")
        files = document.document("files")
        return cls(
            version=document.text("version"),
            hashes={name: files.text(name) for name in files},
            provenance=document.document("provenance").members,
        )

    def encode(self) -> bytes:
        """Write the manifest; its own SHA-256 comes first."""
        content = encode(
            {
                "sha256": _ZEROS,
                "version": self.version,
                "files": dict(self.hashes),
                "provenance": dict(self.provenance),
            }
        )
        return content.replace(_ZEROS.encode(), _sha256(content).encode(), 1)

    @property
    def digest(self) -> str:
        """SHA-256 over those of all files."""
        return _digest(self.hashes)


def read(folder: Path) -> tuple[Manifest, dict[str, bytes]]:
    """Read the manifest and every file that it lists.

    Raises:
        InvalidBundle: Ours: a file is missing, cut, altered or outside the bundle.
    """
    root = folder.resolve()
    manifest = Manifest.decode(_read(root, PATH))
    files = {name: _read(root, name) for name in sorted(manifest.hashes)}
    for name, content in files.items():
        if _sha256(content) != manifest.hashes[name]:
            raise InvalidBundle(f"{name} was altered or cut: its SHA-256 is not the one in {PATH}")
    return manifest, files


def _read(root: Path, name: str) -> bytes:
    try:
        path = (root / name).resolve(strict=True)
        if not path.is_relative_to(root):
            raise InvalidBundle(f"{name} is a link to a file outside the bundle")
        if not path.is_file():  # reading a pipe would never end
            raise InvalidBundle(f"{name} is not a file")
        return path.read_bytes()
    except (OSError, RuntimeError) as error:  # RuntimeError: links in a circle, until Python 3.12
        reason = getattr(error, "strerror", None) or error
        raise InvalidBundle(f"{name} is missing from the bundle or cannot be read: {reason}") from error


def _digest(hashes: Mapping[str, str]) -> str:
    return _sha256("".join(f"{hashes[name]}  {name}\n" for name in sorted(hashes)).encode())


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
