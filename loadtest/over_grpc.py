"""Users that ask over gRPC."""

import functools
import time

import grpc
import grpc.experimental.gevent
import numpy as np
from locust.env import Environment
from tritonclient.grpc.service_pb2 import ModelInferRequest, ModelInferResponse

from loadtest.answers import Answer
from loadtest.failures import Failed, NoAnswer, Refused, WrongAnswer
from loadtest.traffic import Request
from loadtest.users import PacedUser

_INFER = "/inference.GRPCInferenceService/ModelInfer"
_NO_ANSWER = frozenset({grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED, grpc.StatusCode.CANCELLED})


@functools.cache
def _use_gevent() -> None:
    grpc.experimental.gevent.init_gevent()  # else a call would hold up every user, and not its own alone


class GrpcUser(PacedUser):
    """Asks over gRPC, on a connection of its own."""

    abstract = True

    def __init__(self, environment: Environment) -> None:
        _use_gevent()
        super().__init__(environment)
        options = environment.parsed_options
        assert options is not None
        # without a pool of its own, all users would share one connection
        settings = [("grpc.enable_http_proxy", 0), ("grpc.use_local_subchannel_pool", 1)]
        self._channel = grpc.insecure_channel(options.grpc_host, options=settings)
        self._infer: grpc.UnaryUnaryMultiCallable[bytes, bytes] = self._channel.unary_unary(_INFER)
        token = options.token
        self._metadata = (("authorization", f"Bearer {token}"),) if token else ()

    def on_stop(self) -> None:
        """Close the connection."""
        self._channel.close()

    def ask(self) -> None:
        """Send the next request when it is due, and check the answer."""
        due_s = self.wait_until_due()
        request = self.kit.requests[self.next_request()]
        message = encode(request, self.kit.model)
        body = b""
        failure: Failed | None = None
        now_s = due_s
        try:
            try:
                body = self._infer(message, timeout=self.kit.late_s, metadata=self._metadata)
            finally:
                now_s = time.perf_counter()
            self.check_in_time(due_s, now_s)
            self.kit.checker.check(request, decode(body, request.count))
        except grpc.RpcError as error:
            sentence = f"{error.code().name}: {error.details()}"
            failure = (NoAnswer if error.code() in _NO_ANSWER else Refused)(sentence)
        except Failed as error:
            failure = error
        self.environment.events.request.fire(
            request_type="gRPC",
            name="ModelInfer",
            response_time=(now_s - due_s) * 1e3,
            response_length=len(body),
            exception=failure,
            context={},
        )


def encode(request: Request, model: str) -> bytes:
    """Write a request with a tensor of BYTES for each column."""
    message = ModelInferRequest(model_name=model)
    for name, column in request.columns.items():
        tensor = message.inputs.add(name=name, datatype="BYTES", shape=[len(column)])
        tensor.contents.bytes_contents.extend([text.encode() for text in column])
    return bytes(message.SerializeToString())


def decode(body: bytes, count: int) -> Answer:
    """Read the answer to a request for so many flights.

    Raises:
        WrongAnswer: It is not of the contract's form.
    """
    try:
        message = ModelInferResponse.FromString(body)
        told = {output.name: (output.datatype, [*output.shape]) for output in message.outputs}
        if message.raw_output_contents:
            raw = dict(zip([output.name for output in message.outputs], message.raw_output_contents, strict=True))
            probabilities = np.frombuffer(raw["delay_probability"], "<f4").tolist()
            delayed = np.frombuffer(raw["delayed"], np.bool_).tolist()
        else:
            contents = {output.name: output.contents for output in message.outputs}
            probabilities = [*contents["delay_probability"].fp32_contents]
            delayed = [*contents["delayed"].bool_contents]
    except Exception as error:  # protobuf has its own kinds
        raise WrongAnswer(f"it has not the form of the contract ({type(error).__name__})") from None
    if told != {"delay_probability": ("FP32", [count]), "delayed": ("BOOL", [count])}:
        raise WrongAnswer("datatype or shape of an output is another than asked for")
    return Answer(message.model_version, probabilities, delayed)
