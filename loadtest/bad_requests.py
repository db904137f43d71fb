"""Requests that must be refused with a status of 4xx and a sentence, each for one reason."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flights.fields import AIRLINE, DESTINATION, FLIGHT_TYPE, SCHEDULED

JSON = "application/json"

_GOOD: dict[str, list[Any]] = {
    SCHEDULED.name: ["2018-05-16 07:05"],
    DESTINATION.name: ["SCFA"],
    AIRLINE.name: ["LAN"],
    FLIGHT_TYPE.name: ["N"],
}


@dataclass(frozen=True, slots=True)
class BadRequest:
    """A request that is wrong in one way.

    Attributes:
        fault: What is wrong with it.
        body: Its body.
        content_type: Its content type.
    """

    fault: str
    body: bytes
    content_type: str = JSON


def _tensors(changed: str = "", column: list[Any] | None = None) -> list[dict[str, object]]:
    columns = _GOOD if column is None else {**_GOOD, changed: column}
    return [
        {"name": name, "shape": [len(column)], "datatype": "BYTES", "data": column} for name, column in columns.items()
    ]


def _encoded(tensors: object) -> bytes:
    return json.dumps({"inputs": tensors}).encode()


def _with(change: Callable[[list[dict[str, object]]], object]) -> bytes:
    tensors = _tensors()
    change(tensors)
    return _encoded(tensors)


BAD_REQUESTS: tuple[BadRequest, ...] = (
    BadRequest("lower case", _encoded(_tensors(AIRLINE.name, ["lan"]))),
    BadRequest("blank at the end", _encoded(_tensors(DESTINATION.name, ["SCFA "]))),
    BadRequest("empty code", _encoded(_tensors(AIRLINE.name, [""]))),
    BadRequest("null", _encoded(_tensors(DESTINATION.name, [None]))),
    BadRequest("number for text", _encoded(_tensors(AIRLINE.name, [7]))),
    BadRequest("impossible date", _encoded(_tensors(SCHEDULED.name, ["2018-02-30 07:05"]))),
    BadRequest("a word for a date", _encoded(_tensors(SCHEDULED.name, ["today"]))),
    BadRequest("a megabyte for a date", _encoded(_tensors(SCHEDULED.name, ["1" * 2**20]))),
    BadRequest("unknown kind of flight", _encoded(_tensors(FLIGHT_TYPE.name, ["X"]))),
    BadRequest("missing field", _with(lambda tensors: tensors.pop())),
    BadRequest("ragged columns", _encoded(_tensors(AIRLINE.name, ["LAN", "SKU"]))),
    BadRequest("same field twice", _with(lambda tensors: tensors.append(tensors[0]))),
    BadRequest("shape that is not its own", _with(lambda tensors: tensors[0].update(shape=[2]))),
    BadRequest("negative shape", _with(lambda tensors: tensors[0].update(shape=[-1]))),
    BadRequest("wrong datatype", _with(lambda tensors: tensors[0].update(datatype="FP32"))),
    BadRequest("no flights", _encoded([])),
    BadRequest("no inputs", b"{}"),
    BadRequest("not JSON", b"{"),
    BadRequest("nothing", b""),
    BadRequest("NaN", b'{"inputs": NaN}'),
    BadRequest("deep nesting", b"[" * 10_000 + b"]" * 10_000),
    BadRequest("bytes that are no text", b'{"inputs": "\xff\xfe"}'),
    BadRequest("another content type", _encoded(_tensors()), "text/csv"),
)
