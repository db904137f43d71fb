"""Single flights over REST and gRPC, as fast as a few connections can, every answer checked against its version."""

import http.client
import json
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import cycle, islice
from typing import Self

import grpc
from kserve.protocol.grpc import grpc_predict_v2_pb2 as pb
from kserve.protocol.grpc import grpc_predict_v2_pb2_grpc

from flights.flight import Flights
from flights.golden import TOLERANCE
from tests.e2e.asking import BUNDLE, MODEL
from transformer.samples import request_of


def _flight(row: int) -> dict[str, list[object]]:
    return {name: [column[row]] for name, column in BUNDLE.golden.columns.items()}


def _is_known(row: int) -> bool:
    """Tell whether training knew a golden flight's airline and destination, as it does those of nearly all traffic."""
    encoded = BUNDLE.encoder.encode(Flights.from_columns(_flight(row)))
    return not encoded.unseen_airlines and not encoded.unseen_destinations


ROWS = [row for row in range(len(BUNDLE.golden.probabilities)) if _is_known(row)]
"""The golden flights that are sent."""
BODIES = {row: json.dumps(request_of(_flight(row))).encode() for row in ROWS}
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
        clients: Connections over REST.
        grpc_clients: Connections over gRPC beside them.
        pause_s: What a REST client waits after each answer.
        pin: Version that every request names: by its path and by the header in turn over REST, by its metadata over
            gRPC. The answer of any other is wrong.
    """

    def __init__(
        self,
        address: str,
        known: Mapping[str, Sequence[float]],
        *,
        clients: int = 6,
        grpc_clients: int = 1,
        pause_s: float = 0.012,
        pin: str | None = None,
    ) -> None:
        self._address = address
        self._known = known if pin is None else {pin: known[pin]}
        self._pause_s = pause_s
        self._pin = pin
        self._stop = threading.Event()
        self._rest = [Seen() for _ in range(clients)]
        self._grpc = [Seen() for _ in range(grpc_clients)]
        self._threads = [
            threading.Thread(target=send, args=(seen, first))
            for send, clients_of in ((self._over_rest, self._rest), (self._over_grpc, self._grpc))
            for first, seen in enumerate(clients_of)
        ]

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
        return sum((seen.faults for seen in (*self._rest, *self._grpc)), Counter())

    @property
    def count(self) -> int:
        """Return how many right answers there were."""
        return self.rest().total() + self.grpc().total()

    def rest(self, since_s: float = 0, until_s: float = float("inf")) -> Counter[str]:
        """Return how many answers each version gave over REST between two moments."""
        return _between(self._rest, since_s, until_s)

    def grpc(self, since_s: float = 0, until_s: float = float("inf")) -> Counter[str]:
        """Return how many answers each version gave over gRPC between two moments."""
        return _between(self._grpc, since_s, until_s)

    def last(self, version: str) -> float:
        """Return when a version answered last, in seconds since the epoch; 0 if it never did."""
        seen = [answer for each in (*self._rest, *self._grpc) for answer in list(each.answers)]
        return max((at_s for at_s, name in seen if name == version), default=0.0)

    def _over_rest(self, seen: Seen, first: int) -> None:
        connection = http.client.HTTPConnection(self._address, timeout=10)
        for row, (path, headers) in zip(_rows(first), cycle(self._ways()), strict=False):
            if self._stop.wait(self._pause_s):
                break
            try:
                connection.request("POST", path, BODIES[row], {"content-type": "application/json", **headers})
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

    def _ways(self) -> Sequence[tuple[str, Mapping[str, str]]]:
        if self._pin is None:
            return ((f"{MODEL}/infer", {}),)
        return (f"{MODEL}/versions/{self._pin}/infer", {}), (f"{MODEL}/infer", {"x-model-version": self._pin})

    def _over_grpc(self, seen: Seen, first: int) -> None:
        requests = {row: _grpc_request(_flight(row)) for row in ROWS}
        metadata = () if self._pin is None else (("x-model-version", self._pin),)
        with grpc.insecure_channel(f"{self._address}:8081") as channel:
            stub = grpc_predict_v2_pb2_grpc.GRPCInferenceServiceStub(channel)
            for row in _rows(first):
                if self._stop.wait(GRPC_PAUSE_S):
                    break
                try:
                    answer = stub.ModelInfer(requests[row], timeout=10, metadata=metadata)
                except grpc.RpcError as error:
                    seen.faults[f"gRPC {error.code().name}"] += 1
                    continue
                (output,) = [output for output in answer.outputs if output.name == "delay_probability"]
                seen.note(row, answer.model_version, output.contents.fp32_contents[0], self._known)


def _rows(first: int) -> Iterator[int]:
    """Return the rows that are sent, for ever, from another one for each client."""
    return islice(cycle(ROWS), first % len(ROWS), None)


def _between(clients: Sequence[Seen], since_s: float, until_s: float) -> Counter[str]:
    answers = (answer for seen in clients for answer in list(seen.answers))
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
