"""What clients see of a transformer that ends."""

import asyncio
import signal
import socket
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import grpc
import pytest
import uvloop
from kserve.protocol.grpc import grpc_predict_v2_pb2 as pb
from kserve.protocol.grpc.grpc_predict_v2_pb2_grpc import GRPCInferenceServiceStub

from tests.served.faulty_pair import LIVE, READY, FaultyPair, FaultyPredictor
from tests.served.load_client import Asked, Tally, clients
from tests.served.running import get, listens, wait_until

pytestmark = pytest.mark.served

EXIT_S = 3.0
"""How long an interpreter may take to come down on a busy machine."""


@pytest.fixture(scope="module")
def predictor(start_shared, bundle):
    return FaultyPredictor(start_shared, bundle)


@pytest.fixture
def make_pair(start, bundle, predictor):
    predictor.become("none")
    return lambda **flags: FaultyPair(start, bundle, predictor=predictor, **flags)


def make_asked(pair):
    rows = range(len(pair.bundle.golden.notes))
    return [Asked.of(pair.body(row), pair.probabilities(row)[0]) for row in rows]


class TestUnderLoad:
    def test_not_one_of_20000_requests_is_lost_on_sigterm(self, make_pair):
        pair = make_pair()
        tally = Tally()
        everyone = clients(pair.http_port, make_asked(pair), tally, 100)

        async def load():
            loop = asyncio.get_running_loop()
            start = loop.time()
            tasks = [loop.create_task(client.run(lambda: loop.time() - start < 60)) for client in everyone]
            while tally.answered.total() < 20_000:
                await asyncio.sleep(0.01)
            pair.transformer.popen.send_signal(signal.SIGTERM)
            await asyncio.gather(*tasks)

        uvloop.run(load())
        assert pair.transformer.wait_for_exit(EXIT_S) == 0
        assert not tally.lost
        assert set(tally.answered) == {200}
        assert not tally.wrong
        assert tally.refused == 100, "each client asked until its connection was refused"
        assert tally.said_close >= 70, "kept connections ended with an answer that said so"

    def test_grpc_calls_are_answered_until_connections_are_refused(self, make_pair):
        pair = make_pair(grpc_connection_s=1)
        requests = [pair.grpc_request(row) for row in range(12)]
        outcomes = Counter()

        async def chain(stub, request):
            while True:
                try:
                    await stub.ModelInfer(request, timeout=10)
                except grpc.aio.AioRpcError as error:
                    outcomes[error.code(), "refused" in error.details()] += 1
                    return
                outcomes["answered"] += 1

        async def client(request):
            own = [("grpc.use_local_subchannel_pool", 1)]
            async with grpc.aio.insecure_channel(f"127.0.0.1:{pair.grpc_port}", options=own) as channel:
                stub = GRPCInferenceServiceStub(channel)
                await asyncio.gather(*(chain(stub, request) for _ in range(4)))

        async def load():
            tasks = [asyncio.ensure_future(client(request)) for request in requests]
            await asyncio.sleep(1.5)  # longer than a connection lives
            assert list(outcomes) == ["answered"]
            pair.transformer.popen.send_signal(signal.SIGTERM)
            await asyncio.gather(*tasks)

        asyncio.run(load())
        assert pair.transformer.wait_for_exit(EXIT_S) == 0
        del outcomes["answered"]
        assert dict(outcomes) == {(grpc.StatusCode.UNAVAILABLE, True): 48}


class TestReadinessFirst:
    def test_is_taken_back_while_requests_are_served_as_before(self, make_pair):
        pair = make_pair(unready_s=2)
        pair.transformer.popen.send_signal(signal.SIGTERM)
        wait_until(lambda: get(pair.http_port, READY).status == 503, "unreadiness", 1)
        assert get(pair.http_port, READY).json() == {"error": "flight-delay is not ready: the server is about to end"}
        assert get(pair.http_port, "/v2/health/ready").status == 503
        with pair.stub() as stub:
            assert not stub.ServerReady(pb.ServerReadyRequest()).ready
            assert not stub.ModelReady(pb.ModelReadyRequest(name="flight-delay")).ready
        answer = pair.ask()
        assert (answer.status, answer.headers["Connection"]) == (200, None)
        assert pair.ask_grpc() == (grpc.StatusCode.OK, "")
        assert get(pair.http_port, LIVE).status == 200
        assert pair.transformer.wait_for_exit(2 + EXIT_S) == 0
        assert not listens(pair.http_port)


class Connection:
    """A connection whose bytes a test sends one by one."""

    def __init__(self, pair):
        self.pair = pair
        self.socket = socket.create_connection(("127.0.0.1", pair.http_port), timeout=10)
        self.raw = Asked.of(pair.body(0), 0.0).raw

    def send(self, part=slice(None)):
        self.socket.sendall(self.raw[part])

    def answer(self):
        """Return status, whether it says that the connection ends, and how it ends: b"" for cleanly."""
        received = self.socket.makefile("rb")
        head = b"".join(iter(received.readline, b"\r\n"))
        assert head, "closed before any byte of the answer"
        received.read(int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0]))
        says_close = b"connection: close" in head.lower()
        return int(head[9:12]), says_close, received.read(1) if says_close else None


