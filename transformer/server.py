"""Puts the version into the KServe SDK's server: our REST application outermost, our gRPC service, one model.

The SDK gives the HTTP server, the health, metadata and metrics routes and the life cycle. What it hard-codes is
set here: the address to listen on, the version in the metadata, a readiness that asks the predictor.
"""

import asyncio
import logging
import signal
from typing import Any, cast

from kserve import ModelServer
from kserve.metrics import POST_HIST_TIME, PRE_HIST_TIME, PREDICT_HIST_TIME
from kserve.model import InferenceModel
from kserve.model_server import app as sdk_application
from kserve.protocol.dataplane import DataPlane
from kserve.protocol.rest.server import RESTServer
from prometheus_client import REGISTRY

from transformer import sockets
from transformer.grpc_server import GrpcServer
from transformer.http_protocol import protocol_for
from transformer.http_server import HttpServer
from transformer.rest import RestApplication
from transformer.rest_inference import RestInference
from transformer.service import EXTENSIONS, SERVER_NAME, DelayService

logger = logging.getLogger(__name__)

_LAST_ANSWERS_S = 0.5
"""How long it may take to tell those who still wait after the grace that they wait in vain."""


class FlightDelayModel(InferenceModel):
    """The version as the SDK's repository knows it: name and readiness.

    Inference does not pass through it: ``RestApplication`` and ``GrpcService`` answer before the SDK would.

    Args:
        service: The version.
    """

    def __init__(self, service: DelayService) -> None:
        super().__init__(service.model_name)
        self.load()

    async def healthy(self) -> bool:
        """Agree: ``RestApplication`` asks the service before the SDK hears of it.

        Were the golden flights asked about twice, the second answer could be another one, and the SDK would log it
        with a stack trace.
        """
        return True

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
        """Agree; see ``FlightDelayModel.healthy``."""
        return True


class TransformerServer(ModelServer):
    """The SDK's server around one version, run on a loop that is there already.

    Args:
        service: The version.
        host: Address to listen on.
        http_port: Port for REST.
        grpc_port: Port for gRPC.
        most_body_bytes: A larger request is refused, over REST and gRPC.
        arrival_s: Seconds in which a request has to arrive, and a client to read on; see ``HttpServer`` and
            ``GrpcServer``.
        timeout_keep_alive: Seconds after which an idle HTTP connection is closed.
        unready_s: Seconds after the first signal in which all is served as before, only readiness is not told.
        grace_s: Seconds after that for requests under way; then they are answered 503.
        grpc_connection_s: Seconds after which a gRPC connection is asked to go; see ``GrpcServer``.
        with_pages: Whether the pages for people are served too.

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
        arrival_s: float,
        timeout_keep_alive: int,
        unready_s: float,
        grace_s: float,
        grpc_connection_s: float,
        with_pages: bool,
    ) -> None:
        super().__init__(http_port=http_port, grpc_port=grpc_port, workers=1)
        for histogram in (PRE_HIST_TIME, PREDICT_HIST_TIME, POST_HIST_TIME):
            REGISTRY.unregister(histogram)  # ours have their names, and are filled
        REGISTRY.register(service.metrics)
        self.dataplane = FlightDelayDataPlane(service, self.registered_models)
        self.register_model(FlightDelayModel(service))
        inference = RestInference(service, most_body_bytes)
        rest = RESTServer(
            cast(str, RestApplication(inference, sdk_application, with_pages=with_pages)),  # uvicorn takes both
            self.dataplane,
            self.model_repository_extension,
            http_port,
            timeout_keep_alive=timeout_keep_alive,
        )
        rest.create_application()
        config = rest.config
        config.http, config.ws, config.proxy_headers = protocol_for(inference), "none", False
        config.server_header = False
        self._service = service
        self._unready_s = unready_s
        self._grace_s = grace_s
        self._http = HttpServer(config, sockets.listen(host, http_port), arrival_s)
        self._grpc = GrpcServer(
            service,
            host=host,
            port=grpc_port,
            most_body_bytes=most_body_bytes,
            connection_s=grpc_connection_s,
            arrival_s=arrival_s,
        )

    async def run(self) -> None:
        """Serve until SIGTERM or SIGINT, then answer what is under way; a second signal ends at once."""
        loop = asyncio.get_running_loop()
        ending, at_once = asyncio.Event(), asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, lambda: (at_once if ending.is_set() else ending).set())
        await self._grpc.start()
        http = loop.create_task(self._http.run_until_ended())
        await _first(http, loop.create_task(ending.wait()))
        hurry = loop.create_task(at_once.wait())
        if ending.is_set():
            self._service.end()
            logger.info("ending: not ready any more")
            await asyncio.wait((http, hurry), timeout=self._unready_s, return_when=asyncio.FIRST_COMPLETED)
        giving_up = loop.call_later(self._grace_s, self._service.give_up)
        self._http.end(self._grace_s + _LAST_ANSWERS_S)
        ended = asyncio.gather(http, self._grpc.end(self._grace_s + _LAST_ANSWERS_S))
        await _first(ended, hurry)
        if not ended.done():
            self._http.end_at_once()
            await self._grpc.end_at_once()
        await ended
        giving_up.cancel()


async def _first(wanted: asyncio.Future[Any], other: asyncio.Future[Any]) -> None:
    """Wait for one of two, and give up the other one if it is that."""
    await asyncio.wait((wanted, other), return_when=asyncio.FIRST_COMPLETED)
    other.cancel()
