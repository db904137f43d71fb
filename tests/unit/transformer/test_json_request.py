import contextlib
import json
import re
import string
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flights.errors import CallerError, InvalidFlight, InvalidRequest
from tests.unit.transformer.requests import FLIGHT, MODEL, OLD_SERVICE, make_input, make_request
from transformer.json_request import _decode_quickly, _decode_strictly, _unique_keys, decode
from transformer.request import ALL_OUTPUTS, RequestedOutput


def with_input(tensor: dict[str, Any]) -> dict[str, Any]:
    """Put one tensor in the place of the valid one of its name, or behind the others."""
    others = [item for item in make_request()["inputs"] if item["name"] != tensor.get("name")]
    return {"inputs": [*others, tensor]}


def refuse(request: dict[str, Any] | str | bytes) -> str:
    """Return the sentence that a request is refused with."""
    body = (
        request
        if isinstance(request, bytes)
        else (request if isinstance(request, str) else json.dumps(request)).encode()
    )
    with pytest.raises(CallerError) as caught:
        decode(body, None, MODEL)
    return str(caught.value)


class TestAValidRequest:
    def test_becomes_columns_whatever_the_order_of_its_inputs(self) -> None:
        request = make_request()
        for inputs in (request["inputs"], request["inputs"][::-1]):
            flights = decode(json.dumps({"inputs": inputs}).encode(), None, MODEL).flights
            assert flights.scheduled == ["2017-01-01 23:30"]
            assert flights.destinations == ["KMIA"]
            assert flights.airlines == ["AAL"]
            assert flights.flight_types == ["I"]

    @pytest.mark.parametrize(
        ("shape", "data"),
        [([2], ["AAL", "LAN"]), ([2, 1], ["AAL", "LAN"]), ([2, 1], [["AAL"], ["LAN"]])],
        ids=["flat", "column of flat data", "column of nested data"],
    )
    def test_may_have_either_shape(self, shape: list[int], data: list[Any]) -> None:
        request = make_request(2)
        request["inputs"][2] = make_input("Emp-I", data, shape=shape)
        assert decode(json.dumps(request).encode(), None, MODEL).flights.airlines == ["AAL", "LAN"]

    def test_of_the_old_service_with_all_eleven_fields_is_taken(self) -> None:
        request = make_request()
        request["inputs"] += [make_input(name, [value]) for name, value in OLD_SERVICE.items()]
        assert len(decode(json.dumps(request).encode(), None, MODEL).flights) == 1

    def test_keeps_its_id_and_asks_for_both_outputs_by_default(self) -> None:
        request = decode(json.dumps(make_request(id="a\u00f1o", model_name=MODEL)).encode(), None, MODEL)
        assert request.id == "a\u00f1o"
        assert request.outputs == ALL_OUTPUTS

    def test_may_ask_for_outputs_in_its_own_order_and_coding(self) -> None:
        outputs = [{"name": "delayed"}, {"name": "delay_probability", "parameters": {"binary_data": True}}]
        request = decode(json.dumps(make_request(outputs=outputs)).encode(), None, MODEL)
        assert request.outputs == (RequestedOutput("delayed"), RequestedOutput("delay_probability", True))

    def test_may_ask_for_all_outputs_as_bytes(self) -> None:
        body = json.dumps(make_request(parameters={"binary_data_output": True})).encode()
        assert all(output.binary for output in decode(body, None, MODEL).outputs)


class TestTheQuickWay:
    def test_takes_the_usual_request(self) -> None:
        for flights in (1, 3):
            assert _decode_quickly(json.dumps(make_request(flights, id="7")).encode()) is not None

    @pytest.mark.parametrize(
        "body",
        [
            '{"inputs":[],' + json.dumps(make_request())[1:],
            json.dumps(make_request(id="1"))[:-1] + ',"id":"2"}',
            json.dumps(make_request(id="1"))[:-1] + ',"id" : "2"}',
            json.dumps(make_request()).replace('"name": "Emp-I"', '"name": "Des-I", "name": "Emp-I"'),
            json.dumps(make_request()).replace('["AAL"]', '["LAN"], "data": ["AAL"]'),
            json.dumps(make_request()).replace('"AAL"', '"\\u0041AL"'),
        ],
        ids=["inputs twice", "id twice", "id twice, spaced", "name twice", "data twice", "an escape"],
    )
    def test_leaves_what_it_cannot_prove_to_the_strict_way(self, body: str) -> None:
        assert _decode_quickly(body.encode()) is None

    @given(
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.floats() | st.text(string.printable, max_size=5),
            lambda children: (
                st.lists(children, max_size=3) | st.dictionaries(st.text(max_size=3), children, max_size=3)
            ),
            max_leaves=5,
        ),
        st.sampled_from(["id", "parameters", "outputs", "model_name", "name", "shape", "datatype", "data"]),
        st.integers(0, 3),
    )
    def test_never_takes_what_the_strict_way_refuses(self, value: object, key: str, place: int) -> None:
        request = make_request()
        target = request if key in {"id", "parameters", "outputs", "model_name"} else request["inputs"][place]
        target[key] = value
        body = json.dumps(request).encode()
        quick = _decode_quickly(body)
        if quick is not None:
            assert quick == _decode_strictly(body, b"", MODEL)


