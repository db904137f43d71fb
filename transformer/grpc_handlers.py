"""Hangs the gRPC service's methods into a server, so that no text of the framework reaches a caller.

Generated code would answer bytes that are no message, and methods that are not served, with the names of Python's
exceptions, and log a stack trace for each.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any

import grpc
from google.protobuf.message import DecodeError
from kserve.protocol.grpc import grpc_predict_v2_pb2 as pb

from flights.errors import InvalidRequest
from transformer.grpc_service import GrpcService, abort

logger = logging.getLogger(__name__)

_PROTOCOL = pb.DESCRIPTOR.services_by_name["GRPCInferenceService"]

Method = Callable[[Any, Any], Awaitable[Any]]


def handlers_of(service: GrpcService) -> grpc.GenericRpcHandler:
    """Return the handlers of the protocol's methods that the service has; the others are answered UNIMPLEMENTED."""
    return grpc.method_handlers_generic_handler(
        _PROTOCOL.full_name,
        {
            method.name: grpc.unary_unary_rpc_method_handler(
                _guarded(getattr(service, method.name)),
                request_deserializer=_deserializer(getattr(pb, method.input_type.name)),
                response_serializer=getattr(pb, method.output_type.name).SerializeToString,
            )
            for method in _PROTOCOL.methods
            if hasattr(service, method.name)
        },
    )


def _deserializer(message: Any) -> Callable[[bytes], object]:
    def deserialize(received: bytes) -> object:
        try:
            return message.FromString(received)
        except DecodeError:
            return None

    return deserialize


def _guarded(method: Method) -> Method:
    async def call(request: Any, context: Any) -> Any:
        try:
            if request is None:
                await abort(context, InvalidRequest("the message cannot be read: it must be one of the v2 protocol's"))
            return await method(request, context)
        except grpc.aio.AbortError:
            raise
        except grpc.aio.InternalError:  # the client hung up at the moment of its answer
            raise asyncio.CancelledError from None
        except Exception:
            logger.exception("a gRPC request failed in a way that nobody foresaw")
            await context.abort(grpc.StatusCode.INTERNAL, "the server has a defect")

    return call
