"""A BentoML service with the same model."""

from pathlib import Path
from typing import Self

from bench import environments
from bench.case import Case
from bench.processes import Starter
from bench.traffic import Traffic
from bench.variants.flights_as_rows import FlightsAsRows

PACKAGES = ("bentoml==1.4.40", "xgboost-cpu==2.1.4", "pandas==2.3.3", "category_encoders==2.11.2")


class BentoMl(FlightsAsRows):
    """See ``bench.programs.bento``."""

    name = "bentoml"
    cases = (*(Case(connections, 1) for connections in (1, 32, 500)), Case(8, 100), Case(4, 1000))
    quick_cases = ()

    @classmethod
    def start(cls, starter: Starter, traffic: Traffic) -> Self:
        """Start it."""
        server = starter.server(
            cls.name,
            lambda _http, _grpc: ["-m", "bench.programs.bento"],
            ready_path="/readyz",
            environment={"BUNDLE": str(traffic.folder), "PYTHONPATH": str(Path.cwd()), "BENTOML_DO_NOT_TRACK": "true"},
            port_variables=("HTTP_PORT", "GRPC_PORT"),
            python=environments.python(cls.name, PACKAGES),
        )
        return cls(traffic, server)
