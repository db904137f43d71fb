"""The SDK's server on one address.

``kserve.ModelServer`` listens on every address of the machine, which is right in a pod and wrong on a desk.
"""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import kserve
from grpc import aio
from kserve.model_server import args
from kserve.protocol.grpc import grpc_predict_v2_pb2_grpc
from kserve.protocol.grpc.interceptors import ExceptionToStatusInterceptor, LoggingInterceptor
from kserve.protocol.grpc.server import GRPCServer
from kserve.protocol.grpc.servicer import InferenceServicer


class OneAddressServer(kserve.ModelServer):
    """Listens for REST and gRPC on one address; all else comes from the SDK and its flags.

    Args:
        host: The address, such as 127.0.0.1.
        models: The repository of its models.
    """

    _rest_server: Any  # None in the SDK until it has made one
    _grpc_server: Any

    def __init__(self, host: str, models: kserve.ModelRepository) -> None:
        # The SDK would start its own gRPC server, on every address.
        super().__init__(registered_models=models, enable_grpc=False)
        self._host = host

    async def _serve(self) -> None:
        """Start the servers: by now the SDK has made the one for REST, which is not bound yet."""
        self._rest_server.config.host = self._host
        if args.enable_grpc:
            self._grpc_server = _OneAddressGRPCServer(self._host, self)
            self.servers.append(self._grpc_server.start(self.max_threads))
        await super()._serve()  # type: ignore[no-untyped-call]  # the SDK has no types


class _OneAddressGRPCServer(GRPCServer):
    _server: Any

    def __init__(self, host: str, owner: kserve.ModelServer) -> None:
        super().__init__(
            owner.grpc_port, owner.dataplane, owner.model_repository_extension, vars(args), owner.grace_period
        )
        self._address = f"{host}:{owner.grpc_port}"

    async def start(self, max_workers: int) -> None:
        self._server = aio.server(
            ThreadPoolExecutor(max_workers=max_workers),
            interceptors=(LoggingInterceptor(), ExceptionToStatusInterceptor()),
            options=[
                ("grpc.max_send_message_length", args.grpc_max_send_message_length),
                ("grpc.max_receive_message_length", args.grpc_max_receive_message_length),
                # gRPC would share a taken port and get every other call instead of failing.
                ("grpc.so_reuseport", 0),
            ],
        )
        grpc_predict_v2_pb2_grpc.add_GRPCInferenceServiceServicer_to_server(
            InferenceServicer(self._data_plane, self._model_repository_extension), self._server
        )
        self._server.add_insecure_port(self._address)
        await self._server.start()
        await self._server.wait_for_termination()
