"""Single flights over REST and gRPC, as fast as a few connections can, every answer checked against its version."""

import http.client
import json
import threading
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Self

import grpc
from kserve.protocol.grpc import grpc_predict_v2_pb2 as pb
from kserve.protocol.grpc import grpc_predict_v2_pb2_grpc

from flights.golden import TOLERANCE
from tests.e2e.asking import BUNDLE, MODEL
from transformer.samples import request_of

COUNT = len(BUNDLE.golden.probabilities)
FLIGHTS = [{name: [column[row]] for name, column in BUNDLE.golden.columns.items()} for row in range(COUNT)]
BODIES = [json.dumps(request_of(flight)).encode() for flight in FLIGHTS]
GRPC_PAUSE_S = 0.02


@dataclass
class Seen:
    """What one client saw.

    Attributes:
        answers: When each right answer came, in seconds since the epoch, and which version gave it.
        faults: How often each of everything else came: a status, "wrong", or a connection's failure, with the
            version where it is known.
    """

    answers: list[tuple[float, str]] = field(default_factory=list)
    faults: Counter[str] = field(default_factory=Counter)

    def note(self, row: int, version: str, probability: float, known: Mapping[str, Sequence[float]]) -> None:
        """Check an answer."""
        if version in known and abs(probability - known[version][row]) <= TOLERANCE:
            self.answers.append((time.time(), version))
        else:
            self.faults[f"wrong {version}"] += 1


class FlightLoad:
    """Sends flights for as long as its ``with`` block lasts.

    Args:
        address: The Gateway.
        known: Golden probabilities of every version that may answer.
        clients: Connections over REST; there is one over gRPC beside them.
        pause_s: What a REST client waits after each answer.
    """

    def __init__(
        self, address: str, known: Mapping[str, Sequence[float]], *, clients: int = 6, pause_s: float = 0.012
    ) -> None:
        self._address = address
        self._known = known
        self._pause_s = pause_s
        self._stop = threading.Event()
        self._rest = [Seen() for _ in range(clients)]
        self._grpc = Seen()
        self._threads = [threading.Thread(target=self._over_rest, args=(seen, i)) for i, seen in enumerate(self._rest)]
        self._threads.append(threading.Thread(target=self._over_grpc, args=(self._grpc,)))

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    @property
    def faults(self) -> Counter[str]:
        """Return what was lost or wrong, over both protocols."""
        return sum((seen.faults for seen in (*self._rest, self._grpc)), Counter())

    @property
    def count(self) -> int:
        """Return how many right answers there were."""
        return self.rest().total() + self.grpc().total()

    def rest(self, since_s: float = 0, until_s: float = float("inf")) -> Counter[str]:
        """Return how many answers each version gave over REST between two moments."""
        return _between([answer for seen in self._rest for answer in list(seen.answers)], since_s, until_s)

    def grpc(self, since_s: float = 0, until_s: float = float("inf")) -> Counter[str]:
        """Return how many answers each version gave over gRPC between two moments."""
        return _between(list(self._grpc.answers), since_s, until_s)

    def last(self, version: str) -> float:
        """Return when a version answered last, in seconds since the epoch; 0 if it never did."""
        seen = [answer for each in (*self._rest, self._grpc) for answer in list(each.answers)]
        return max((at_s for at_s, name in seen if name == version), default=0.0)

    def _over_rest(self, seen: Seen, first: int) -> None:
        connection = http.client.HTTPConnection(self._address, timeout=10)
        row = first
        while not self._stop.wait(self._pause_s):
            row = (row + 1) % COUNT
            try:
                connection.request("POST", f"{MODEL}/infer", BODIES[row], {"content-type": "application/json"})
                response = connection.getresponse()
                content = response.read()
            except (OSError, http.client.HTTPException) as error:
                seen.faults[type(error).__name__] += 1
                connection.close()
                continue
            if response.status != 200:
                seen.faults[f"{response.status} {response.headers.get('x-model-version', 'gateway')}"] += 1
                continue
            answer = json.loads(content)
            (probability,) = answer["outputs"][0]["data"]
            assert answer["model_version"] == response.headers["x-model-version"]
            seen.note(row, answer["model_version"], probability, self._known)
        connection.close()

    def _over_grpc(self, seen: Seen) -> None:
        requests = [_grpc_request(flight) for flight in FLIGHTS]
        row = 0
        with grpc.insecure_channel(f"{self._address}:8081") as channel:
            stub = grpc_predict_v2_pb2_grpc.GRPCInferenceServiceStub(channel)
            while not self._stop.wait(GRPC_PAUSE_S):
                row = (row + 1) % COUNT
                try:
                    answer = stub.ModelInfer(requests[row], timeout=10)
                except grpc.RpcError as error:
                    seen.faults[f"gRPC {error.code().name}"] += 1
                    continue
                (output,) = [output for output in answer.outputs if output.name == "delay_probability"]
                seen.note(row, answer.model_version, output.contents.fp32_contents[0], self._known)


def _between(answers: Sequence[tuple[float, str]], since_s: float, until_s: float) -> Counter[str]:
    return Counter(version for at_s, version in answers if since_s <= at_s < until_s)


def _grpc_request(flight: Mapping[str, Sequence[object]]) -> pb.ModelInferRequest:
    request = pb.ModelInferRequest(model_name="flight-delay")
    for tensor in request_of(flight)["inputs"]:  # type: ignore[attr-defined]
        filled = request.inputs.add(name=tensor["name"], datatype=tensor["datatype"], shape=tensor["shape"])
        if tensor["datatype"] == "BYTES":
            filled.contents.bytes_contents.extend(value.encode() for value in tensor["data"])
        else:
            filled.contents.int64_contents.extend(tensor["data"])
    return request
