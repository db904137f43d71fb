"""Requests that are almost right: valid ones, with a few things changed where the structure is."""

import json
from typing import Any

from hypothesis import strategies as st
from kserve.protocol.grpc import grpc_predict_v2_pb2 as pb

from flights.fields import FIELDS


class Object(list[tuple[str, Any]]):
    """A JSON object, which may have a key twice."""


class Token(str):
    """JSON, or what passes for it, written as it is."""


_TOKENS = (
    *("NaN", "-Infinity", "1e400", "1" * 400, "1" * 5000, "-1", "0", "-0", "1.0", "1e0", "01", "9223372036854775808"),
    *("true", "null", "[]", "{}", "[[]]", '[["AAL"]]', '["AAL", 1]', '""', "'x'", "", ",", "\ufeff"),
    *('"\\ud800"', '"\\u0000"', '"\\u0041AL"', '"AAL\\n"', '"A\u0301L"', '"2017-02-29 10:00"', '"2017-01-01T00:00:00"'),
    *("[" * 2000, "[" * 20_000, '{"a":' * 2000, '"' + "x" * 3000 + '"'),
)
_WORDS = (*(field.name for field in FIELDS), "BYTES", "INT64", "delayed", "delay_probability")
_KEYS = (
    *("id", "inputs", "outputs", "parameters", "model_name", "name", "shape", "datatype", "data"),
    *("binary_data_size", "binary_data", "binary_data_output", "extra", ""),
)
junk = st.one_of(
    st.sampled_from(_TOKENS).map(Token),
    st.sampled_from(_WORDS),
    st.integers(),
    st.floats(),
    st.text(max_size=8),
    st.lists(st.integers(-1, 3) | st.text(max_size=3), max_size=3),
)


@st.composite
def rest_requests(draw: st.DrawFn) -> tuple[list[tuple[bytes, bytes]], bytes]:
    """Draw the headers and the body of a REST request, with nothing wrong in it or a few things."""
    count, binary = draw(st.integers(1, 3)), not draw(st.integers(0, 2))
    tail, inputs = b"", []
    for field in FIELDS:
        if field.required or not draw(st.integers(0, 2)):
            shape = draw(st.sampled_from([[count], [count, 1]]))
            tensor = Object([("name", field.name), ("shape", shape), ("datatype", field.datatype)])
            if binary and draw(st.booleans()):
                data = _cut(draw, _element(field.example) * count)
                tail += data
                tensor.append(("parameters", Object([("binary_data_size", len(data))])))
            else:
                tensor.append(("data", [field.example] * count))
            inputs.append(tensor)
    request = Object([("inputs", inputs)])
    if draw(st.booleans()):
        request.append(("id", draw(st.text(max_size=3))))
    if not draw(st.integers(0, 2)):
        binary_data = Object([("binary_data", draw(st.booleans()))])
        request.append(("outputs", [Object([("name", "delayed"), ("parameters", binary_data)])]))
    for _ in range(draw(st.integers(0, 3))):
        _change(draw, request)
    text = _text(request).encode("utf-8", "surrogatepass")
    headers = [(b"content-type", draw(st.sampled_from([b"application/json", b"application/octet-stream", b"a/b"])))]
    if tail or not draw(st.integers(0, 4)):
        headers.append(
            (b"inference-header-content-length", b"%d" % (len(text) + draw(st.sampled_from([0] * 12 + [1, -1, 2**40]))))
        )
    return headers, _cut(draw, text + tail)


@st.composite
def usual_bodies(draw: st.DrawFn) -> bytes:
    """Draw the body of the usual request, all JSON and nothing requested, with one thing changed."""
    request = Object([("id", draw(st.text(max_size=2))), ("inputs", [])])
    request[1][1].extend(
        Object([("name", field.name), ("shape", [1]), ("datatype", field.datatype), ("data", [field.example])])
        for field in FIELDS
        if field.required or draw(st.booleans())
    )
    _change(draw, request)
    return _text(request).encode("utf-8", "surrogatepass")


