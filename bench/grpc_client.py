"""One gRPC client that asks again as soon as it is answered.

wrk does not speak gRPC. This one is Python's synchronous client, given serialized requests and reading no answer,
so that a call costs the client as little as Python can: still some 0.1 ms, which is why figures over gRPC are
compared with each other only.
"""

import statistics
import time
from collections.abc import Sequence

import grpc

from bench.errors import CannotMeasure
from bench.load import Load
from bench.wrk import LATE_S

_INFER = "/inference.GRPCInferenceService/ModelInfer"
_ANSWER_LIMIT_S = 30.0


class GrpcClient:
    """A connection to 127.0.0.1.

    Args:
        port: Where to.
    """

    def __init__(self, port: int) -> None:
        self._channel = grpc.insecure_channel(f"127.0.0.1:{port}", options=[("grpc.enable_http_proxy", 0)])
        self._infer: grpc.UnaryUnaryMultiCallable[bytes, bytes] = self._channel.unary_unary(_INFER)

    def ask(self, request: bytes) -> bytes:
        """Send one serialized request and return the serialized answer.

        Raises:
            CannotMeasure: There was no answer.
        """
        try:
            return self._infer(request, timeout=_ANSWER_LIMIT_S)
        except grpc.RpcError as error:
            raise CannotMeasure(f"a call over gRPC failed: {error}") from error


class GrpcSender:
    """A load from one client, under way while ``wait`` runs.

    Args:
        client: The client.
        requests: Serialized requests, sent in turn.
        duration_s: Seconds to send for.
    """

    def __init__(self, client: GrpcClient, requests: Sequence[bytes], duration_s: float) -> None:
        self._client = client
        self._requests = requests
        self._duration_s = duration_s

    def wait(self) -> Load:
        """Send, and return what was measured.

        Raises:
            CannotMeasure: A call failed.
        """
        took_ms: list[float] = []
        started_s = now_s = time.perf_counter()
        while now_s - started_s < self._duration_s:
            self._client.ask(self._requests[len(took_ms) % len(self._requests)])
            before_s, now_s = now_s, time.perf_counter()
            took_ms.append((now_s - before_s) * 1e3)
        return summarize(took_ms, now_s - started_s)

    def end(self) -> None:
        """Nothing runs outside ``wait``."""


def summarize(took_ms: Sequence[float], duration_s: float) -> Load:
    """Summarize the milliseconds that each answer took."""
    percentiles = statistics.quantiles(took_ms, n=100, method="inclusive") if len(took_ms) > 1 else [*took_ms] * 99
    return Load(
        duration_s=duration_s,
        sent=len(took_ms),
        answered=len(took_ms),
        late=sum(each_ms > LATE_S * 1e3 for each_ms in took_ms),
        errors=0,
        p50_ms=percentiles[49],
        p95_ms=percentiles[94],
        p99_ms=percentiles[98],
    )
