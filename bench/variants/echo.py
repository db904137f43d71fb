"""A bare ASGI echo: as fast as an HTTP server in Python can be that does nothing."""

from typing import Self

from bench.case import Case
from bench.errors import WrongAnswer
from bench.processes import Server, Starter
from bench.traffic import Batch, Traffic
from bench.variants.flights_over_rest import FlightsOverRest


class Echo(FlightsOverRest):
    """The limit."""

    name = "echo"
    cases = tuple(Case(connections, 1) for connections in (1, 32, 500))
    quick_cases = (Case(32, 1),)

    @classmethod
    def start(cls, starter: Starter, traffic: Traffic) -> Self:
        """Start the server."""
        return cls(traffic, server(starter, "echo"))

    def check(self, batch: Batch, answer: bytes) -> None:
        """Compare the answer with the request."""
        if answer != self.body(batch):
            raise WrongAnswer("echo answered something else than what it was sent")


def server(starter: Starter, name: str) -> Server:
    """Start an echo."""
    return starter.server(name, lambda http, _: ["-m", "bench.programs.echo", str(http)], "/")
