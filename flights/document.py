"""The JSON files of a bundle, read strictly.

Python's own reader takes NaN, keeps the last of two equal keys, and leaves it to whoever uses a value to find
that it has the wrong type. Here each of these is one sentence that names the file and the key.
"""

import json
from collections.abc import Iterator, Mapping
from typing import NoReturn, TypeVar

from flights.errors import InvalidBundle, shown

_Value = TypeVar("_Value")


def encode(content: object) -> bytes:
    """Write a file of the bundle: UTF-8, a value a line, the same bytes for the same content."""
    return (json.dumps(content, ensure_ascii=False, indent=1, allow_nan=False) + "\n").encode()


class Document:
    """One object of a JSON file, whose members are asked for by key and type.

    Each method raises InvalidBundle where the member is absent or of another type.

    Args:
        place: Where it stands, for error messages: ``contract/contract.json``.
        members: Its members by key.
    """

    def __init__(self, place: str, members: Mapping[str, object]) -> None:
        self.place = place
        self.members = members

    @classmethod
    def decode(cls, name: str, content: bytes) -> "Document":
        """Read a file that holds one object.

        Raises:
            InvalidBundle: Ours: it is not JSON, or no object.
        """
        return cls._of(name, _load(name, content))

    @classmethod
    def decode_list(cls, name: str, content: bytes) -> "list[Document]":
        """Read a file that holds a list of objects.

        Raises:
            InvalidBundle: Ours: it is not JSON, or no such list.
        """
        items = _load(name, content)
        if not isinstance(items, list):
            raise InvalidBundle(f"{name} must hold a list")
        return [cls._of(f"{name}, item {position}", item) for position, item in enumerate(items)]

    @classmethod
    def _of(cls, place: str, value: object) -> "Document":
        if not isinstance(value, dict):
            raise InvalidBundle(f"{place} must hold an object")
        return cls(place, value)

    def __iter__(self) -> Iterator[str]:
        return iter(self.members)

    def text(self, key: str) -> str:
        """Return a text."""
        return self._member(key, str, "a text")

    def whole_number(self, key: str) -> int:
        """Return a whole number."""
        return self._member(key, int, "a whole number")

    def number(self, key: str) -> float:
        """Return a number written with a point or an exponent."""
        return self._member(key, float, "a number")

    def document(self, key: str) -> "Document":
        """Return an object."""
        return Document(f"{self.place}, {shown(key)}", self._member(key, dict, "an object"))

    def values(self, key: str) -> list[object]:
        """Return a list of anything."""
        return self._member(key, list, "a list")

    def texts(self, key: str) -> tuple[str, ...]:
        """Return a list of texts."""
        values = self._member(key, list, "a list of texts")
        if not all(type(value) is str for value in values):
            self._refuse(key, "a list of texts")
        return tuple(values)

    def numbers(self, key: str) -> tuple[float, ...]:
        """Return a list of numbers."""
        values = self._member(key, list, "a list of numbers")
        if not all(type(value) in (int, float) for value in values):
            self._refuse(key, "a list of numbers")
        return tuple(values)

    def _member(self, key: str, kind: type[_Value], requirement: str) -> _Value:
        value = self.members.get(key)
        if type(value) is not kind:  # isinstance would take true for a whole number
            self._refuse(key, requirement)
        return value

    def _refuse(self, key: str, requirement: str) -> NoReturn:
        if key not in self.members:
            raise InvalidBundle(f"{self.place} has no {key}: it must be {requirement}")
        raise InvalidBundle(f"{self.place} has {shown(self.members[key])} as {shown(key)}: it must be {requirement}")


def _load(name: str, content: bytes) -> object:
    try:
        loaded: object = json.loads(content, object_pairs_hook=_without_repetition)
        encode(loaded)  # refuses what only Python takes for JSON: NaN, 1e400 and half a surrogate pair
    except (ValueError, RecursionError) as error:
        raise InvalidBundle(f"{name} is not JSON: {error}") from error
    return loaded


def _without_repetition(pairs: list[tuple[str, object]]) -> dict[str, object]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("an object has the same key twice")
    return members
