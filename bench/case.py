"""What a variant is asked: so many connections, so many flights in each request."""

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Case:
    """One kind of load.

    Attributes:
        connections: Connections that each always wait for one answer.
        flights: Flights in each request.
    """

    connections: int
    flights: int

    @classmethod
    def parse(cls, text: str) -> "Case":
        """Read ``<connections>x<flights>``, such as ``32x1``.

        Raises:
            ValueError: The caller's fault: it is not written so.
        """
        match = re.fullmatch(r"([1-9][0-9]{0,3})x([1-9][0-9]{0,3})", text)
        if match is None:
            raise ValueError(f"{text!r} is no case: it must be <connections>x<flights>, such as 32x1")
        return cls(int(match[1]), int(match[2]))

    def __str__(self) -> str:
        return f"{self.connections}x{self.flights}"
