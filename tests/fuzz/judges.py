"""What must hold of anything that a caller may send: it is flights that can be encoded, or the caller's fault.

A judge returns nothing and raises for everything else; hypothesis and atheris put the same ones to the test.
"""

import json
from collections.abc import Callable

from google.protobuf.message import DecodeError
from kserve.protocol.grpc import grpc_predict_v2_pb2 as pb

from flights.errors import CallerError, InvalidFlight
from flights.fields import FIELDS
from tests.predictors import FakePredictor
from tests.unit.transformer.versions import make_service, make_version
from transformer import grpc_service, json_request
from transformer.request import InferenceRequest
from transformer.rest_answer import error_body
from transformer.rest_inference import Headers, RestInference

LONGEST_SENTENCE = 600

_VERSION = make_version()
_REST = RestInference(make_service(_VERSION, FakePredictor()), most_body_bytes=2**20)
_MODEL = _REST.service.model_name


def judge_rest(headers: Headers, body: bytes) -> bool:
    """Judge a REST request; return whether it is flights."""
    outcome = _outcome(lambda: _REST.decode(headers, body))
    judge_ways(body)
    if isinstance(outcome, str):
        return False
    request, count = outcome
    answer = _REST.encode(request, [0.5] * count)
    length = dict(answer.headers).get(b"inference-header-content-length")
    outputs = json.loads(answer.body[: None if length is None else int(length)])["outputs"]
    assert [output["shape"] for output in outputs] == [[count]] * len(request.outputs)
    return True


def judge_ways(body: bytes) -> None:
    """Hold json_request's quick way to what the strict one, which defines it, makes of a body."""
    quick = json_request._decode_quickly(body)
    if quick is not None:
        strictly = _outcome(lambda: json_request._decode_strictly(body, b"", _MODEL))
        quickly = _outcome(lambda: quick)
        assert isinstance(quickly, str) == isinstance(strictly, str), (quickly, strictly)
        assert isinstance(quickly, str) or quickly == strictly, (quickly, strictly)


def judge_grpc(message: bytes) -> bool:
    """Judge a gRPC message; return whether it is flights."""
    try:
        request = pb.ModelInferRequest.FromString(message)
    except DecodeError:
        return False
    return not isinstance(_outcome(lambda: grpc_service.decode(request)), str)


def judge_value(value: object) -> None:
    """Judge a value of every field."""
    for field in FIELDS:
        try:
            field.check(field.name, value)
        except InvalidFlight as error:
            assert error.field == field.name  # noqa: PT017  # what is expected is that it is raised, or is not
            _judge_sentence(error)


def _outcome(decode: Callable[[], InferenceRequest]) -> tuple[InferenceRequest, int] | str:
    """Return a request and how many flights it has, or the sentence that it is refused with."""
    try:
        request = decode()
        encoded = _VERSION.encoder.encode(request.flights)
    except CallerError as error:
        return _judge_sentence(error)
    assert encoded.count == len(request.flights) >= 1
    assert len(encoded.rows) == 4 * encoded.count * len(_VERSION.encoder.columns)
    assert request.outputs
    return request, encoded.count


def _judge_sentence(error: CallerError) -> str:
    sentence = str(error)
    assert 0 < len(sentence) <= LONGEST_SENTENCE, len(sentence)
    assert json.loads(error_body(sentence)) == {"error": sentence}
    return sentence