class TestJson:
    @pytest.mark.parametrize(
        ("body", "sentence"),
        [
            (b"", "the body is not JSON"),
            (b"\xff{}", "byte 0 is no UTF-8"),
            (b"\xef\xbb\xbf{}", "the body is not JSON: it begins with a byte order mark"),
            (b'{"id": "a\nb"}', "the body is not JSON: invalid control character, at 9"),
            (b"[]", "the body is []"),
            (b'{"inputs": []} x', "the body is not JSON: extra data"),
            (b'{"inputs": [NaN]}', "NaN"),
            (b'{"inputs": [-Infinity]}', "-Infinity"),
            (b'{"inputs": [1e400]}', "1e400"),
            (b'{"inputs": [], "inputs": []}', "'inputs' is given twice"),
            (b'{"id": "\\ud800"}', "lone surrogate"),
            (b"[" * 100_000, "nested too deeply"),
            (b'{"inputs": [' + b"9" * 10_000 + b"]}", "too many digits"),
            (b'{"inputs": [], "extra": 1}', "'extra'"),
        ],
        ids=[
            "empty", "no UTF-8", "byte order mark", "control character", "a list", "trailing bytes", "NaN", "infinity",
            "beyond FP64", "duplicate key", "lone surrogate", "deep", "endless number", "unknown key",
        ],
    )  # fmt: skip
    def test_that_is_wrong_is_refused_by_name(self, body: bytes, sentence: str) -> None:
        assert sentence in refuse(body)

    def test_whose_last_of_many_keys_is_given_twice_is_refused_in_one_pass(self) -> None:
        """Each key used to be counted among all: 8 MB of them would have kept the server busy for hours."""

        class Key(str):
            compared = 0
            __hash__ = str.__hash__

            def __eq__(self, other: object) -> bool:
                Key.compared += 1
                return str.__eq__(self, other)

        keys = [*(Key(number) for number in range(2000)), Key("last"), Key("last")]
        with pytest.raises(InvalidRequest, match="'last' is given twice"):
            _unique_keys([(key, 0) for key in keys])
        assert Key.compared < 10 * len(keys)


class TestTensors:
    @pytest.mark.parametrize(
        ("tensor", "sentence"),
        [
            (make_input("Emp-I", ["AAL"], datatype="INT64"), "Emp-I has the datatype 'INT64'"),
            (make_input("Emp-I", ["AAL"], datatype=...), "Emp-I has the datatype"),
            (make_input("Emp-I", ["AAL"], shape=[2]), "Emp-I has the shape [2] and 1 elements"),
            (make_input("Emp-I", ["AAL"], shape=[1, 2]), "Emp-I has the shape [1, 2]"),
            (make_input("Emp-I", ["AAL"], shape=[True]), "Emp-I has the shape"),
            (make_input("Emp-I", ["AAL"], shape=[1.0]), "Emp-I has the shape"),
            (make_input("Emp-I", ["AAL"], shape=[-1]), "Emp-I has the shape"),
            (make_input("Emp-I", ["AAL"], shape=...), "Emp-I has the shape"),
            (make_input("Emp-I", [["AAL", "LAN"]], shape=[1, 1]), "Emp-I, row 0"),
            (make_input("Emp-I", ["AAL"], data=...), "Emp-I has the data"),
            (make_input("Emp-I", ["AAL"], data="AAL"), "Emp-I has the data 'AAL'"),
            (make_input("Emp-I", ["AAL"], extra=1), "'extra'"),
            (make_input("Emp-X", ["AAL"]), "'Emp-X' is not an input"),
            (make_input("DIA", [1.5]), "DIA, row 0: 1.5"),
            (make_input("DIA", [True]), "DIA, row 0"),
            (make_input("DIA", ["1"]), "DIA, row 0: '1'"),
            (make_input("DIA", [32]), "DIA, row 0: 32"),
            (make_input("Fecha-O", ["never"]), "Fecha-O, row 0: 'never'"),
            (make_input("Des-O", ["kmia"]), "Des-O, row 0: 'kmia'"),
        ],
    )
    def test_that_do_not_fit_the_contract_are_refused_by_name(self, tensor: dict[str, Any], sentence: str) -> None:
        assert sentence in refuse(with_input(tensor))

    def test_given_twice_are_refused(self) -> None:
        request = make_request()
        request["inputs"].append(request["inputs"][0])
        assert "Fecha-I is given twice" in refuse(request)

    @pytest.mark.parametrize("name", FLIGHT)
    def test_that_are_required_must_be_there(self, name: str) -> None:
        request = make_request()
        request["inputs"] = [tensor for tensor in request["inputs"] if tensor["name"] != name]
        assert f"{name} is missing" in refuse(request)

    def test_of_unequal_length_are_refused(self) -> None:
        assert "Emp-I has 2 rows where Fecha-I has 1" in refuse(with_input(make_input("Emp-I", ["AAL", "AAL"])))

    def test_without_flights_are_refused(self) -> None:
        assert "at least one flight" in refuse(make_request(0))

    @pytest.mark.parametrize("inputs", [None, [], {}, 3, [3], [[]]])
    def test_must_be_a_list_of_objects(self, inputs: object) -> None:
        assert "inputs" in refuse(make_request(inputs=inputs) if inputs is not None else {})

    def test_are_limited_in_number(self) -> None:
        assert "12 tensors" in refuse({"inputs": [make_input("Emp-I", [])] * 12})


