"""Clients that keep asking over raw HTTP/1.1 connections and count what became of every request."""

import asyncio
import json
import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from tests.served.faulty_pair import INFER


@dataclass
class Tally:
    """What became of the requests.

    Attributes:
        answered: How many answers by status.
        lost: How many by what happened instead of an answer after the request had been sent.
        refused: How many connections were refused; their requests were never sent.
        closed_idle: How many connections the server closed between two requests.
        said_close: How many answers announced that their connection ends.
        wrong: Answers with another probability than expected.
    """

    answered: Counter[int] = field(default_factory=Counter)
    lost: Counter[str] = field(default_factory=Counter)
    refused: int = 0
    closed_idle: int = 0
    said_close: int = 0
    wrong: list[bytes] = field(default_factory=list)


@dataclass(frozen=True)
class Asked:
    """A request's bytes, and the probability that its answer must have."""

    raw: bytes
    probability: float

    @classmethod
    def of(cls, body: dict[str, object], probability: float) -> "Asked":
        encoded = json.dumps(body).encode()
        head = f"POST {INFER} HTTP/1.1\r\nHost: test\r\nContent-Length: {len(encoded)}\r\n\r\n".encode()
        return cls(head + encoded, probability)


class Client:
    """One client: a connection that is kept while the server keeps it, and another one after that.

    Args:
        port: Where to.
        asked: What to ask, in turn.
        tally: Where to count.
        requests_per_connection: After so many it closes its connection itself.
        pause_s: It waits up to so long between two requests.
    """

    def __init__(
        self, port: int, asked: list[Asked], tally: Tally, *, requests_per_connection: int, pause_s: float, seed: int
    ) -> None:
        self._port = port
        self._asked = asked
        self._tally = tally
        self._requests_per_connection = requests_per_connection
        self._pause_s = pause_s
        self._dice = random.Random(seed)

    async def run(self, goes_on: Callable[[], bool]) -> None:
        """Ask until told not to, or until a connection is refused."""
        while goes_on():
            try:
                reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
            except ConnectionRefusedError:
                self._tally.refused += 1
                return
            except OSError as error:
                self._tally.lost[f"connecting: {error!r}"] += 1
                continue
            try:
                await self._use(reader, writer, goes_on)
            finally:
                writer.close()

    async def _use(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, goes_on) -> None:
        for turn in range(self._requests_per_connection):
            if self._pause_s and turn:
                await asyncio.sleep(self._dice.uniform(0, self._pause_s))
            if not goes_on():
                return
            if reader.at_eof():
                self._tally.closed_idle += 1
                return
            asked = self._dice.choice(self._asked)
            if await self._ask(reader, writer, asked):
                return

    async def _ask(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, asked: Asked) -> bool:
        """Ask once; tell whether the connection is over."""
        try:
            writer.write(asked.raw)
            head = await reader.readuntil(b"\r\n\r\n")
            status, headers = int(head[9:12]), head.lower()
            length = int(headers.split(b"content-length: ", 1)[1].split(b"\r\n", 1)[0])
            body = await reader.readexactly(length)
            self._tally.answered[status] += 1
            if status == 200 and json.loads(body)["outputs"][0]["data"] != [asked.probability]:
                self._tally.wrong.append(body)
            if b"connection: close" not in headers:
                return False
            self._tally.said_close += 1
            if await reader.read():
                self._tally.lost["bytes after the end"] += 1
        except asyncio.IncompleteReadError as error:
            self._tally.lost["an answer cut" if error.partial else "closed before any byte of the answer"] += 1
        except OSError as error:
            self._tally.lost[repr(error)] += 1
        return True


def clients(port: int, asked: list[Asked], tally: Tally, count: int) -> list[Client]:
    """Return a mixture: most ask without a pause, a quarter pauses, a quarter takes a new connection each time."""
    return [
        Client(
            port,
            asked,
            tally,
            requests_per_connection=(int(__import__("os").environ.get("RPC", "5")) if number % 4 == 1 else 10**9),
            pause_s=0.3 if number % 4 == 2 else 0,
            seed=number,
        )
        for number in range(count)
    ]
