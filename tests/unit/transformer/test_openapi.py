"""The document that clients are generated from, against the server that answers them."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator

from flights.bundle import Bundle
from flights.errors import CallerError, InvalidFlight
from flights.fields import FIELD_BY_NAME, FIELDS
from tests.flights import make_encoder
from tests.predictors import FakePredictor
from tests.unit.transformer.requests import make_input, make_request
from tests.unit.transformer.versions import make_service
from transformer import metadata, openapi, samples, schemas
from transformer.json_request import decode
from transformer.rest_inference import RestInference

MODEL = "flight-delay"
REQUEST = Draft202012Validator(schemas.infer_request(MODEL))


@pytest.fixture
def inference(bundle: Bundle, predictor: FakePredictor) -> RestInference:
    return RestInference(make_service(bundle, predictor), most_body_bytes=2**20)


@pytest.fixture
def document(inference: RestInference) -> dict[str, Any]:
    return make_document(inference, with_pages=False)


def make_document(inference: RestInference, *, with_pages: bool) -> dict[str, Any]:
    return json.loads(json.dumps(openapi.document(inference, with_pages=with_pages)))  # type: ignore[no-any-return]


either = pytest.mark.parametrize("with_pages", [False, True], ids=["without pages", "with pages"])


class TestTheDocument:
    @either
    def test_is_openapi_3_1(self, inference: RestInference, with_pages: bool) -> None:
        OpenAPIV31SpecValidator(make_document(inference, with_pages=with_pages)).validate()

    def test_has_the_pages_for_people_only_where_they_are_served(
        self, inference: RestInference, document: dict[str, Any]
    ) -> None:
        model = f"/v2/models/{MODEL}"
        with_pages = make_document(inference, with_pages=True)
        assert with_pages["paths"].keys() - document["paths"].keys() == {
            f"{below}/{page}" for below in (model, f"{model}/versions/v-test") for page in ("page", "api")
        }

    def test_names_each_public_path_with_the_models_name_and_version_and_no_other(
        self, document: dict[str, Any]
    ) -> None:
        below = ["", "/infer", "/openapi.json", "/ready", "/sample-request.json"]
        assert sorted(document["paths"]) == [
            *("/v2", "/v2/health/live", "/v2/health/ready", "/v2/models"),
            *(f"/v2/models/{MODEL}{path}" for path in below[:-1]),
            f"/v2/models/{MODEL}/sample-request.json",
            *(f"/v2/models/{MODEL}/versions/v-test{path}" for path in below),
        ]

    @either
    def test_says_the_version_in_every_answer_and_the_sentence_in_every_refusal(
        self, inference: RestInference, with_pages: bool
    ) -> None:
        document = make_document(inference, with_pages=with_pages)
        for path, operations in document["paths"].items():
            for code, response in next(iter(operations.values()))["responses"].items():
                resolved = _resolve(document, response)
                assert "x-model-version" in resolved["headers"], (path, code)
                if code not in ("200", "304"):
                    schema = resolved["content"]["application/json"]["schema"]
                    assert schema == {"$ref": "#/components/schemas/Error"}

    def test_has_examples_that_are_requests_and_answers(self, document: dict[str, Any]) -> None:
        examples = document["components"]["examples"]
        for name in ("required-fields", "all-fields", "golden"):
            request = examples[name]["value"]
            REQUEST.validate(request)
            assert len(decode(json.dumps(request).encode(), None, MODEL).flights) >= 1
        answer = examples["golden-answer"]["value"]
        Draft202012Validator(schemas.infer_answer(MODEL)).validate(answer)
        assert answer["outputs"][0]["shape"] == [len(answer["outputs"][0]["data"])]

    @either
    def test_and_a_sample_are_reachable_from_the_metadata(self, inference: RestInference, with_pages: bool) -> None:
        told: Any = metadata.model_metadata(inference.service, with_pages=with_pages)
        Draft202012Validator(schemas.model_metadata(MODEL)).validate(json.loads(json.dumps(told)))
        assert ("page" in told["parameters"]) is with_pages
        assert set(told["parameters"].values()) <= set(make_document(inference, with_pages=with_pages)["paths"])


def _resolve(document: dict[str, Any], item: dict[str, Any]) -> dict[str, Any]:
    if "$ref" in item:
        for part in item["$ref"].removeprefix("#/").split("/"):
            document = document[part]
        return document
    return item


class TestAFieldsSchema:
    @pytest.mark.parametrize("field", FIELDS, ids=lambda field: field.name)
    def test_takes_its_example(self, field: Any) -> None:
        field.check(field.name, field.example)
        Draft202012Validator(field.kind.schema).validate(field.example)

    @pytest.mark.parametrize("name", ["Fecha-I", "Des-I", "Emp-I", "TIPOVUELO", "DIANOM", "DIA", "MES", "AÑO"])
    @given(data=st.data())
    def test_takes_a_value_where_the_server_does(self, name: str, data: st.DataObject) -> None:
        field = FIELD_BY_NAME[name]
        value = data.draw(st.one_of(near(field.example), st.integers(-1, 3000), st.text(max_size=4), st.booleans()))
        try:
            field.check(name, value)
            taken = True
        except InvalidFlight:
            taken = False
        assert Draft202012Validator(field.kind.schema).is_valid(value) == taken

    def test_knows_every_day_that_there_is(self) -> None:
        schema = Draft202012Validator(FIELD_BY_NAME["Fecha-I"].kind.schema)
        for year in (1999, 2000, 2017, 2018, 2020, 2096, 2099, 2100):
            for month in range(14):
                for day in range(33):
                    text = f"{year}-{month:02}-{day:02} 23:30"
                    try:
                        FIELD_BY_NAME["Fecha-I"].check("Fecha-I", text)
                        taken = True
                    except InvalidFlight:
                        taken = False
                    assert schema.is_valid(text) == taken, text


def near(example: str | int) -> st.SearchStrategy[object]:
    """Values that differ from an example by one character, or by nothing."""
    text = str(example)
    changed = st.builds(
        lambda at, new: text[:at] + new + text[at + 1 :], st.integers(0, len(text)), st.sampled_from("019AZaz- :T")
    )
    return st.one_of(st.just(example), changed)


class TestTheRequestsSchema:
    @pytest.mark.parametrize(
        "change",
        [
            {},
            {"id": "7"},
            {"id": None},
            {"model_name": MODEL},
            {"parameters": {"binary_data_output": True, "any": 1.5}},
            {"outputs": [{"name": "delayed", "parameters": {"binary_data": True}}]},
            {"outputs": []},
            {"outputs": None},
        ],
        ids=lambda change: ", ".join(change) or "nothing",
    )
    def test_takes_what_the_server_takes(self, change: dict[str, Any]) -> None:
        request = {**make_request(2), **change}
        decode(json.dumps(request).encode(), None, MODEL)
        REQUEST.validate(request)

    def test_takes_columns_of_either_shape(self) -> None:
        for shape, elements in (([2, 1], ["AAL", "LAN"]), ([2, 1], [["AAL"], ["LAN"]])):
            request = make_request(2)
            request["inputs"][2] = make_input("Emp-I", elements, shape=shape)
            decode(json.dumps(request).encode(), None, MODEL)
            REQUEST.validate(request)

    @pytest.mark.parametrize(
        "change",
        [
            {"id": 7},
            {"extra": 1},
            {"model_name": "another"},
            {"parameters": []},
            {"parameters": {"binary_data_output": 1}},
            {"parameters": {"any": None}},
            {"outputs": [{"name": "label"}]},
            {"outputs": [{"name": "delayed"}] * 2},
            {"outputs": [{"name": "delayed", "parameters": {"binary_data": 1}}]},
            {"inputs": []},
            {"inputs": make_request()["inputs"][:3]},
            {"inputs": [*make_request()["inputs"], make_request()["inputs"][0]]},
            {"inputs": [*make_request()["inputs"][:3], make_input("TIPOVUELO", ["X"])]},
            {"inputs": [*make_request()["inputs"][:3], make_input("TIPOVUELO", [["I"]])]},
            {"inputs": [*make_request()["inputs"][:3], make_input("TIPOVUELO", ["I"], extra=1)]},
            {"inputs": [*make_request()["inputs"][:3], make_input("TIPOVUELO", ["I"], datatype="INT64")]},
            {"inputs": [*make_request()["inputs"][:3], make_input("TIPOVUELO", ["I"], shape=[1, 1, 1])]},
            {
                "inputs": [
                    *make_request()["inputs"][:3],
                    make_input("TIPOVUELO", ["I"], parameters={"binary_data_size": 5}),
                ]
            },
        ],
    )
    def test_refuses_what_the_server_refuses(self, change: dict[str, Any]) -> None:
        request = {**make_request(), **change}
        with pytest.raises(CallerError):
            make_encoder().encode(decode(json.dumps(request).encode(), None, MODEL).flights)
        assert not REQUEST.is_valid(request)


def test_a_sample_request_has_what_must_be_there_and_an_old_clients_has_every_field() -> None:
    def names(request: dict[str, Any]) -> list[str]:
        return [tensor["name"] for tensor in request["inputs"]]

    assert names(samples.required_fields()) == [field.name for field in FIELDS if field.required]
    assert names(samples.all_fields()) == [field.name for field in FIELDS]
