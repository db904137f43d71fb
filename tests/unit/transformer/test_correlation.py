import asyncio

import grpc
import numpy as np
import pytest
from kserve.protocol.grpc import grpc_predict_v2_pb2 as pb
from kserve.protocol.grpc import grpc_predict_v2_pb2_grpc

from transformer import correlation
from transformer.predictor import GrpcPredictor

TRACE = b"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


class TestARequestId:
    @pytest.mark.parametrize("value", [b"7", b"9f86d081-884c", b"~!@#", b"x" * 128])
    def test_that_is_safe_is_taken(self, value: bytes) -> None:
        assert correlation.read([(b"x-request-id", value)]).request_id == value

    @pytest.mark.parametrize(
        "value",
        [b"", b" ", b"a b", b"a\r\nset-cookie: x", b"\xc3\xb1", b"a\x00", b"\x7f", b"x" * 129],
        ids=["empty", "blank", "two words", "line break", "not ASCII", "NUL", "DEL", "long"],
    )
    def test_that_is_not_safe_is_replaced(self, value: bytes) -> None:
        made = correlation.read([(b"x-request-id", value)]).request_id
        assert made != value
        assert len(made) == 32

    def test_is_made_where_there_is_none_and_each_time_another(self) -> None:
        assert len({correlation.read([]).request_id for _ in range(1000)}) == 1000


class TestATraceContext:
    def test_that_is_valid_is_taken(self) -> None:
        assert correlation.read([(b"host", b"x"), (b"traceparent", TRACE)]).traceparent == TRACE

    @pytest.mark.parametrize(
        "value",
        [
            b"", b"00", TRACE + b"-extra", TRACE.upper(), b"ff" + TRACE[2:], TRACE[:-1] + b"\n",
            b"00-" + b"0" * 32 + TRACE[35:], TRACE[:36] + b"0" * 16 + b"-01",
        ],
    )  # fmt: skip
    def test_that_is_not_valid_is_dropped(self, value: bytes) -> None:
        assert correlation.read([(b"traceparent", value)]).traceparent is None


def test_the_version_that_is_wanted_is_taken_as_it_stands() -> None:
    assert correlation.read([(b"x-model-version", b"scl-\xff")]).version == b"scl-\xff"
    assert correlation.read([(b"x-request-id", b"7")]).version is None


def test_the_predictor_gets_the_trace_context_and_nothing_else_of_the_caller() -> None:
    seen: list[dict[str, str]] = []

    class Recorder(grpc_predict_v2_pb2_grpc.GRPCInferenceServiceServicer):
        async def ModelInfer(self, request: pb.ModelInferRequest, context: grpc.aio.ServicerContext):  # type: ignore[no-untyped-def]  # noqa: N802
            seen.append({str(key): str(value) for key, value in context.invocation_metadata() or ()})
            answer = pb.ModelInferResponse(model_name=request.model_name)
            answer.outputs.add(name="output-0", datatype="FP32", shape=[1])
            answer.raw_output_contents.append(np.array([0.5], "<f4").tobytes())
            return answer

    async def scenario() -> None:
        server = grpc.aio.server()
        grpc_predict_v2_pb2_grpc.add_GRPCInferenceServiceServicer_to_server(Recorder(), server)
        port = server.add_insecure_port("127.0.0.1:0")
        await server.start()
        predictor = GrpcPredictor(f"127.0.0.1:{port}", "flight-delay", 2)
        try:
            assert await predictor.predict(b"\0" * 8, 1, 5.0, TRACE) == [0.5]
            assert await predictor.predict(b"\0" * 8, 1, 5.0) == [0.5]
        finally:
            await predictor.close()
            await server.stop(None)

    asyncio.run(scenario())
    assert [metadata.get("traceparent") for metadata in seen] == [TRACE.decode(), None]
    assert not any("authorization" in metadata for metadata in seen)
