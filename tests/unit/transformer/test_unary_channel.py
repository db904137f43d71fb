"""The channel against grpcio's own server, and against peers that do not play by the rules."""

import asyncio
import random
from collections.abc import Awaitable, Callable

import grpc
import pytest
from grpc import StatusCode

from transformer.http2_connection import CallFailed
from transformer.unary_channel import UnaryChannel

METHOD = "/test.Service/Echo"
MIB = 2**20

Behaviour = Callable[[bytes, grpc.aio.ServicerContext], Awaitable[bytes]]  # type: ignore[type-arg]


async def echo(message: bytes, _context: object) -> bytes:
    return message


async def serve(behaviour: Behaviour = echo, port: int = 0) -> tuple[grpc.aio.Server, int]:
    server = grpc.aio.server(options=[("grpc.max_receive_message_length", -1), ("grpc.so_reuseport", 0)])
    handler = grpc.method_handlers_generic_handler(
        "test.Service", {"Echo": grpc.unary_unary_rpc_method_handler(behaviour)}
    )
    server.add_generic_rpc_handlers((handler,))
    port = server.add_insecure_port(f"127.0.0.1:{port}")
    await server.start()
    return server, port


def run(scenario: Callable[[UnaryChannel, grpc.aio.Server, int], Awaitable[None]], behaviour: Behaviour = echo) -> None:
    async def main() -> None:
        server, port = await serve(behaviour)
        channel = UnaryChannel(f"127.0.0.1:{port}", METHOD)
        try:
            await scenario(channel, server, port)
        finally:
            await channel.close()
            await server.stop(None)

    asyncio.run(main())


def run_against(
    peer: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]], timeout_s: float
) -> CallFailed:
    """Call a peer of raw bytes and return how the call failed."""

    async def main() -> CallFailed:
        server = await asyncio.start_server(peer, "127.0.0.1", 0)
        channel = UnaryChannel(f"127.0.0.1:{server.sockets[0].getsockname()[1]}", METHOD)
        try:
            with pytest.raises(CallFailed) as caught:
                await channel.call(b"x", timeout_s)
        finally:
            await channel.close()
            server.close()
        return caught.value

    return asyncio.run(main())


