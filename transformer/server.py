"""Puts the version into the KServe SDK's server: our REST application outermost, our gRPC service, one model.

The SDK gives the HTTP server, the health, metadata and metrics routes and the life cycle. What it hard-codes is
set here: the address to listen on, the version in the metadata, a readiness that asks the predictor.
"""

import asyncio
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, cast

import grpc
import uvicorn
from kserve import ModelServer
from kserve.metrics import POST_HIST_TIME, PRE_HIST_TIME, PREDICT_HIST_TIME
from kserve.model import InferenceModel
from kserve.model_server import app as sdk_application
from kserve.protocol.dataplane import DataPlane
from kserve.protocol.grpc import grpc_predict_v2_pb2_grpc
from kserve.protocol.rest.server import RESTServer
from prometheus_client import REGISTRY

from flights.errors import OperatorError
from transformer.grpc_service import GrpcService
from transformer.http_protocol import protocol_for
from transformer.rest import RestApplication
from transformer.rest_inference import RestInference
from transformer.service import EXTENSIONS, SERVER_NAME, DelayService


class FlightDelayModel(InferenceModel):
    """The version as the SDK's repository knows it: name and readiness.

    Inference does not pass through it: ``RestApplication`` and ``GrpcService`` answer before the SDK would.

    Args:
        service: The version.
    """

    def __init__(self, service: DelayService) -> None:
        super().__init__(service.model_name)
        self._service = service
        self.load()

    async def healthy(self) -> bool:
        """Tell whether the golden flights come back right."""
        return self.ready and await self._service.ready()

    async def __call__(self, *_: object, **__: object) -> Any:
        """Refuse: the SDK's own inference routes are closed."""
        raise NotImplementedError("inference is answered outside the SDK's data plane")


class FlightDelayDataPlane(DataPlane):
    """The SDK's data plane, with the version in its answers.

    Args:
        service: The version.
        models: The SDK's repository of models.
    """

    def __init__(self, service: DelayService, models: Any) -> None:
        super().__init__(models)
        self._service = service

    def metadata(self) -> dict[str, object]:
        """Describe the server."""
        return {"name": SERVER_NAME, "version": self._service.server_version, "extensions": list(EXTENSIONS)}

    async def ready(self) -> bool:
        """Tell whether the golden flights come back right: one server, one model."""
        return await self._service.ready()


class TransformerServer(ModelServer):
    """The SDK's server around one version, run on a loop that is there already.

    Args:
        service: The version.
        host: Address to listen on.
        http_port: Port for REST.
        grpc_port: Port for gRPC.
        most_body_bytes: A larger request is refused, over REST and gRPC.
        grace_s: Seconds that requests under way get after SIGTERM.

    Raises:
        OperatorError: Ours: a port cannot be listened on.
    """

    def __init__(
        self,
        service: DelayService,
        *,
        host: str,
        http_port: int,
        grpc_port: int,
        most_body_bytes: int,
        grace_s: int,
    ) -> None:
        super().__init__(http_port=http_port, grpc_port=grpc_port, workers=1, grace_period=grace_s)
        for histogram in (PRE_HIST_TIME, PREDICT_HIST_TIME, POST_HIST_TIME):
            REGISTRY.unregister(histogram)  # ours have their names, and are filled
        REGISTRY.register(service.metrics)
        self.dataplane = FlightDelayDataPlane(service, self.registered_models)
        self.register_model(FlightDelayModel(service))
        inference = RestInference(service, most_body_bytes)
        rest = RESTServer(
            cast(str, RestApplication(inference, sdk_application)),  # uvicorn takes both
            self.dataplane,
            self.model_repository_extension,
            http_port,
            grace_period=grace_s,
            timeout_keep_alive=self.timeout_keep_alive,
        )
        rest.create_application()
        config = rest.config
        config.http, config.ws, config.proxy_headers = protocol_for(inference), "none", False
        config.server_header = False
        self._http = _HttpServer(config)
        self._socket = _listen(host, http_port)
        self._grpc = grpc.aio.server(
            options=[("grpc.max_receive_message_length", most_body_bytes), ("grpc.so_reuseport", 0)]
        )
        grpc_predict_v2_pb2_grpc.add_GRPCInferenceServiceServicer_to_server(GrpcService(service), self._grpc)
        try:
            self._grpc.add_insecure_port(f"{host}:{grpc_port}")
        except RuntimeError as error:
            raise OperatorError(f"port {grpc_port} cannot be listened on: it must be free") from error

    async def run(self) -> None:
        """Serve until SIGTERM or SIGINT, then answer what is under way."""
        stopping = asyncio.Event()
        loop = asyncio.get_running_loop()
        for signal_number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(signal_number, stopping.set)
        await self._grpc.start()
        http = loop.create_task(self._http.serve([self._socket]))
        stop = loop.create_task(stopping.wait())
        await asyncio.wait((http, stop), return_when=asyncio.FIRST_COMPLETED)
        stop.cancel()
        self._http.should_exit = True
        await asyncio.gather(http, self._grpc.stop(self.grace_period))


def _listen(host: str, port: int) -> socket.socket:
    try:
        return socket.create_server((host, port), backlog=2048)
    except OSError as error:
        raise OperatorError(f"port {port} cannot be listened on: {error.strerror}") from error


class _HttpServer(uvicorn.Server):
    """uvicorn without signal handlers of its own: ``TransformerServer.run`` decides when it ends."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield
