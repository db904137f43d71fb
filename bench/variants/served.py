"""The pair as ``make serve`` runs it, its supervisor included."""

from typing import Self

from bench.case import Case
from bench.processes import Starter
from bench.traffic import Traffic
from bench.variants.flights_over_rest import FlightsOverRest
from bench.variants.over_rest import MODEL_NAME
from bench.variants.pair import READY_PATH


class Served(FlightsOverRest):
    """What the stress test is run against."""

    name = "served"
    cases = (Case(500, 1),)
    quick_cases = cases

    @classmethod
    def start(cls, starter: Starter, traffic: Traffic) -> Self:
        """Start ``make serve``'s command."""
        server = starter.server(
            "serve",
            lambda _http, _grpc: ["-m", "scripts.serve"],
            ready_path=READY_PATH,
            environment={"BUNDLE": str(traffic.folder), "MODEL_NAME": MODEL_NAME},
            port_variables=("HTTP_PORT", "GRPC_PORT"),
        )
        return cls(traffic, server)