class TestOutputs:
    @pytest.mark.parametrize(
        ("outputs", "sentence"),
        [
            ([{"name": "label"}], "'label' is not an output"),
            ([{"name": "delayed"}, {"name": "delayed"}], "delayed is requested twice"),
            ([{}], "outputs[0] has the name"),
            ("delayed", "outputs is 'delayed'"),
            (["delayed"], "outputs[0] is 'delayed'"),
            ([{"name": "delayed", "parameters": {"binary_data": 1}}], "binary_data is 1"),
            ([{"name": "delayed", "parameters": []}], "parameters of outputs[0]"),
        ],
    )
    def test_that_do_not_exist_are_refused(self, outputs: object, sentence: str) -> None:
        assert sentence in refuse(make_request(outputs=outputs))


class TestBinaryData:
    @staticmethod
    def body(sizes: dict[str, Any], binary: bytes) -> tuple[bytes, int]:
        inputs = [
            make_input(name, [value], data=..., parameters={"binary_data_size": sizes[name]})
            if name in sizes
            else make_input(name, [value])
            for name, value in (FLIGHT | {"DIA": 1}).items()
        ]
        text = json.dumps({"inputs": inputs}).encode()
        return text + binary, len(text)

    def test_behind_the_json_is_read_in_the_order_of_the_inputs(self) -> None:
        body, length = self.body({"Des-I": 8, "DIA": 8}, b"\x04\0\0\0SCFA" + (31).to_bytes(8, "little"))
        assert decode(body, length, MODEL).flights.destinations == ["SCFA"]

    @pytest.mark.parametrize(
        ("sizes", "binary", "sentence"),
        [
            ({"Des-I": 8}, b"\x04\0\0\0SCF", "binary_data_size 8"),
            ({"Des-I": -1}, b"", "binary_data_size -1"),
            ({"Des-I": "8"}, b"\x04\0\0\0SCFA", "binary_data_size '8'"),
            ({"Des-I": True}, b"\x04", "binary_data_size"),
            ({"Des-I": 8}, b"\x05\0\0\0SCFA", "Des-I, row 0: its binary data ends"),
            ({"Des-I": 3}, b"\x04\0\0", "Des-I, row 0: its binary data ends"),
            ({"Des-I": 8}, b"\x04\0\0\0SCFAx", "1 bytes are left"),
            ({"DIA": 7}, b"\0" * 7, "multiple of 8"),
            ({"Des-I": 6}, b"\x02\0\0\0\xff\xff", "text in UTF-8"),
        ],
    )
    def test_that_does_not_add_up_is_refused(self, sizes: dict[str, Any], binary: bytes, sentence: str) -> None:
        body, length = self.body(sizes, binary)
        with pytest.raises(CallerError, match=re.escape(sentence)):
            decode(body, length, MODEL)

    @pytest.mark.parametrize("length", [0, 10_000])
    def test_cannot_start_outside_the_body(self, length: int) -> None:
        with pytest.raises(InvalidRequest, match="Inference-Header-Content-Length"):
            decode(json.dumps(make_request()).encode(), length, MODEL)


@given(st.binary(max_size=200), st.none() | st.integers(-1, 300))
def test_any_bytes_are_a_request_or_the_callers_fault(body: bytes, json_length: int | None) -> None:
    with contextlib.suppress(CallerError):
        decode(body, json_length, MODEL)


def test_a_bad_value_of_an_optional_field_names_its_row() -> None:
    request = make_request(2)
    request["inputs"].append(make_input("MES", [1, 13]))
    with pytest.raises(InvalidFlight) as caught:
        decode(json.dumps(request).encode(), None, MODEL)
    assert (caught.value.field, caught.value.row, caught.value.value) == ("MES", 1, 13)