class TestACall:
    @pytest.mark.parametrize("size", [0, 1, 16_379, 16_380, 65_535, 65_536, 300_000, 3 * MIB])
    def test_carries_a_message_of_any_size_there_and_back(self, size: int) -> None:
        message = random.Random(size).randbytes(size)

        async def scenario(channel: UnaryChannel, _server: grpc.aio.Server, _port: int) -> None:
            for _ in range(3):
                assert await channel.call(message, 10) == message

        run(scenario)

    def test_among_many_at_once_gets_its_own_answer(self) -> None:
        async def slow_echo(message: bytes, _context: object) -> bytes:
            await asyncio.sleep(message[0] / 5000)
            return message

        async def scenario(channel: UnaryChannel, _server: grpc.aio.Server, _port: int) -> None:
            dice = random.Random(5)
            messages = [dice.randbytes(dice.choice((1, 100, 20_000, 200_000))) for _ in range(100)]
            assert await asyncio.gather(*(channel.call(message, 20) for message in messages)) == messages

        run(scenario, slow_echo)

    def test_sends_its_metadata(self) -> None:
        async def show(_message: bytes, context: grpc.aio.ServicerContext) -> bytes:  # type: ignore[type-arg]
            return dict(context.invocation_metadata() or ()).get("traceparent", "none").encode()

        async def scenario(channel: UnaryChannel, _server: grpc.aio.Server, _port: int) -> None:
            assert await channel.call(b"", 5, ((b"traceparent", b"00-abc"),)) == b"00-abc"
            assert await channel.call(b"", 5, ((b"traceparent", b"v" * 500),)) == b"v" * 500
            assert await channel.call(b"", 5) == b"none"

        run(scenario, show)

    @pytest.mark.parametrize("code", [code for code in StatusCode if code is not StatusCode.OK])
    def test_fails_with_the_peers_status(self, code: StatusCode) -> None:
        async def refuse(_message: bytes, context: grpc.aio.ServicerContext) -> bytes:  # type: ignore[type-arg]
            await context.abort(code, "año " * 300)

        async def scenario(channel: UnaryChannel, _server: grpc.aio.Server, _port: int) -> None:
            for _ in range(2):
                with pytest.raises(CallFailed) as caught:
                    await channel.call(b"x", 5)
                assert caught.value.code is code

        run(scenario, refuse)

    def test_to_a_method_that_is_not_there_is_unimplemented(self) -> None:
        async def scenario(_channel: UnaryChannel, _server: grpc.aio.Server, port: int) -> None:
            other = UnaryChannel(f"127.0.0.1:{port}", "/test.Service/Other")
            with pytest.raises(CallFailed) as caught:
                await other.call(b"", 5)
            assert caught.value.code is StatusCode.UNIMPLEMENTED
            await other.close()

        run(scenario)

    def test_that_is_late_fails_alone(self) -> None:
        async def sleepy(message: bytes, _context: object) -> bytes:
            await asyncio.sleep(0.4 if message == b"late" else 0.1)
            return message

        async def scenario(channel: UnaryChannel, _server: grpc.aio.Server, _port: int) -> None:
            assert await channel.call(b"first", 5) == b"first"
            late = asyncio.ensure_future(channel.call(b"late", 0.2))
            assert await channel.call(b"in time", 5) == b"in time"
            with pytest.raises(CallFailed) as caught:
                await late
            assert caught.value.code is StatusCode.DEADLINE_EXCEEDED
            assert await channel.call(b"after", 5) == b"after"

        run(scenario, sleepy)

    def test_with_too_large_an_answer_is_refused(self) -> None:
        async def swell(_message: bytes, _context: object) -> bytes:
            return b"x" * (5 * MIB)

        async def scenario(channel: UnaryChannel, _server: grpc.aio.Server, _port: int) -> None:
            with pytest.raises(CallFailed) as caught:
                await channel.call(b"", 10)
            assert caught.value.code is StatusCode.INTERNAL

        run(scenario, swell)

    def test_that_is_cancelled_leaves_the_connection_to_the_others(self) -> None:
        async def slow_echo(message: bytes, _context: object) -> bytes:
            await asyncio.sleep(0.1)
            return message

        async def scenario(channel: UnaryChannel, _server: grpc.aio.Server, _port: int) -> None:
            assert await channel.call(b"first", 5) == b"first"
            calls = [asyncio.ensure_future(channel.call(b"%d" % number, 5)) for number in range(10)]
            await asyncio.sleep(0.02)
            for call in calls[::2]:
                call.cancel()
            assert await asyncio.gather(*calls[1::2]) == [b"1", b"3", b"5", b"7", b"9"]
            assert channel._connection is not None
            assert not channel._connection._streams

        run(scenario, slow_echo)


class TestAConnection:
    def test_that_was_lost_is_opened_again_by_the_next_call(self) -> None:
        async def scenario(channel: UnaryChannel, server: grpc.aio.Server, port: int) -> None:
            assert await channel.call(b"1", 5) == b"1"
            await server.stop(None)
            with pytest.raises(CallFailed) as caught:
                await channel.call(b"2", 5)
            assert caught.value.code is StatusCode.UNAVAILABLE
            again, _ = await serve(port=port)
            assert await channel.call(b"3", 5) == b"3"
            await again.stop(None)

        run(scenario)

    def test_that_goes_away_still_finishes_its_calls(self) -> None:
        async def slow_echo(message: bytes, _context: object) -> bytes:
            await asyncio.sleep(0.3)
            return message

        async def scenario(channel: UnaryChannel, server: grpc.aio.Server, port: int) -> None:
            under_way = asyncio.ensure_future(channel.call(b"under way", 5))
            await asyncio.sleep(0.1)
            stopping = asyncio.ensure_future(server.stop(5))
            await asyncio.sleep(0.05)
            again, _ = await serve(port=port)
            assert await channel.call(b"new", 5) == b"new"
            assert await under_way == b"under way"
            await stopping
            await again.stop(None)

        run(scenario, slow_echo)

    def test_is_one_for_many_first_calls(self) -> None:
        peers = set()

        async def note(message: bytes, context: grpc.aio.ServicerContext) -> bytes:  # type: ignore[type-arg]
            peers.add(context.peer())
            return message

        async def scenario(channel: UnaryChannel, _server: grpc.aio.Server, _port: int) -> None:
            await asyncio.gather(*(channel.call(b"x", 5) for _ in range(20)))

        run(scenario, note)
        assert len(peers) == 1

    def test_to_nobody_is_unavailable_at_once(self) -> None:
        async def main() -> None:
            with pytest.raises(CallFailed) as caught:
                await UnaryChannel("127.0.0.1:1", METHOD).call(b"", 5)
            assert caught.value.code is StatusCode.UNAVAILABLE

        asyncio.run(main())

    def test_that_is_closed_fails_what_is_under_way(self) -> None:
        async def hang(_message: bytes, _context: object) -> bytes:
            await asyncio.sleep(60)
            return b""

        async def scenario(channel: UnaryChannel, _server: grpc.aio.Server, _port: int) -> None:
            call = asyncio.ensure_future(channel.call(b"", 30))
            await asyncio.sleep(0.2)
            await channel.close()
            with pytest.raises(CallFailed) as caught:
                await call
            assert caught.value.code is StatusCode.UNAVAILABLE

        run(scenario, hang)


