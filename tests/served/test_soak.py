"""Load and faults for a while, and nothing left of them. ``make soak`` takes a minute; SOAK_S says how long."""

import asyncio
import itertools
import os
from collections import Counter

import grpc
import psutil
import pytest
from grpc import StatusCode
from kserve.protocol.grpc.grpc_predict_v2_pb2_grpc import GRPCInferenceServiceStub

from tests.served.faulty_pair import LIVE, FaultyPair
from tests.served.faulty_predictor import LIES
from tests.served.load_client import Asked, Client, Tally
from tests.served.running import get, wait_until

SOAK_S = float(os.environ.get("SOAK_S", "6"))
DEADLINE_S = 0.4

pytestmark = [pytest.mark.served, pytest.mark.timeout(SOAK_S + 120)]

FAULTS = (
    *("refused", "hung", "reset", "cut", "NaN", "silent", "slow", "not HTTP/2", "status"),
    *sorted(LIES),
)
MOST_GROWTH_MIB = 6.0


@pytest.fixture
def pair(start, bundle):
    return FaultyPair(start, bundle, deadline_s=DEADLINE_S, golden_kept_s=0.1, grpc_connection_s=2)


class Soak:
    """Clients of all kinds while the predictor's fault changes.

    Args:
        pair: The pair.
    """

    def __init__(self, pair):
        self.pair = pair
        self.rest = Tally()
        self.grpc = Counter()
        self.slowest_live_s = 0.0
        rows = range(len(pair.bundle.golden.notes))
        self._asked = [Asked.of(pair.body(row), pair.probabilities(row)[0]) for row in rows]
        self._faults = itertools.cycle(FAULTS)

    def run(self, seconds):
        asyncio.run(self._run(seconds))

    async def _run(self, seconds):
        self._until = asyncio.get_running_loop().time() + seconds
        keep = [
            Client(self.pair.http_port, self._asked, self.rest, requests_per_connection=n, pause_s=0.02, seed=n)
            for n in (1, 5, *[10**9] * 14)
        ]
        await asyncio.gather(
            *(client.run(self._goes_on) for client in keep),
            *(self._ask_grpc() for _ in range(3)),
            *(self._hang_up() for _ in range(2)),
            self._change_faults(),
            self._probe(),
        )

    def _goes_on(self):
        return asyncio.get_running_loop().time() < self._until

    async def _change_faults(self):
        while self._goes_on():
            for fault in (next(self._faults), "none"):
                details = {"seconds": DEADLINE_S * 1.2} if fault == "slow" else {}
                await asyncio.to_thread(self.pair.predictor.become, fault, **details)
                await asyncio.sleep(0.25)

    async def _ask_grpc(self):
        own = [("grpc.use_local_subchannel_pool", 1)]
        async with grpc.aio.insecure_channel(f"127.0.0.1:{self.pair.grpc_port}", options=own) as channel:
            stub, request = GRPCInferenceServiceStub(channel), self.pair.grpc_request(0)
            for turn in itertools.count():
                if not self._goes_on():
                    return
                call = stub.ModelInfer(request, timeout=5)
                if turn % 5 == 0:
                    await asyncio.sleep(0.01)
                    call.cancel()
                try:
                    await call
                    self.grpc[StatusCode.OK] += 1
                except grpc.aio.AioRpcError as error:
                    self.grpc[error.code()] += 1
                except asyncio.CancelledError:
                    self.grpc[StatusCode.CANCELLED] += 1

    async def _hang_up(self):
        while self._goes_on():
            _, writer = await asyncio.open_connection("127.0.0.1", self.pair.http_port)
            writer.write(self._asked[0].raw)
            await asyncio.sleep(0.01)
            writer.transport.abort()

    async def _probe(self):
        loop = asyncio.get_running_loop()
        while self._goes_on():
            begin = loop.time()
            assert (await asyncio.to_thread(get, self.pair.http_port, LIVE)).status == 200
            self.slowest_live_s = max(self.slowest_live_s, loop.time() - begin)
            await asyncio.to_thread(self.pair.is_ready)
            await asyncio.sleep(0.1)


def test_load_and_faults_leave_nothing_behind(pair, tmp_path):
    process = psutil.Process(pair.transformer.popen.pid)
    soak = Soak(pair)

    def settled():
        pair.predictor.become("none")
        wait_until(pair.is_ready, "readiness again", 5)
        wait_until(lambda: pair.metric("flight_delay_requests_in_flight") == 0, "nothing under way", 5)
        return process.num_fds(), process.num_threads(), process.memory_info().rss / 2**20

    soak.run(max(SOAK_S / 4, 3))
    descriptors, threads, mib = settled()
    soak.run(SOAK_S)
    descriptors_after, threads_after, mib_after = settled()

    figures = f"{soak.rest.answered}, {soak.grpc}, {descriptors} > {descriptors_after}, {mib:.1f} > {mib_after:.1f} MiB"
    (tmp_path / "figures.txt").write_text(figures)
    assert descriptors_after <= descriptors + 4
    assert threads_after <= threads + 1
    assert mib_after <= mib + MOST_GROWTH_MIB
    assert not soak.rest.lost
    assert not soak.rest.wrong
    assert set(soak.rest.answered) == {200, 502, 503, 504}
    assert {StatusCode.OK, StatusCode.CANCELLED} < set(soak.grpc)
    assert set(soak.grpc) <= {
        *(StatusCode.OK, StatusCode.CANCELLED, StatusCode.INTERNAL),
        *(StatusCode.UNAVAILABLE, StatusCode.DEADLINE_EXCEEDED),
    }
    assert soak.slowest_live_s < 5
    assert pair.ask().status == 200
    assert "Traceback" not in pair.transformer.stderr
