"""The design of the old service, and the same with its loading repaired."""

from typing import ClassVar, Self

from bench.case import Case
from bench.processes import Starter
from bench.traffic import Traffic
from bench.variants.flights_as_rows import FlightsAsRows
from scripts.ports import ADDRESS


class OldService(FlightsAsRows):
    """Encoder and model are read at every request; see ``bench.programs.old_service``."""

    name = "old_service"
    load: ClassVar[str] = "per-request"
    cases = (*(Case(connections, 1) for connections in (1, 32, 500)), Case(8, 100), Case(4, 1000))
    quick_cases = (Case(32, 1),)

    @classmethod
    def start(cls, starter: Starter, traffic: Traffic) -> Self:
        """Start it."""
        server = starter.server(
            cls.name,
            lambda http, _: [
                *("-m", "bench.programs.old_service", "--bundle", str(traffic.folder), "--load", cls.load),
                *("--host", ADDRESS, "--port", str(http)),
            ],
            ready_path="/health",
        )
        return cls(traffic, server)


class OldServiceOnce(OldService):
    """Encoder and model are read at its start."""

    name = "old_service_once"
    load = "once"
