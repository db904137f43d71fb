"""Reads the body of a REST inference request: JSON, with binary tensor data behind it or without.

``decode`` has two ways to the same result. The strict way defines it: the standard library's parser, told to
refuse what JSON has no place for, then a walk that says what is wrong. The quick way takes the usual request,
all JSON and nothing requested, with one typed parse in C; it accepts only what it can prove to be free of
duplicate keys and otherwise leaves the body to the strict way, so it never decides that something is wrong.
"""

import json
from collections import Counter
from collections.abc import Mapping
from typing import NoReturn

import msgspec

from flights.errors import CallerError, InvalidRequest, shown
from flights.fields import FIELDS
from flights.flight import Flights
from transformer import tensors
from transformer.request import ALL_OUTPUTS, InferenceRequest, RequestedOutput, requested_outputs
from transformer.tensors import Tensor

_REQUEST_KEYS = frozenset({"id", "model_name", "parameters", "inputs", "outputs"})
"""``model_name`` is not the protocol's, but KServe's own client sends it."""
_INPUT_KEYS = frozenset({"name", "shape", "datatype", "parameters", "data"})
_OUTPUT_KEYS = frozenset({"name", "parameters"})


def decode(body: bytes, json_length: int | None, model_name: str) -> InferenceRequest:
    """Read a request body.

    Args:
        body: The whole body.
        json_length: Bytes of JSON at its start, from ``Inference-Header-Content-Length``; None if all is JSON.
        model_name: The name that the model is served under.

    Raises:
        InvalidRequest: The caller's fault.
        InvalidFlight: The caller's fault: a value of an optional field.
    """
    if json_length is None:
        return _decode_quickly(body) or _decode_strictly(body, b"", model_name)
    if not 0 < json_length <= len(body):
        raise InvalidRequest(
            f"Inference-Header-Content-Length is {json_length}: it must be from 1 to the {len(body)} bytes of the body"
        )
    return _decode_strictly(body[:json_length], body[json_length:], model_name)