class TestAPeerThat:
    def test_hangs_up_is_unavailable(self) -> None:
        async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.read(10)
            writer.close()

        assert run_against(hang_up, 5).code is StatusCode.UNAVAILABLE

    def test_says_nothing_is_late_for_each_caller_by_its_own_deadline_and_is_connected_to_anew(self) -> None:
        connections = []

        async def hang(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            connections.append(writer)
            await reader.read(-1)
            writer.close()

        async def main() -> None:
            server = await asyncio.start_server(hang, "127.0.0.1", 0)
            channel = UnaryChannel(f"127.0.0.1:{server.sockets[0].getsockname()[1]}", METHOD)
            calls = (channel.call(b"x", 0.1), channel.call(b"x", 0.4))
            outcomes = await asyncio.gather(*calls, return_exceptions=True)
            assert [getattr(outcome, "code", None) for outcome in outcomes] == [StatusCode.DEADLINE_EXCEEDED] * 2
            with pytest.raises(CallFailed):
                await channel.call(b"x", 0.1)
            assert len(connections) == 2
            await channel.close()
            server.close()

        asyncio.run(main())

    def test_says_nothing_is_late(self) -> None:
        async def hang(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.read(-1)
            writer.close()

        assert run_against(hang, 0.2).code is StatusCode.DEADLINE_EXCEEDED

    @pytest.mark.parametrize(
        "said",
        [
            b"HTTP/1.1 400 Bad Request\r\n\r\n",
            b"\xff" * 100,
            b"\0\0\x05\x06\0\0\0\0\0short" + b"\xff" * 20,
            b"\0\0\x03\x01\x05\0\0\0\x01\xff\xff\xff",
            b"\0\0\x01\x01\x05\0\0\0\x01\xbe",
            b"\0\0\x02\0\x08\0\0\0\x01\x09x",
        ],
        ids=["HTTP/1", "noise", "noise after a frame", "bad headers", "header of a table", "too much padding"],
    )
    def test_does_not_speak_the_protocol_is_found_out(self, said: bytes) -> None:
        async def babble(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.read(10)
            writer.write(said)
            await reader.read(-1)
            writer.close()

        assert run_against(babble, 5).code is StatusCode.INTERNAL

    @pytest.mark.parametrize(
        "data",
        [b"", b"\0\0\0", b"\x01\0\0\0\x01x", b"\0\0\0\0\x02x", b"\0\0\0\0\x01xy"],
        ids=["no message", "half a prefix", "compressed", "half a message", "more than a message"],
    )
    def test_answers_with_other_than_one_message_is_found_out(self, data: bytes) -> None:
        status = b"\0\x0bgrpc-status\x010"

        async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.read(10)
            writer.write(b"\0\0\x00\x04\0\0\0\0\0")  # settings
            writer.write(b"\0\0\x01\x01\x04\0\0\0\x01\x88")  # :status 200
            writer.write(len(data).to_bytes(3) + b"\0\0\0\0\0\x01" + data)
            writer.write(len(status).to_bytes(3) + b"\x01\x05\0\0\0\x01" + status)
            await reader.read(-1)
            writer.close()

        assert run_against(answer, 5).code is StatusCode.INTERNAL
