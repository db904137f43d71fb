"""Messages that no well-behaved client sends, over gRPC: the statuses and the sentences of REST."""

import re

import grpc
import pytest
from kserve.protocol.grpc import grpc_predict_v2_pb2 as pb
from kserve.protocol.grpc.grpc_predict_v2_pb2_grpc import GRPCInferenceServiceStub

from tests.flights import make_flight
from tests.served.running import post

pytestmark = pytest.mark.served

SERVICE = "/inference.GRPCInferenceService/"
INTERNAL_TEXT = re.compile(r"class|Error|Exception|Traceback|\.py|google|cython|0x|127\.0", re.ASCII)


@pytest.fixture(scope="module")
def channel(pair):
    options = [("grpc.max_send_message_length", -1)]
    with grpc.insecure_channel(f"127.0.0.1:{pair.grpc_port}", options) as channel:
        yield channel


def refusal(call):
    """Return the status and the sentence that a call ends with, and see that it says nothing of the program."""
    with pytest.raises(grpc.RpcError) as caught:
        call()
    sentence = caught.value.details()
    assert not INTERNAL_TEXT.search(sentence), sentence
    return caught.value.code().name, sentence


def make_message(change=lambda message: None, **fields):
    message = pb.ModelInferRequest(model_name="flight-delay", **fields)
    for name, value in make_flight().items():
        message.inputs.add(name=name, datatype="BYTES", shape=[1]).contents.bytes_contents.append(value.encode())
    change(message)
    return message


def as_rest(message):
    """The same request as JSON: the path's model and version, and the body."""
    inputs = [
        {
            "name": tensor.name,
            "datatype": tensor.datatype,
            "shape": list(tensor.shape),
            "data": [element.decode("latin-1") for element in tensor.contents.bytes_contents],
        }
        for tensor in message.inputs
    ]
    version = f"/versions/{message.model_version}" if message.model_version else ""
    outputs = [{"name": output.name} for output in message.outputs]
    return f"/v2/models/{message.model_name}{version}/infer", {"inputs": inputs, "outputs": outputs}


def set_shape(*shape):
    return lambda message: message.inputs[0].shape.__setitem__(slice(None), shape)


ALIKE = {
    "another model": make_message(lambda message: setattr(message, "model_name", "another")),
    "another version": make_message(model_version="another"),
    "a datatype that is not the field's": make_message(lambda message: setattr(message.inputs[0], "datatype", "FP32")),
    "a field that there is not": make_message(lambda message: setattr(message.inputs[0], "name", "Fecha-X")),
    "a field twice": make_message(lambda message: setattr(message.inputs[0], "name", "Des-I")),
    "a field too few": make_message(lambda message: message.inputs.pop()),
    "too many inputs": make_message(lambda message: [message.inputs.add(name="a") for _ in range(100)]),
    "a huge shape": make_message(set_shape(2**62)),
    "a negative shape": make_message(set_shape(-1)),
    "a shape of too many dimensions": make_message(set_shape(*[1] * 10_000)),
    "no shape": make_message(set_shape()),
    "an output that there is not": make_message(lambda message: message.outputs.add(name="label")),
    "an output twice": make_message(lambda message: [message.outputs.add(name="delayed") for _ in range(2)]),
    "NUL in a value": make_message(lambda message: message.inputs[2].contents.bytes_contents.__setitem__(0, b"A\0L")),
    "no inputs": make_message(lambda message: message.ClearField("inputs")),
}
STATUSES = {400: "INVALID_ARGUMENT", 404: "NOT_FOUND"}


@pytest.mark.parametrize("message", ALIKE.values(), ids=ALIKE)
def test_a_wrong_message_has_the_status_and_the_sentence_of_rest(pair, channel, message):
    path, body = as_rest(message)
    answer = post(pair.http_port, path, body)
    code, sentence = refusal(lambda: GRPCInferenceServiceStub(channel).ModelInfer(message))
    assert code == STATUSES[answer.status]
    if message.inputs:  # what JSON calls a list has no name in a message
        assert sentence == answer.json()["error"]


def test_a_text_that_is_no_utf8_names_its_row(channel):
    message = make_message(lambda it: it.inputs[2].contents.bytes_contents.__setitem__(0, b"\xff\xfe"))
    code, sentence = refusal(lambda: GRPCInferenceServiceStub(channel).ModelInfer(message))
    assert (code, sentence) == ("INVALID_ARGUMENT", r"Emp-I, row 0: b'\xff\xfe' must be text in UTF-8")


@pytest.mark.parametrize("compression", [grpc.Compression.NoCompression, grpc.Compression.Gzip], ids=["plain", "gzip"])
def test_a_message_above_the_limit_is_refused_before_it_is_read(channel, compression):
    message = make_message(lambda it: it.inputs[0].contents.bytes_contents.append(b" " * 50 * 2**20))
    infer = GRPCInferenceServiceStub(channel).ModelInfer
    assert refusal(lambda: infer(message, compression=compression))[0] == "RESOURCE_EXHAUSTED"


@pytest.mark.parametrize("method", ["ModelInfer", "ModelMetadata", "ModelReady"])
@pytest.mark.parametrize("received", [b"\xff\xff\xff", b"\x0a\x02\xff\xfe"], ids=["garbage", "a name of no UTF-8"])
def test_bytes_that_are_no_message_are_refused_in_words(pair, channel, method, received):
    """They used to be answered with the name of protobuf's exception, and a stack trace for each in the log."""
    code, sentence = refusal(lambda: channel.unary_unary(SERVICE + method)(received))
    assert (code, "cannot be read" in sentence) == ("INVALID_ARGUMENT", True)
    assert "Traceback" not in pair.transformer.stderr


def test_an_empty_message_is_refused(channel):
    assert refusal(lambda: channel.unary_unary(SERVICE + "ModelInfer")(b""))[0] == "NOT_FOUND"


@pytest.mark.parametrize("method", ["RepositoryModelLoad", "RepositoryModelUnload", "RepositoryIndex", "Nothing"])
def test_what_is_not_served_says_so_and_no_more(pair, channel, method):
    assert refusal(lambda: channel.unary_unary(SERVICE + method)(b""))[0] == "UNIMPLEMENTED"
    assert "Traceback" not in pair.transformer.stderr


@pytest.mark.parametrize("method", ["ModelMetadata", "ModelReady"])
@pytest.mark.parametrize("wrong", [{"name": "another"}, {"name": "flight-delay", "version": "another"}, {}])
def test_another_model_or_version_is_not_found(channel, method, wrong):
    request = getattr(pb, f"{method}Request")(**wrong)
    assert refusal(lambda: getattr(GRPCInferenceServiceStub(channel), method)(request))[0] == "NOT_FOUND"


def test_parameters_and_odd_metadata_do_not_matter(channel):
    parameters = {"any": pb.InferParameter(string_param="thing")}
    answer = GRPCInferenceServiceStub(channel).ModelInfer(
        make_message(parameters=parameters), metadata=(("x-request-id-bin", b"\xff\0"), ("traceparent", "nonsense"))
    )
    assert len(answer.outputs[0].contents.fp32_contents) == 1
