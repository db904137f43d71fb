"""MLServer with mlserver-xgboost, asked with encoded flights as the runtime is."""

from typing import Self

from bench import environments
from bench.case import Case
from bench.processes import Starter
from bench.traffic import Traffic
from bench.variants.over_rest import MODEL_NAME
from bench.variants.runtime import Runtime

PACKAGES = ("mlserver==1.7.1", "mlserver-xgboost==1.7.1", "xgboost==2.1.4")


class MlServer(Runtime):
    """See ``bench.programs.mlserver_xgboost``; it encodes nothing."""

    name = "mlserver"
    cases = (*(Case(connections, 1) for connections in (1, 32, 500)), Case(8, 100), Case(4, 1000))
    quick_cases = ()

    @classmethod
    def start(cls, starter: Starter, traffic: Traffic) -> Self:
        """Start it."""
        server = starter.server(
            cls.name,
            lambda _http, _grpc: ["-m", "bench.programs.mlserver_xgboost"],
            ready_path=f"/v2/models/{MODEL_NAME}/ready",
            environment={"BUNDLE": str(traffic.folder)},
            port_variables=("HTTP_PORT", "GRPC_PORT"),
            python=environments.python(cls.name, PACKAGES),
        )
        return cls(traffic, server)
