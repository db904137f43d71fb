"""What can be measured: servers, what to ask them, and whether the answer is right."""

from abc import ABC, abstractmethod
from typing import ClassVar, Self

from bench.case import Case
from bench.load import Sender
from bench.processes import Server, Starter
from bench.traffic import Batch, Traffic


class Variant(ABC):
    """One way to serve flights, with its servers started and ready.

    Args:
        traffic: What it is asked.
        servers: All its servers, the one that is asked first.
    """

    name: ClassVar[str]
    cases: ClassVar[tuple[Case, ...]]
    """What is measured of it in a full run."""
    quick_cases: ClassVar[tuple[Case, ...]]
    """What is measured of it in a quick one."""
    most_connections: ClassVar[int] = 1000

    def __init__(self, traffic: Traffic, *servers: Server) -> None:
        self.traffic = traffic
        self.servers = servers

    @classmethod
    @abstractmethod
    def start(cls, starter: Starter, traffic: Traffic) -> Self:
        """Start its servers, as far as other variants have not, and wait until they are ready."""

    @property
    def pids(self) -> tuple[int, ...]:
        """Numbers of the processes whose CPU and memory are its."""
        return tuple(server.pid for server in self.servers)

    @abstractmethod
    def check(self, batch: Batch, answer: bytes) -> None:
        """Check the answer to a batch.

        Raises:
            WrongAnswer: It is not the booster's.
        """

    @abstractmethod
    def ask(self, batch: Batch) -> None:
        """Send one request and check its answer.

        Raises:
            CannotMeasure: There was no answer.
            WrongAnswer: It was wrong.
        """

    @abstractmethod
    def send(self, case: Case, duration_s: float) -> Sender:
        """Start a load."""
