"""A KServe transformer written plainly, in front of the same runtime and with the same bundle."""

from typing import Self

from bench.case import Case
from bench.processes import Starter
from bench.traffic import Traffic
from bench.variants import runtime
from bench.variants.flights_over_rest import FlightsOverRest
from bench.variants.over_rest import MODEL_NAME
from scripts.ports import ADDRESS


class DocsStyle(FlightsOverRest):
    """What our transformer is compared with; see ``bench.programs.docs_style``."""

    name = "docs_style"
    cases = (Case(1, 1), Case(32, 1), Case(8, 100), Case(4, 1000))
    quick_cases = (Case(32, 1),)

    @classmethod
    def start(cls, starter: Starter, traffic: Traffic) -> Self:
        """Start both servers."""
        behind = runtime.server(starter, traffic)
        transformer = starter.server(
            "docs_style",
            lambda http, grpc: [
                *("-m", "bench.programs.docs_style", "--model_name", MODEL_NAME, "--bundle", str(traffic.folder)),
                *("--host", ADDRESS, "--http_port", str(http), "--grpc_port", str(grpc)),
                *("--predictor_host", f"{ADDRESS}:{behind.http_port}", "--predictor_protocol", "v2"),
            ],
            ready_path=f"/v2/models/{MODEL_NAME}/ready",
        )
        return cls(traffic, transformer, behind)
