"""How long the transformer takes to become ready, and what it needs then."""

import logging
import time
from dataclasses import dataclass

from bench import usage
from bench.processes import Server, Starter
from bench.traffic import Traffic
from bench.variants import pair, runtime

logger = logging.getLogger(__name__)

_IDLE_S = 1.0


@dataclass(frozen=True, slots=True)
class TransformerStart:
    """One start of a transformer whose predictor is up.

    Attributes:
        ready_s: Seconds from the start of its process until it answered that it is ready.
        idle_rss_bytes: Its memory a second later, before any request.
    """

    ready_s: float
    idle_rss_bytes: int


def measure(starter: Starter, traffic: Traffic, count: int) -> list[TransformerStart]:
    """Start a transformer so many times, one after the other, in front of the runtime.

    Raises:
        CannotMeasure: It does not come up.
    """
    behind = runtime.server(starter, traffic)
    return [_start(starter, traffic, behind) for _ in range(count)]


def _start(starter: Starter, traffic: Traffic, behind: Server) -> TransformerStart:
    rss: list[int] = []

    def when_ready(server: Server) -> None:
        time.sleep(_IDLE_S)
        rss.append(usage.rss_bytes([server.pid]))

    ready_s = starter.time_start(
        "transformer-alone",
        lambda http, grpc: pair.arguments(traffic, behind, http, grpc),
        pair.READY_PATH,
        when_ready,
    )
    logger.info("a transformer was ready after %.2f s and needs %.0f MiB", ready_s, rss[0] / 2**20)
    return TransformerStart(ready_s, rss[0])