class _QuickInput(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    name: str
    shape: list[int]
    datatype: str
    data: list[str | int]


class _QuickRequest(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    inputs: list[_QuickInput]
    id: str | None = None


_quick = msgspec.json.Decoder(_QuickRequest)
_DATATYPES = {field.name: field.datatype for field in FIELDS}
_KEYS_AND_TEXTS_PER_INPUT = 4 + 2
"""The keys name, shape, datatype and data; the texts of name and datatype."""


def _decode_quickly(body: bytes) -> InferenceRequest | None:
    """Decode the usual request, or return None for a closer look.

    The parser keeps the last of two equal keys without a word. But every key and every text stands between two
    quotation marks, and without a backslash none stands inside: as many marks as the decoded keys and texts
    account for means that nothing was dropped.
    """
    try:
        request = _quick.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None
    if len(request.inputs) == 0:
        return None
    count = len(request.inputs[0].data)
    flat, column = [count], [count, 1]
    accounted = 1 if request.id is None else 3
    columns: dict[str, list[object]] = {}
    for tensor in request.inputs:
        name, data = tensor.name, tensor.data
        datatype = _DATATYPES.get(name)
        if tensor.datatype != datatype or len(data) != count or (tensor.shape != flat and tensor.shape != column):
            return None
        accounted += _KEYS_AND_TEXTS_PER_INPUT
        if datatype == "BYTES":
            accounted += count
        columns[name] = data  # type: ignore[assignment]  # a list that nobody else holds
    if body.count(b'"') != 2 * accounted or b"\\" in body or len(columns) != len(request.inputs):
        return None
    try:
        return InferenceRequest(Flights.from_columns(columns), request.id)
    except CallerError:
        return None


def _decode_strictly(text: bytes, binary: bytes, model_name: str) -> InferenceRequest:
    request = _object(_parse(text), "the body", _REQUEST_KEYS)
    identifier = request.get("id")
    if identifier is not None and not isinstance(identifier, str):
        raise InvalidRequest(f"id is {shown(identifier)}: it must be a text")
    if request.get("model_name", model_name) != model_name:
        raise InvalidRequest(f"model_name is {shown(request['model_name'])}: it must be {model_name}")
    inputs = request.get("inputs")
    if not isinstance(inputs, list) or not inputs:
        raise InvalidRequest("inputs must be a list of tensors, one for each field")
    tensors.check_count(len(inputs))
    rest = _BinaryData(binary)
    decoded = [_tensor(_object(item, f"inputs[{place}]", _INPUT_KEYS), rest) for place, item in enumerate(inputs)]
    rest.check_used_up()
    return InferenceRequest(tensors.to_flights(decoded), identifier, _outputs(request))


def _outputs(request: Mapping[str, object]) -> tuple[RequestedOutput, ...]:
    all_binary = _flag(_parameters(request, "the body"), "binary_data_output", default=False)
    outputs = request.get("outputs")
    if outputs is None or outputs == []:
        return tuple(RequestedOutput(output.name, True) for output in ALL_OUTPUTS) if all_binary else ALL_OUTPUTS
    if not isinstance(outputs, list):
        raise InvalidRequest(f"outputs is {shown(outputs)}: it must be a list of objects with a name")
    requested = []
    for place, item in enumerate(outputs[: len(ALL_OUTPUTS) + 1]):
        output = _object(item, f"outputs[{place}]", _OUTPUT_KEYS)
        name = output.get("name")
        if not isinstance(name, str):
            raise InvalidRequest(f"outputs[{place}] has the name {shown(name)}: it must be a text")
        binary = _flag(_parameters(output, f"outputs[{place}]"), "binary_data", default=all_binary)
        requested.append(RequestedOutput(name, binary))
    return requested_outputs(requested)


class _BinaryData:
    """The bytes behind the JSON, taken from the front by one tensor after the other."""

    def __init__(self, binary: bytes) -> None:
        self._binary = binary
        self._at = 0

    def take(self, name: str, size: object) -> bytes:
        left = len(self._binary) - self._at
        if type(size) is not int or not 0 <= size <= left:
            raise InvalidRequest(
                f"{name} has the binary_data_size {shown(size)}: it must be from 0 to the {left} bytes that are left"
            )
        self._at += size
        return self._binary[self._at - size : self._at]

    def check_used_up(self) -> None:
        if self._at != len(self._binary):
            raise InvalidRequest(
                f"{len(self._binary) - self._at} bytes are left behind the last tensor: "
                "the inputs' binary_data_size must account for all of the binary data"
            )


def _tensor(item: Mapping[str, object], rest: _BinaryData) -> Tensor:
    field = tensors.field_named(item.get("name"))
    tensors.check_datatype(field, item.get("datatype"))
    shape = item.get("shape")
    if not isinstance(shape, list):
        raise InvalidRequest(f"{field.name} has the shape {shown(shape)}: it must be a list")
    size = _parameters(item, field.name).get("binary_data_size")
    if size is not None:
        if "data" in item:
            raise InvalidRequest(f"{field.name} has both data and binary_data_size: it must have one of them")
        return Tensor(field.name, field.datatype, shape, tensors.decode_raw(field, rest.take(field.name, size)))
    data = item.get("data")
    if not isinstance(data, list):
        raise InvalidRequest(f"{field.name} has the data {shown(data)}: it must be a list")
    if len(shape) > 1 and data and all(isinstance(element, list) for element in data):
        for row, element in enumerate(data):
            if len(element) != 1:
                raise InvalidRequest(
                    f"{field.name}, row {row}: {shown(element)} has {len(element)} elements: it must have one"
                )
        data = [element[0] for element in data]
    return Tensor(field.name, field.datatype, shape, data)


def _object(item: object, place: str, keys: frozenset[str]) -> dict[str, object]:
    if not isinstance(item, dict):
        raise InvalidRequest(f"{place} is {shown(item)}: it must be an object with the keys {', '.join(sorted(keys))}")
    for key in item:
        if key not in keys:
            raise InvalidRequest(f"{place} has the key {shown(key)}: its keys are {', '.join(sorted(keys))}")
    return item


def _parameters(item: Mapping[str, object], place: str) -> dict[str, object]:
    parameters = item.get("parameters")
    if parameters is None:
        return {}
    if not isinstance(parameters, dict):
        raise InvalidRequest(f"parameters of {place} is {shown(parameters)}: it must be an object")
    for key, value in parameters.items():
        if not isinstance(value, str | int | float):
            raise InvalidRequest(
                f"parameter {shown(key)} of {place} is {shown(value)}: it must be a text, a number or a boolean"
            )
    return parameters


def _flag(parameters: Mapping[str, object], key: str, *, default: bool) -> bool:
    value = parameters.get(key, default)
    if not isinstance(value, bool):
        raise InvalidRequest(f"parameter {key} is {shown(value)}: it must be true or false")
    return value


def _parse(text: bytes) -> object:
    """Parse JSON (RFC 8259), and refuse what it leaves open: duplicate keys, numbers beyond FP64, lone surrogates."""
    try:
        parsed: object = json.loads(
            text.decode(), object_pairs_hook=_unique_keys, parse_constant=_no_constant, parse_float=_finite
        )
        if b"\\u" in text:  # a lone surrogate is the one thing that the parser lets in and UTF-8 does not
            json.dumps(parsed, ensure_ascii=False).encode()
    except UnicodeDecodeError as error:
        raise InvalidRequest(f"the body is not JSON in UTF-8: byte {error.start} is no UTF-8") from None
    except UnicodeEncodeError:
        raise InvalidRequest("the body has a text with a lone surrogate: its texts must be Unicode") from None
    except json.JSONDecodeError as error:
        raise InvalidRequest(f"the body is not JSON: {_fault(error)}") from None
    except RecursionError:
        raise InvalidRequest("the body is nested too deeply: it must be a v2 inference request") from None
    except ValueError:  # an integer of more digits than Python converts
        raise InvalidRequest("the body has a number of too many digits: numbers must fit 64 bits") from None
    return parsed


def _fault(error: json.JSONDecodeError) -> str:
    if error.doc.startswith("\ufeff"):
        return "it begins with a byte order mark, and must be UTF-8 without one"
    reason = error.msg.removesuffix(" at")
    return f"{reason[0].lower()}{reason[1:]}, at {error.pos}"


def _unique_keys(pairs: list[tuple[str, object]]) -> dict[str, object]:
    unique = dict(pairs)
    if len(unique) != len(pairs):
        twice = next(key for key, count in Counter(key for key, _ in pairs).items() if count > 1)
        raise InvalidRequest(f"the key {shown(twice)} is given twice: each key must be given once in its object")
    return unique


def _no_constant(name: str) -> NoReturn:
    raise InvalidRequest(f"the body has the number {name}: JSON has no such number")


def _finite(digits: str) -> float:
    number = float(digits)
    if number in (float("inf"), float("-inf")):
        raise InvalidRequest(f"the body has the number {shown(digits)}: it must fit FP64")
    return number