@st.composite
def grpc_messages(draw: st.DrawFn) -> bytes:
    """Draw the bytes of a ModelInferRequest, with nothing wrong in it or a few things."""
    count, raw = draw(st.integers(1, 3)), draw(st.booleans())
    odd = draw(st.sets(st.sampled_from([field.name for field in FIELDS]), max_size=2))
    message = pb.ModelInferRequest(model_name="flight-delay", id=draw(st.text(max_size=3)))
    for field in FIELDS:
        if field.required or draw(st.booleans()):
            tensor = message.inputs.add(name=field.name, datatype=field.datatype, shape=[count])
            if raw:
                data = _element(field.example) * count
                message.raw_input_contents.append(_cut(draw, data) if field.name in odd else data)
            elif isinstance(field.example, int):
                tensor.contents.int64_contents.extend([field.example] * count)
            else:
                tensor.contents.bytes_contents.extend([field.example.encode()] * count)
            if field.name in odd:
                _spoil(draw, tensor, message)
    for name in draw(st.lists(st.sampled_from(["delayed", "delay_probability", "label"]), max_size=2)):
        message.outputs.add(name=name)
    return _cut(draw, message.SerializeToString())


def _spoil(draw: st.DrawFn, tensor: pb.ModelInferRequest.InferInputTensor, message: pb.ModelInferRequest) -> None:
    match draw(st.sampled_from(["nothing", "name", "datatype", "shape", "contents", "raw", "value"])):
        case "name":
            tensor.name = draw(st.sampled_from(_WORDS) | st.text(max_size=3))
        case "datatype":
            tensor.datatype = draw(st.sampled_from(["INT64", "BYTES", "FP32", ""]))
        case "shape":
            tensor.shape[:] = draw(st.lists(st.sampled_from([0, 1, 2, 3, -1, 2**62]), max_size=3))
        case "contents":
            tensor.contents.fp32_contents.append(0.5)
        case "raw":
            message.raw_input_contents.append(draw(st.binary(max_size=12)))
        case "value":
            tensor.contents.bytes_contents[:] = draw(st.lists(st.binary(max_size=20), max_size=3))
            tensor.contents.int64_contents[:] = draw(st.lists(st.integers(-(2**63), 2**63 - 1), max_size=3))


def _element(value: str | int) -> bytes:
    """Write an element of binary tensor data."""
    if isinstance(value, int):
        return value.to_bytes(8, "little")
    text = value.encode()
    return len(text).to_bytes(4, "little") + text


def _cut(draw: st.DrawFn, whole: bytes) -> bytes:
    """Once in ten times, put something else in the place of a few bytes."""
    if draw(st.integers(0, 9)):
        return whole
    at = draw(st.integers(0, len(whole)) | st.just(len(whole)))
    return whole[:at] + draw(st.binary(max_size=4)) + whole[at + draw(st.integers(0, 4)) :]


def _change(draw: st.DrawFn, request: Object) -> None:
    """Change one thing somewhere: replace, drop, repeat or rename it, or put something beside it."""
    containers = _containers(request)
    objects = [container for container in containers if isinstance(container, Object)]
    place = draw(st.sampled_from(objects) | st.sampled_from(containers) | st.sampled_from(containers[:2]))
    if not place:
        return
    at = draw(st.integers(0, len(place) - 1))
    key, value = place[at] if isinstance(place, Object) else (None, place[at])

    def item(value: Any, key: str | None = key) -> Any:
        return (key, value) if isinstance(place, Object) else value

    match draw(st.sampled_from(["repeat", "replace", "drop", "rename", "add"])):
        case "replace":
            place[at] = item(draw(junk))
        case "drop":
            del place[at]
        case "repeat":
            place.insert(draw(st.integers(0, len(place))), item(value if draw(st.booleans()) else draw(junk)))
        case "rename":
            place[at] = item(value, draw(st.sampled_from(_KEYS)))
        case "add":
            place.append(item(draw(junk), draw(st.sampled_from(_KEYS))))


def _containers(node: Any) -> list[Any]:
    """Return every object and list within, itself first."""
    if not isinstance(node, list):
        return []
    children = [value for _, value in node] if isinstance(node, Object) else node
    return [node, *(inner for child in children for inner in _containers(child))]


def _text(node: Any) -> str:
    if isinstance(node, Token):
        return str(node)
    if isinstance(node, Object):
        return "{" + ",".join(f"{_text(key)}: {_text(value)}" for key, value in node) + "}"
    if isinstance(node, list):
        return "[" + ",".join(map(_text, node)) + "]"
    return json.dumps(node, ensure_ascii=False)
