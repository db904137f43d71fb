"""Input tensors of the Open Inference Protocol, from any of its four encodings, as columns of flights.

JSON data, binary data after the JSON, typed gRPC contents and raw gRPC contents all become ``Tensor`` first;
what a tensor may be is said once, here.
"""

import struct
from collections.abc import Sequence
from dataclasses import dataclass

from flights.errors import InvalidFlight, InvalidRequest, shown
from flights.fields import FIELD_BY_NAME, FIELDS, Field
from flights.flight import Flights

_LENGTH_BYTES = 4
_INT64_BYTES = 8
_MOST_TENSORS = len(FIELDS)


@dataclass(frozen=True, slots=True)
class Tensor:
    """One input tensor as it came.

    Attributes:
        name: Its name, not yet known to be a field's.
        datatype: Its datatype as sent.
        shape: Its shape as sent.
        elements: Its elements, flat.
    """

    name: str
    datatype: str
    shape: Sequence[object]
    elements: list[object]


def to_flights(tensors: Sequence[Tensor]) -> Flights:
    """Put tensors of shape [n] or [n, 1] together as n flights.

    Raises:
        InvalidRequest: The caller's fault: names, datatypes, shapes or sizes.
        InvalidFlight: The caller's fault: a value of an optional field.
    """
    columns: dict[str, list[object]] = {}
    for tensor in tensors:
        field = field_named(tensor.name)
        if tensor.name in columns:
            raise InvalidRequest(f"{tensor.name} is given twice: each input must be given once")
        check_datatype(field, tensor.datatype)
        check_shape(tensor)
        columns[tensor.name] = tensor.elements
    return Flights.from_columns(columns)


def field_named(name: object) -> Field:
    """Return the field that a tensor is for.

    Raises:
        InvalidRequest: The caller's fault: there is none of that name.
    """
    field = FIELD_BY_NAME.get(name) if isinstance(name, str) else None
    if field is None:
        raise InvalidRequest(
            f"{shown(name)} is not an input: the inputs are {', '.join(field.name for field in FIELDS)}"
        )
    return field


def check_count(count: int) -> None:
    """Refuse more tensors than there are fields before any of them is read.

    Raises:
        InvalidRequest: The caller's fault.
    """
    if count > _MOST_TENSORS:
        raise InvalidRequest(f"inputs has {count} tensors: it must have at most one for each of {_MOST_TENSORS} fields")


def check_datatype(field: Field, datatype: object) -> None:
    """Refuse a datatype that is not the field's.

    Raises:
        InvalidRequest: The caller's fault.
    """
    if datatype != field.datatype:
        raise InvalidRequest(f"{field.name} has the datatype {shown(datatype)}: it must be {field.datatype}")


def check_shape(tensor: Tensor) -> None:
    """Refuse a shape that is not [n] or [n, 1] with n the number of elements.

    Raises:
        InvalidRequest: The caller's fault.
    """
    shape, count = list(tensor.shape), len(tensor.elements)
    if not all(type(size) is int for size in shape) or shape not in ([count], [count, 1]):
        raise InvalidRequest(
            f"{tensor.name} has the shape {shown(shape)} and {count} elements: "
            f"the shape must be [n] or [n, 1] for n elements"
        )


def decode_raw(field: Field, raw: bytes) -> list[object]:
    """Read the elements of binary tensor data: INT64 little-endian, or BYTES each behind its length.

    Raises:
        InvalidRequest: The caller's fault: the data ends within an element.
        InvalidFlight: The caller's fault: an element is no text in UTF-8.
    """
    if field.datatype == "INT64":
        if len(raw) % _INT64_BYTES:
            raise InvalidRequest(f"{field.name} has {len(raw)} bytes of INT64 data: they must be a multiple of 8")
        return list(struct.unpack(f"<{len(raw) // _INT64_BYTES}q", raw))
    texts: list[bytes] = []
    at = 0
    while at < len(raw):
        start = at + _LENGTH_BYTES
        at = start + int.from_bytes(raw[at:start], "little")
        if at > len(raw) or start > len(raw):
            raise InvalidRequest(
                f"{field.name}, row {len(texts)}: its binary data ends within the element: "
                "each must be 4 bytes of length, little-endian, and as many bytes of text"
            )
        texts.append(raw[start:at])
    return decode_texts(field, texts)


def decode_texts(field: Field, texts: Sequence[bytes]) -> list[object]:
    """Read BYTES elements as text.

    Raises:
        InvalidFlight: The caller's fault: an element is no text in UTF-8.
    """
    decoded: list[object] = []
    for row, text in enumerate(texts):
        try:
            decoded.append(text.decode())
        except UnicodeDecodeError:
            raise InvalidFlight(field.name, row, text, "text in UTF-8") from None
    return decoded
