"""A steady client that counts what it loses."""

import http.client
import json
import threading
from collections import Counter
from collections.abc import Mapping
from typing import Self

from flights.golden import TOLERANCE
from tests.e2e.asking import GOLDEN, MODEL, worst_difference


class Prober:
    """Sends the golden flights from a few connections for as long as its ``with`` block lasts.

    Args:
        address: The Gateway.
        clients: How many connections.
        pause_s: How long each waits between an answer and its next request.

    Attributes:
        outcomes: How often each came: "200", another status, "wrong" for probabilities that are not the golden
            ones, or the name of a connection's failure.
    """

    def __init__(self, address: str, *, clients: int = 4, pause_s: float = 0.02) -> None:
        self._address = address
        self._pause_s = pause_s
        self._stop = threading.Event()
        self._counts = [Counter[str]() for _ in range(clients)]
        self._threads = [threading.Thread(target=self._run, args=(counts,)) for counts in self._counts]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    @property
    def outcomes(self) -> Mapping[str, int]:
        """Return the counts of all clients."""
        return sum(self._counts, Counter())

    def _run(self, counts: Counter[str]) -> None:
        connection = http.client.HTTPConnection(self._address, timeout=10)
        body, headers = json.dumps(GOLDEN), {"content-type": "application/json"}
        while not self._stop.wait(self._pause_s):
            try:
                connection.request("POST", f"{MODEL}/infer", body, headers)
                answer = connection.getresponse()
                content = answer.read()
            except (OSError, http.client.HTTPException) as error:
                counts[type(error).__name__] += 1
                connection.close()
                continue
            wrong = answer.status == 200 and worst_difference(content) > TOLERANCE
            counts["wrong" if wrong else str(answer.status)] += 1
        connection.close()
