"""The Open Inference Protocol's gRPC service; it has no repository load and unload."""

from collections.abc import Sequence
from typing import Any, NoReturn

import grpc
from kserve.protocol.grpc import grpc_predict_v2_pb2 as pb

from flights.errors import FlightDelayError, InvalidRequest
from transformer import correlation, tensors
from transformer.metrics import HUNG_UP
from transformer.predictor import Probabilities
from transformer.request import (
    ALL_OUTPUTS,
    OUTPUT_DATATYPES,
    PROBABILITY,
    InferenceRequest,
    RequestedOutput,
    delayed,
    output_bytes,
    requested_outputs,
)
from transformer.service import EXTENSIONS, PLATFORM, SERVER_NAME, DelayService, TensorDescription
from transformer.status import grpc_status_of as status_of
from transformer.tensors import Tensor

Context = grpc.aio.ServicerContext[Any, Any]

_CONTENTS = {"BYTES": "bytes_contents", "INT64": "int64_contents"}


class GrpcService:
    """Serves one version over gRPC.

    Args:
        service: The version.
    """

    def __init__(self, service: DelayService) -> None:
        self._service = service

    async def ModelInfer(self, request: pb.ModelInferRequest, context: Context) -> pb.ModelInferResponse:
        """Answer with raw contents to a request with raw contents, else with typed ones."""
        metrics, clock = self._service.metrics, self._service.metrics.begin()
        found = correlation.read(_headers(context))
        if self._service.tracing is not None:
            clock.trace = self._service.tracing.begin(found.traceparent)
        context.set_trailing_metadata(
            ((correlation.REQUEST_ID, found.request_id.decode()), ("x-model-version", self._service.bundle.version))
        )
        status = HUNG_UP
        try:
            self._service.check_name(request.model_name, request.model_version or None)
            self._service.check_version(found.version)
            inference = decode(request)
            inference.traceparent = found.traceparent
            probabilities = await self._service.infer(inference, clock)
            answer = self._encode(inference, probabilities, raw=bool(request.raw_input_contents))
            status = grpc.StatusCode.OK.name
        except FlightDelayError as error:
            status = status_of(error).name
            await abort(context, error)
        finally:
            metrics.end(clock, "grpc", status)
        return answer

    async def ModelMetadata(self, request: pb.ModelMetadataRequest, context: Context) -> pb.ModelMetadataResponse:
        """Describe the inputs and outputs."""
        await self._check_name(request.name, request.version, context)
        return pb.ModelMetadataResponse(
            name=self._service.model_name,
            versions=[self._service.bundle.version],
            platform=PLATFORM,
            inputs=[_described(tensor) for tensor in self._service.inputs()],
            outputs=[_described(tensor) for tensor in self._service.outputs()],
        )

    async def ModelReady(self, request: pb.ModelReadyRequest, context: Context) -> pb.ModelReadyResponse:
        """Tell whether the golden flights come back right."""
        await self._check_name(request.name, request.version, context)
        return pb.ModelReadyResponse(ready=await self._service.ready())

    async def ServerReady(self, request: pb.ServerReadyRequest, context: Context) -> pb.ServerReadyResponse:
        """Tell the same: one server, one model."""
        return pb.ServerReadyResponse(ready=await self._service.ready())

    async def ServerLive(self, request: pb.ServerLiveRequest, context: Context) -> pb.ServerLiveResponse:
        """Tell that the process answers."""
        return pb.ServerLiveResponse(live=True)

    async def ServerMetadata(self, request: pb.ServerMetadataRequest, context: Context) -> pb.ServerMetadataResponse:
        """Describe the server."""
        return pb.ServerMetadataResponse(
            name=SERVER_NAME, version=self._service.server_version, extensions=list(EXTENSIONS)
        )

    async def _check_name(self, model_name: str, version: str, context: Context) -> None:
        try:
            self._service.check_name(model_name, version or None)
            self._service.check_version(correlation.read(_headers(context)).version)
        except FlightDelayError as error:
            await abort(context, error)

    def _encode(self, inference: InferenceRequest, probabilities: Probabilities, *, raw: bool) -> pb.ModelInferResponse:
        answer = pb.ModelInferResponse(
            model_name=self._service.model_name, model_version=self._service.bundle.version, id=inference.id or ""
        )
        for requested in inference.outputs:
            output = answer.outputs.add(
                name=requested.name, datatype=OUTPUT_DATATYPES[requested.name], shape=[len(probabilities)]
            )
            if raw:
                answer.raw_output_contents.append(output_bytes(requested.name, probabilities, self._service.threshold))
            elif requested.name == PROBABILITY:
                output.contents.fp32_contents.extend(probabilities)
            else:
                output.contents.bool_contents.extend(delayed(probabilities, self._service.threshold))
        return answer


def _described(tensor: TensorDescription) -> pb.ModelMetadataResponse.TensorMetadata:
    return pb.ModelMetadataResponse.TensorMetadata(
        name=tensor["name"], datatype=tensor["datatype"], shape=tensor["shape"]
    )


def _headers(context: Context) -> list[tuple[bytes, bytes]]:
    return [
        (key.encode(), value.encode() if isinstance(value, str) else value)
        for key, value in context.invocation_metadata() or ()
    ]


async def abort(context: Context, error: FlightDelayError) -> NoReturn:
    """Answer with what is wrong."""
    await context.abort(status_of(error), str(error))


def decode(request: pb.ModelInferRequest) -> InferenceRequest:
    """Read a request with typed or with raw contents.

    Raises:
        InvalidRequest: The caller's fault.
        InvalidFlight: The caller's fault: an element is no text in UTF-8, or a value of an optional field.
    """
    tensors.check_count(len(request.inputs))
    raw: Sequence[bytes] = request.raw_input_contents
    if raw and len(raw) != len(request.inputs):
        raise InvalidRequest(f"raw_input_contents has {len(raw)} entries for {len(request.inputs)} inputs")
    flights = tensors.to_flights(
        [_tensor(tensor, raw[place] if raw else None) for place, tensor in enumerate(request.inputs)]
    )
    outputs = requested_outputs([RequestedOutput(output.name) for output in request.outputs]) or ALL_OUTPUTS
    return InferenceRequest(flights, request.id or None, outputs)


def _tensor(tensor: pb.ModelInferRequest.InferInputTensor, raw: bytes | None) -> Tensor:
    field = tensors.field_named(tensor.name)
    tensors.check_datatype(field, tensor.datatype)
    filled = [contents.name for contents, _ in tensor.contents.ListFields()]
    if raw is not None:
        if filled:
            raise InvalidRequest(f"{field.name} has both contents and raw_input_contents: it must have one of them")
        return Tensor(field.name, field.datatype, tensor.shape, tensors.decode_raw(field, raw))
    expected = _CONTENTS[field.datatype]
    if filled not in ([], [expected]):
        raise InvalidRequest(f"{field.name} has {', '.join(filled)}: it must have {expected}")
    if field.datatype == "INT64":
        elements: list[object] = list(tensor.contents.int64_contents)
    else:
        elements = tensors.decode_texts(field, tensor.contents.bytes_contents)
    return Tensor(field.name, field.datatype, tensor.shape, elements)
