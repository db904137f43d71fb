"""A runtime that misbehaves when told to.

``python -m tests.served.faulty_predictor --bundle B --port P --control_port C`` speaks the runtime's ModelInfer on
P. What listens there passes bytes on to a gRPC server behind it: faults of the connection are made in front, faults
of the answer behind. Each JSON line that arrives at C, such as ``{"fault": "slow", "seconds": 0.3}``, is a new
``Fault``; it is answered, once it holds, with a line that counts the calls so far.
"""

import argparse
import asyncio
import json
import logging
import socket
import struct
from collections.abc import Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc
import numpy as np
import xgboost
from kserve.protocol.grpc.grpc_predict_v2_pb2 import ModelInferRequest, ModelInferResponse

from flights.bundle import BOOSTER

CONNECTION_FAULTS = frozenset({"refused", "reset", "silent", "not HTTP/2"})
"""What needs no call: the port is closed, a connection is reset, never greeted, or answered in another protocol."""

FOREVER_S = 3600.0

_DATA = 0  # RFC 9113, section 6.1


@dataclass
class Fault:
    """What is wrong.

    Attributes:
        fault: "none", one of ``CONNECTION_FAULTS``, "cut", "slow", "hung", "status", or one of ``LIES``.
        seconds: How long "slow" takes.
        code: The status of "status".
        calls: After so many calls it is over; None never.
    """

    fault: str = "none"
    seconds: float = 0.0
    code: str = "INTERNAL"
    calls: int | None = None


def _right(probabilities: np.ndarray) -> ModelInferResponse:
    answer = ModelInferResponse(model_name="flight-delay", raw_output_contents=[probabilities.astype("<f4").tobytes()])
    answer.outputs.add(name="output-0", datatype="FP32", shape=[len(probabilities)])
    return answer


def _with_output(**changes: str) -> Callable[[np.ndarray], ModelInferResponse]:
    def lie(probabilities: np.ndarray) -> ModelInferResponse:
        answer = _right(probabilities)
        for name, value in changes.items():
            setattr(answer.outputs[0], name, value)
        return answer

    return lie


def _with_another_axis(probabilities: np.ndarray) -> ModelInferResponse:
    answer = _right(probabilities)
    answer.outputs[0].shape.append(1)
    return answer


def _with_last(value: float) -> Callable[[np.ndarray], ModelInferResponse]:
    return lambda probabilities: _right(np.append(probabilities[:-1], np.float32(value)))


def _with_two_outputs(probabilities: np.ndarray) -> ModelInferResponse:
    answer = _right(probabilities)
    answer.outputs.append(answer.outputs[0])
    return answer


def _with_fewer_bytes(probabilities: np.ndarray) -> ModelInferResponse:
    answer = _right(probabilities)
    answer.raw_output_contents[0] = answer.raw_output_contents[0][:-1]
    return answer


LIES: dict[str, Callable[[np.ndarray], ModelInferResponse | bytes]] = {
    "wrong name": _with_output(name="predict"),
    "wrong datatype": _with_output(datatype="FP64"),
    "wrong shape": _with_another_axis,
    "one too many": lambda probabilities: _right(np.append(probabilities, np.float32(0.5))),
    "one too few": lambda probabilities: _right(probabilities[:-1]),
    "fewer bytes than its shape": _with_fewer_bytes,
    "two outputs": _with_two_outputs,
    "no output": lambda _: ModelInferResponse(model_name="flight-delay"),
    "empty": lambda _: b"",
    "garbage": lambda _: b"\xff\xfe not a message of ours \x00" * 20,
    "NaN": _with_last(float("nan")),
    "infinite": _with_last(float("inf")),
    "above one": _with_last(1.0001),
    "below zero": _with_last(-0.0001),
}


