"""The document as it is served, and the server as the document describes it."""

import json
import sys
from pathlib import Path

import grpc
import pytest
from jsonschema import Draft202012Validator
from kserve.protocol.grpc import grpc_predict_v2_pb2 as pb
from kserve.protocol.grpc.grpc_predict_v2_pb2_grpc import GRPCInferenceServiceStub
from openapi_spec_validator import OpenAPIV31SpecValidator

from flights.golden import TOLERANCE
from tests.served.running import get, post, request

pytestmark = pytest.mark.served

MODEL = "/v2/models/flight-delay"
CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "negative_data_rejection",
    "unsupported_method",
    "allow_header_conformance",
)
"""All that apply but positive_data_acceptance: a schema cannot say that two tensors must be of one length."""


@pytest.fixture(scope="module")
def document(pair):
    told = get(pair.http_port, MODEL).json()["parameters"]["openapi"]
    return get(pair.http_port, told).json()


class TestTheServedDocument:
    def test_is_openapi_3_1_of_this_model_and_version(self, pair, document):
        OpenAPIV31SpecValidator(document).validate()
        assert f"{MODEL}/versions/{pair.bundle.version}/infer" in document["paths"]

    def test_describes_what_each_path_answers(self, pair, document):
        for path, operations in document["paths"].items():
            if "get" in operations:
                answer = get(pair.http_port, path)
                ((media_type, told),) = operations["get"]["responses"]["200"]["content"].items()
                assert answer.headers["content-type"] == media_type
                whole = {"components": document["components"], **told["schema"]}
                is_json = media_type == "application/json"
                Draft202012Validator(whole).validate(answer.json() if is_json else answer.body.decode())

    def test_has_examples_that_are_answered_as_it_says(self, pair, document):
        examples = document["components"]["examples"]
        for name in ("required-fields", "all-fields", "golden"):
            assert post(pair.http_port, f"{MODEL}/infer", examples[name]["value"]).status == 200
        answer = post(pair.http_port, f"{MODEL}/infer", examples["golden"]["value"]).json()
        told = examples["golden-answer"]["value"]
        assert answer["outputs"][0]["data"] == pytest.approx(told["outputs"][0]["data"], abs=TOLERANCE)
        assert answer["outputs"][1] == told["outputs"][1]

    def test_keeps_the_metrics_to_itself(self, document):
        assert "metrics" not in json.dumps(document)

    def test_holds_against_schemathesis(self, start, pair, tmp_path):
        command = Path(sys.executable).with_name("schemathesis")
        run = start(
            *("run", f"http://127.0.0.1:{pair.http_port}{MODEL}/openapi.json", "--max-examples", 6),
            *("--phases", "examples,coverage,fuzzing", "--checks", ",".join(CHECKS), "--continue-on-failure"),
            *("--generation-deterministic", "--warnings", "off", "--no-color"),
            executable=str(command),
            cwd=tmp_path,
        )
        assert run.wait_for_exit(limit_s=120) == 0, run.stdout
        assert "17/17" in run.stdout


class TestMetadata:
    def test_names_a_sample_request_that_can_be_posted_as_it_is(self, pair):
        told = get(pair.http_port, MODEL).json()["parameters"]
        sample = get(pair.http_port, told["sample_request"])
        assert post(pair.http_port, f"{MODEL}/infer", sample.body).status == 200

    def test_over_grpc_is_the_same_but_for_where_to_read_more(self, pair):
        rest = get(pair.http_port, MODEL).json()
        del rest["parameters"]
        with grpc.insecure_channel(f"127.0.0.1:{pair.grpc_port}") as channel:
            told = GRPCInferenceServiceStub(channel).ModelMetadata(pb.ModelMetadataRequest(name="flight-delay"))
        tensors = {
            key: [{"name": t.name, "datatype": t.datatype, "shape": list(t.shape)} for t in getattr(told, key)]
            for key in ("inputs", "outputs")
        }
        assert rest == {"name": told.name, "versions": list(told.versions), "platform": told.platform, **tensors}

    def test_names_the_pages_for_people(self, pair):
        told = get(pair.http_port, MODEL).json()["parameters"]
        for path in (told["page"], told["reference"]):
            assert get(pair.http_port, path).headers["content-type"] == "text/html; charset=utf-8"

    @pytest.mark.parametrize("path", ["", "/openapi.json", "/sample-request.json"])
    def test_is_the_same_below_its_own_version_and_absent_below_another(self, pair, path):
        pinned = f"{MODEL}/versions/{pair.bundle.version}{path}"
        assert get(pair.http_port, pinned).json() == get(pair.http_port, MODEL + path).json()
        assert get(pair.http_port, f"{MODEL}/versions/another{path}").status == 404

    @pytest.mark.parametrize("path", ["/v2", "/v2/health/ready", "/metrics", MODEL, f"{MODEL}/openapi.json"])
    def test_is_answered_to_head_without_a_body(self, pair, path):
        answer = request("HEAD", pair.http_port, path)
        assert (answer.status, answer.body) == (200, b"")
        assert answer.headers["x-model-version"] == pair.bundle.version
