"""The real transformer in front of a predictor that misbehaves when told to."""

import json
import socket
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import grpc
import psutil
from kserve.protocol.grpc import grpc_predict_v2_pb2 as pb
from kserve.protocol.grpc.grpc_predict_v2_pb2_grpc import GRPCInferenceServiceStub

from flights import bundle as bundles
from scripts.ports import free_ports
from tests.served.running import Answer, Starter, get, listens, post, wait_until

MODEL = "flight-delay"
INFER = f"/v2/models/{MODEL}/infer"
READY = f"/v2/models/{MODEL}/ready"
LIVE = "/v2/health/live"


class FaultyPredictor:
    """The other end of ``tests.served.faulty_predictor``."""

    def __init__(self, start: Starter, bundle: Path) -> None:
        self.port, self._control_port = free_ports(2)
        self.running = start(
            *("-m", "tests.served.faulty_predictor", "--bundle", bundle),
            *("--port", self.port, "--control_port", self._control_port),
            env={"OMP_NUM_THREADS": "1"},
        )
        wait_until(lambda: listens(self._control_port), "the faulty predictor")

    def become(self, fault: str, **details: object) -> None:
        """See ``faulty_predictor.Fault``; it holds when this returns."""
        self._order({"fault": fault, **details})

    def count(self) -> dict[str, Any]:
        """Return how many calls and rows there were so far, and the last trace contexts that came with them."""
        return self._order(None)

    def _order(self, order):
        with socket.create_connection(("127.0.0.1", self._control_port), timeout=10) as control:
            control.sendall(json.dumps(order).encode() + b"\n")
            return json.loads(control.makefile().readline())


class FaultyPair:
    """A started pair.

    Args:
        start: Starts processes.
        bundle: What is served.
        predictor: One that is there already; None starts another.
        flags: The transformer's, without their dashes.
    """

    def __init__(
        self, start: Starter, bundle: Path, *, predictor: FaultyPredictor | None = None, **flags: object
    ) -> None:
        self.bundle = bundles.decode(bundle)
        self.predictor = predictor or FaultyPredictor(start, bundle)
        self.http_port, self.grpc_port = free_ports(2)
        self.transformer = start(
            *("-m", "transformer", "--host", "127.0.0.1", "--bundle", bundle),
            *("--http_port", self.http_port, "--grpc_port", self.grpc_port),
            *("--predictor_host", f"127.0.0.1:{self.predictor.port}"),
            *(part for name, value in flags.items() for part in (f"--{name}", value)),
            until=(self.http_port, READY),
        )

    def body(self, row: int | None = None) -> dict[str, object]:
        """Return a request for one golden flight, or for all."""
        columns = self.bundle.golden.columns
        inputs = [
            {"name": name, "datatype": "BYTES", "shape": [len(chosen)], "data": chosen}
            for name, column in columns.items()
            for chosen in [column if row is None else [column[row]]]
        ]
        return {"inputs": inputs}

    def ask(self, row: int | None = None) -> Answer:
        """Ask over REST."""
        return post(self.http_port, INFER, self.body(row))

    def probabilities(self, row: int | None = None) -> list[float]:
        """Return what is answered over REST while nothing is wrong.

        Refused or late it is asked for again: a machine that others keep busy can stand still for a short deadline.
        """
        answers = [self.ask(row)]
        wait_until(lambda: answers[-1].status == 200 or answers.append(self.ask(row)), "an answer", 10)
        return answers[-1].json()["outputs"][0]["data"]

    def grpc_request(self, row: int | None = None) -> pb.ModelInferRequest:
        request = pb.ModelInferRequest(model_name=MODEL)
        for tensor in self.body(row)["inputs"]:
            request.inputs.add(name=tensor["name"], datatype="BYTES", shape=tensor["shape"])
            request.inputs[-1].contents.bytes_contents.extend([str(value).encode() for value in tensor["data"]])
        return request

    @contextmanager
    def stub(self):
        with grpc.insecure_channel(f"127.0.0.1:{self.grpc_port}") as channel:
            yield GRPCInferenceServiceStub(channel)

    def ask_grpc(self, row: int | None = None) -> tuple[grpc.StatusCode, str]:
        """Ask over gRPC, and return code and details; OK and nothing for an answer."""
        with self.stub() as stub:
            try:
                stub.ModelInfer(self.grpc_request(row), timeout=10)
            except grpc.RpcError as error:
                return error.code(), error.details()
        return grpc.StatusCode.OK, ""

    def descriptors(self) -> int:
        """Return how many the transformer has open."""
        return psutil.Process(self.transformer.popen.pid).num_fds()

    def metric(self, name: str) -> float:
        """Return a metric that has one series only."""
        (line,) = [line for line in get(self.http_port, "/metrics").body.decode().splitlines() if name_of(line) == name]
        return float(line.rpartition(" ")[2])

    def is_ready(self) -> bool:
        return get(self.http_port, READY).status == 200

    def is_live(self) -> bool:
        return get(self.http_port, LIVE).status == 200


def name_of(line: str) -> str:
    return line.partition(" ")[0].partition("{")[0]
