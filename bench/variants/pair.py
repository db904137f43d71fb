"""Our transformer in front of the runtime, as ``make serve`` starts them."""

from collections.abc import Sequence
from typing import Self

from bench.case import Case
from bench.processes import Server, Starter
from bench.traffic import Traffic
from bench.variants import runtime
from bench.variants.flights_over_rest import FlightsOverRest
from bench.variants.over_rest import MODEL_NAME
from scripts.ports import ADDRESS

READY_PATH = f"/v2/models/{MODEL_NAME}/ready"


class Pair(FlightsOverRest):
    """Transformer and runtime, asked over REST."""

    name = "pair"
    cases = (
        *(Case(connections, 1) for connections in (1, 8, 32, 128, 500)),
        *(Case(connections, flights) for connections, flights in ((8, 100), (4, 1000))),
    )
    quick_cases = (Case(1, 1), Case(32, 1), Case(500, 1), Case(4, 1000))

    @classmethod
    def start(cls, starter: Starter, traffic: Traffic) -> Self:
        """Start both servers."""
        behind = runtime.server(starter, traffic)
        return cls(traffic, server(starter, traffic, behind), behind)


def server(starter: Starter, traffic: Traffic, behind: Server, name: str = "transformer", *more: str) -> Server:
    """Start the transformer, with more arguments."""
    return starter.server(
        name, lambda http, grpc: [*arguments(traffic, behind, http, grpc), *more], ready_path=READY_PATH
    )


def arguments(traffic: Traffic, behind: Server, http_port: int, grpc_port: int) -> Sequence[str]:
    """Return Python's arguments for the transformer in front of a runtime."""
    return [
        *("-m", "transformer", "--model_name", MODEL_NAME, "--bundle", str(traffic.folder), "--host", ADDRESS),
        *("--http_port", str(http_port), "--grpc_port", str(grpc_port)),
        *("--predictor_host", f"{ADDRESS}:{behind.grpc_port}"),
    ]
