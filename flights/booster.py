"""What a saved booster says of itself, read without xgboost.

The transformer has no xgboost in its image, yet it must not start beside a booster that the runtime would read
wrongly: one saved by xgboost 3.1 or later loads in the stock runtime without an error and answers other
probabilities. ``model.ubj`` is UBJSON (draft 12, as xgboost writes it: big-endian, typed arrays).
"""

import struct
from dataclasses import dataclass

from flights.errors import InvalidBundle

RUNTIME_XGBOOST = (2, 1)
"""Major and minor version of xgboost in the stock runtime, kserve-xgbserver of KServe 0.20 and 0.21."""

_INTEGERS = {b"i": ">b", b"U": ">B", b"I": ">h", b"l": ">i", b"L": ">q"}
_NUMBERS = _INTEGERS | {b"d": ">f", b"D": ">d"}
_CONSTANTS = {b"Z": None, b"T": True, b"F": False}


@dataclass(frozen=True, slots=True)
class BoosterHeader:
    """The parts of a booster that have to fit the rest of the bundle.

    Attributes:
        xgboost_version: Version of the xgboost that saved it, such as (2, 1, 4).
        column_count: Number of columns that it reads.
        objective: Its objective, such as ``binary:logistic``.
    """

    xgboost_version: tuple[int, ...]
    column_count: int
    objective: str


def read_header(saved: bytes) -> BoosterHeader:
    """Read the header of a booster saved as UBJSON.

    Raises:
        InvalidBundle: Ours: the bytes are cut or are no such booster.
    """
    try:
        model = _Reader(saved).document()
        learner = model["learner"]
        major, minor, patch = model["version"]
        column_count = learner["learner_model_param"]["num_feature"]
        objective = learner["objective"]["name"]
        if not isinstance(column_count, str) or not isinstance(objective, str):
            raise TypeError("xgboost writes its parameters as text")
        return BoosterHeader((major, minor, patch), int(column_count), objective)
    except (struct.error, LookupError, ValueError, TypeError, RecursionError) as error:
        raise InvalidBundle("model.ubj is not a whole booster in xgboost's UBJSON format") from error


class _Reader:
    """A recursive-descent UBJSON reader that steps over the trees' typed arrays without unpacking them."""

    def __init__(self, saved: bytes) -> None:
        self._saved = saved
        self._at = 0

    def document(self) -> dict:  # type: ignore[type-arg]  # UBJSON is untyped
        model = self._value(self._take(1))
        if self._at != len(self._saved) or not isinstance(model, dict):
            raise ValueError("bytes after the document")
        return model

    def _take(self, size: int) -> bytes:
        taken = self._saved[self._at : self._at + size]
        if len(taken) != size:
            raise ValueError("cut")
        self._at += size
        return taken

    def _number(self, marker: bytes) -> float:
        layout = _NUMBERS[marker]
        number: float = struct.unpack(layout, self._take(struct.calcsize(layout)))[0]
        return number

    def _size(self) -> int:
        marker = self._take(1)
        size = self._number(marker)
        if marker not in _INTEGERS or size < 0:
            raise ValueError("a size that cannot be one")
        return int(size)

    def _text(self) -> str:
        return self._take(self._size()).decode()

    def _value(self, marker: bytes) -> object:
        if marker == b"{":
            return self._object()
        if marker == b"[":
            return self._array()
        if marker == b"S":
            return self._text()
        if marker == b"C":
            return self._take(1).decode()
        if marker in _CONSTANTS:
            return _CONSTANTS[marker]
        return self._number(marker)

    def _peek(self, marker: bytes) -> bool:
        if self._saved[self._at : self._at + 1] != marker:
            return False
        self._at += 1
        return True

    def _object(self) -> dict[str, object]:
        members: dict[str, object] = {}
        while not self._peek(b"}"):
            key = self._text()
            members[key] = self._value(self._take(1))
        return members

    def _array(self) -> list[object] | None:
        element = self._take(1) if self._peek(b"$") else None
        if self._peek(b"#"):
            size = self._size()
            if element is not None:
                self._take(size * struct.calcsize(_NUMBERS[element]))
                return None
            return [self._value(self._take(1)) for _ in range(size)]
        elements = []
        while not self._peek(b"]"):
            elements.append(self._value(self._take(1)))
        return elements