class TestAConnectionThatIs:
    """Each is the same end, seen by another client."""

    def test_in_whatever_state_is_answered_or_closed_cleanly(self, make_pair, predictor):
        pair = make_pair()
        idle, idle_then_asks, waits, half_head, half_body, unused = (Connection(pair) for _ in range(6))
        for used in (idle, idle_then_asks):
            used.send()
            assert used.answer() == (200, False, None)
        predictor.become("slow", seconds=0.5)
        half_head.send(slice(0, 20))
        half_body.send(slice(0, -20))
        waits.send()
        with ThreadPoolExecutor(1) as pool:
            over_grpc = pool.submit(pair.ask_grpc)
            time.sleep(0.2)
            begin = time.monotonic()
            pair.transformer.popen.send_signal(signal.SIGTERM)
            assert waits.answer() == (200, True, b"")
            assert over_grpc.result() == (grpc.StatusCode.OK, "")
        idle_then_asks.send()
        assert idle_then_asks.answer() == (200, True, b"")
        assert idle.socket.recv(1) == b""
        assert unused.socket.recv(1) == b""
        assert 0.9 < time.monotonic() - begin < 20, "an idle connection is kept for a second"
        assert not listens(pair.http_port)
        half_head.send(slice(20, None))
        half_body.send(slice(-20, None))
        assert half_head.answer() == half_body.answer() == (200, True, b"")
        assert pair.transformer.wait_for_exit(EXIT_S) == 0

    def test_idle_for_as_long_as_told_is_closed_and_not_before(self, make_pair):
        connection = Connection(make_pair(timeout_keep_alive=2))
        for _ in range(2):
            time.sleep(1)
            connection.send()
            assert connection.answer() == (200, False, None)
        begin = time.monotonic()
        assert connection.socket.recv(1) == b""
        assert time.monotonic() - begin > 1.9

    def test_unused_is_closed_as_an_idle_one(self, make_pair):
        connection = Connection(make_pair(timeout_keep_alive=1))
        assert connection.socket.recv(1) == b""

    @pytest.mark.parametrize("arrived", [5, 60, -20], ids=["a part of the line", "a part of the head", "no whole body"])
    @pytest.mark.parametrize("path", ["short", "ordinary"])
    def test_slow_to_bring_its_request_is_told_so_and_closed(self, make_pair, arrived, path):
        connection = Connection(make_pair(arrival_s=0.5))
        if path == "ordinary":
            connection.raw = connection.raw.replace(b"/infer", b"/infer?", 1)
        connection.send()
        assert connection.answer() == (200, False, None)
        begin = time.monotonic()
        connection.send(slice(0, arrived))
        assert connection.answer() == (408, True, b"")
        assert time.monotonic() - begin > 0.4

    def test_slow_to_get_its_answer_is_not_taken_for_a_slow_request(self, make_pair, predictor):
        connection = Connection(make_pair(arrival_s=0.3))
        predictor.become("slow", seconds=1.5)
        connection.send()
        assert connection.answer() == (200, False, None)


class TestAHungPredictor:
    def test_holds_the_end_no_longer_than_the_grace(self, make_pair, predictor):
        pair = make_pair(deadline_s=60, grace_s=1)
        predictor.become("hung")
        with ThreadPoolExecutor(2) as clients:
            waiting = clients.submit(pair.ask), clients.submit(pair.ask_grpc)
            time.sleep(0.3)
            begin = time.monotonic()
            pair.transformer.popen.send_signal(signal.SIGTERM)
            answer, (code, text) = (client.result() for client in waiting)
            assert 0.9 < time.monotonic() - begin < 20  # the deadline is 60 s
        assert (answer.status, answer.headers["Retry-After"], answer.headers["Connection"]) == (503, "1", "close")
        assert (code, text) == (grpc.StatusCode.UNAVAILABLE, answer.json()["error"])
        assert pair.transformer.wait_for_exit(EXIT_S) == 0

    def test_does_not_hold_it_at_all_after_a_second_signal(self, make_pair, predictor):
        pair = make_pair(deadline_s=60, grace_s=60)
        predictor.become("hung")
        waiting = Connection(pair)
        waiting.send()
        time.sleep(0.3)
        pair.transformer.popen.send_signal(signal.SIGTERM)
        time.sleep(0.5)
        assert pair.transformer.popen.poll() is None
        pair.transformer.popen.send_signal(signal.SIGTERM)
        assert pair.transformer.wait_for_exit(EXIT_S) == 0


def test_without_clients_the_end_is_quick(make_pair):
    pair = make_pair()
    begin = time.monotonic()
    assert pair.transformer.stop(signal.SIGINT) == 0
    assert time.monotonic() - begin < EXIT_S
    assert "Traceback" not in pair.transformer.stderr