class Behind:
    """The gRPC server: right answers of a booster, or the fault of the moment."""

    def __init__(self, booster: xgboost.Booster) -> None:
        self._booster = booster
        self.now = Fault()
        self.calls = 0
        self.rows = 0
        self.traceparents: list[str] = []

    async def infer(self, request: ModelInferRequest, context: grpc.aio.ServicerContext) -> bytes:
        """Answer ``ModelInfer``."""
        now = self.now
        self.calls += 1
        self.rows += request.inputs[0].shape[0]
        self.traceparents += [value for key, value in context.invocation_metadata() if key == "traceparent"]
        if now.calls is not None:
            now.calls -= 1
            if now.calls <= 0:
                self.now = Fault()
        if now.fault == "status":
            await context.abort(grpc.StatusCode[now.code], "SecretError at 10.1.2.3:8086 in secret_module.py line 7")
        await asyncio.sleep({"slow": now.seconds, "hung": FOREVER_S}.get(now.fault, 0))
        matrix = np.frombuffer(request.raw_input_contents[0], "<f4").reshape(list(request.inputs[0].shape))
        answer = LIES.get(now.fault, _right)(self._booster.inplace_predict(matrix))
        return answer if isinstance(answer, bytes) else answer.SerializeToString()

    async def start(self) -> int:
        """Listen, and return the port."""
        self._server = grpc.aio.server(options=[("grpc.max_receive_message_length", -1)])
        method = grpc.unary_unary_rpc_method_handler(self.infer, request_deserializer=ModelInferRequest.FromString)
        handler = grpc.method_handlers_generic_handler("inference.GRPCInferenceService", {"ModelInfer": method})
        self._server.add_generic_rpc_handlers((handler,))
        port = self._server.add_insecure_port("127.0.0.1:0")
        await self._server.start()
        return port


class Front:
    """Listens where the transformer connects to, and passes on to the gRPC server, or not."""

    def __init__(self, port: int, behind: Behind, behind_port: int) -> None:
        self._port = port
        self._behind = behind
        self._behind_port = behind_port
        self._server: asyncio.Server | None = None
        self._connections: set[asyncio.StreamWriter] = set()

    async def become(self, fault: Fault) -> None:
        """Let a fault hold from now on."""
        before, self._behind.now = self._behind.now.fault, fault
        if fault.fault in CONNECTION_FAULTS or before in CONNECTION_FAULTS:
            for writer in list(self._connections):
                await self._drop(writer, reset=fault.fault == "reset")
        if fault.fault == "refused":
            await self._close()
        elif self._server is None:
            self._server = await asyncio.start_server(self._serve, "127.0.0.1", self._port)

    async def _close(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None

    async def _drop(self, writer: asyncio.StreamWriter, *, reset: bool = False) -> None:
        self._connections.discard(writer)
        if reset:
            linger_not_at_all = struct.pack("ii", 1, 0)
            writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger_not_at_all)
            writer.transport.abort()
        writer.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._connections.add(writer)
        try:
            match self._behind.now.fault:
                case "reset":
                    await reader.read(1)
                    await self._drop(writer, reset=True)
                case "silent":
                    await reader.read(-1)
                case "not HTTP/2":
                    await reader.read(2**16)
                    writer.write(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
                    await reader.read(2**16)
                case _:
                    await self._pass_on(reader, writer)
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            await self._drop(writer)

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        behind_reader, behind_writer = await asyncio.open_connection("127.0.0.1", self._behind_port)
        ways: list[Coroutine[Any, Any, None]] = [self._there(reader, behind_writer), self._back(behind_reader, writer)]
        tasks = [asyncio.ensure_future(way) for way in ways]
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        behind_writer.close()

    async def _there(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while chunk := await reader.read(2**16):
            writer.write(chunk)
            await writer.drain()

    async def _back(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            header = await reader.readexactly(9)  # RFC 9113, section 4.1
            payload = await reader.readexactly(int.from_bytes(header[:3]))
            if self._behind.now.fault == "cut" and header[3] == _DATA:
                writer.write(header + payload[: len(payload) // 2])
                await writer.drain()
                return
            writer.write(header + payload)
            await writer.drain()


async def _listen_to_orders(port: int, front: Front, behind: Behind) -> None:
    async def obey(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while line := await reader.readline():
                if order := json.loads(line):
                    await front.become(Fault(**order))
                counted = {"calls": behind.calls, "rows": behind.rows, "traceparents": behind.traceparents[-100:]}
                writer.write(json.dumps(counted).encode() + b"\n")
                await writer.drain()
        writer.close()

    server = await asyncio.start_server(obey, "127.0.0.1", port)
    await server.serve_forever()


async def _main(arguments: argparse.Namespace) -> None:
    booster = xgboost.Booster({"nthread": 1}, model_file=arguments.bundle / BOOSTER)
    behind = Behind(booster)
    front = Front(arguments.port, behind, await behind.start())
    await front.become(Fault())
    await _listen_to_orders(arguments.control_port, front, behind)


if __name__ == "__main__":
    logging.basicConfig()
    parser = argparse.ArgumentParser()
    parser.add_argument("--bundle", type=Path, required=True)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--control_port", type=int, required=True)
    asyncio.run(_main(parser.parse_args()))
