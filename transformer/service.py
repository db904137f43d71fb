"""Flights in, probabilities out: what REST and gRPC share."""

from typing import TYPE_CHECKING, TypedDict

import numpy as np

from flights.bundle import Bundle
from flights.encoder import EncodedFlights
from flights.errors import UnknownResource, shown
from flights.fields import FIELDS
from transformer.coalescer import Coalescer, Waiter
from transformer.metrics import Metrics, RequestClock, now_s
from transformer.predictor import Probabilities
from transformer.readiness import GoldenCheck
from transformer.request import OUTPUT_DATATYPES, InferenceRequest

if TYPE_CHECKING:
    from transformer.payload_log import PayloadLog
    from transformer.tracing import Tracing

SERVER_NAME = "flight-delay-transformer"
EXTENSIONS = ("binary_tensor_data",)
PLATFORM = "xgboost"


class TensorDescription(TypedDict):
    """A tensor in the model's metadata; -1 in a shape stands for any size."""

    name: str
    datatype: str
    shape: list[int]


class DelayService:
    """One version of one model.

    Args:
        model_name: Name that it is served under.
        bundle: The version.
        coalescer: The way to the predictor.
        golden_check: Whether the version answers right.
        metrics: What counts.
        server_version: Version of this software, told in the server metadata.
        tracing: What traces sampled requests; None traces none.
        payload_log: What writes sampled flights and answers; None writes none.
    """

    def __init__(
        self,
        model_name: str,
        bundle: Bundle,
        coalescer: Coalescer,
        golden_check: GoldenCheck,
        metrics: Metrics,
        server_version: str,
        tracing: "Tracing | None" = None,
        payload_log: "PayloadLog | None" = None,
    ) -> None:
        self.model_name = model_name
        self.server_version = server_version
        self.metrics = metrics
        self.bundle = bundle
        self.tracing = tracing
        self.payload_log = payload_log
        self._version = bundle.version.encode()
        self.threshold = float(np.float32(bundle.threshold))  # probabilities are FP32 too
        self._encoder = bundle.encoder
        self._coalescer = coalescer
        self._golden_check = golden_check
        self._ending = False

    async def infer(self, request: InferenceRequest, clock: RequestClock) -> Probabilities:
        """Return the delay probabilities of a request's flights, one for each of n.

        Raises:
            InvalidFlight: The caller's fault.
            PredictorError: Ours.
        """
        probabilities = await self._coalescer.predict(self._encode(request, clock), request.traceparent, clock.trace)
        clock.answered_s = now_s()
        if self.payload_log is not None:
            self.payload_log.offer(request.flights, probabilities)
        return probabilities

    def submit(self, request: InferenceRequest, waiter: Waiter, clock: RequestClock) -> None:
        """Queue a request; the waiter hears exactly once, unless this raises.

        Raises:
            InvalidFlight: The caller's fault.
            PredictorError: Ours.
        """
        self._coalescer.submit(self._encode(request, clock), waiter, request.traceparent, clock.trace)

    def _encode(self, request: InferenceRequest, clock: RequestClock) -> EncodedFlights:
        encoded = self._encoder.encode(request.flights)
        self.metrics.encoded(encoded)
        clock.encoded_s = now_s()
        return encoded

    async def ready(self) -> bool:
        """Tell whether the golden flights come back right, and the server does not end."""
        ready = not self._ending and await self._golden_check.passed()
        self.metrics.is_ready(ready)
        return ready

    @property
    def unready_reason(self) -> str | None:
        """Why the last answer of ``ready`` was no."""
        return "the server is about to end" if self._ending else self._golden_check.fault

    def end(self) -> None:
        """Be ready no more; requests are answered as before."""
        self._ending = True

    def give_up(self) -> None:
        """Fail every request that waits for the predictor."""
        self._coalescer.give_up()

    def check_name(self, model_name: str, version: str | None = None) -> None:
        """Refuse another model or version than this one.

        Raises:
            UnknownResource: The caller's fault.
        """
        if model_name != self.model_name:
            raise UnknownResource(f"model {shown(model_name)} is not served here: it must be {self.model_name}")
        if version is not None and version != self.bundle.version:
            raise UnknownResource(f"version {shown(version)} is not served here: it must be {self.bundle.version}")

    def check_version(self, version: bytes | None) -> None:
        """Refuse a request that was to go to another version: a route has gone astray, or the version is gone.

        Raises:
            UnknownResource: The caller's fault.
        """
        if version is not None and version != self._version:
            self.check_name(self.model_name, version.decode("utf-8", "replace"))

    def inputs(self) -> list[TensorDescription]:
        """Return the input tensors' names, datatypes and shapes, the optional ones too."""
        return [{"name": field.name, "datatype": field.datatype, "shape": [-1]} for field in FIELDS]

    def outputs(self) -> list[TensorDescription]:
        """Return the output tensors' names, datatypes and shapes."""
        return [{"name": name, "datatype": datatype, "shape": [-1]} for name, datatype in OUTPUT_DATATYPES.items()]
