"""Traces over OpenTelemetry; imported only where they are turned on.

A trace has the request, its wait for a predictor call, and the call. A call is made for many requests, and a span has
one parent: so each sampled request has a span of its own for the call, and its trace is whole. The runtime can be told
one trace context only; it hears that of the oldest sampled request, and the others' spans are linked to that one.

A caller's ``traceparent`` decides whether its request is sampled; without one, chance does. Spans are sent from a
thread of the SDK's, out of a queue that drops when it is full: a collector that is slow or away costs spans, and no
request.
"""

import random
import threading
from collections import deque
from collections.abc import Sequence

from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter
from opentelemetry.sdk.trace.sampling import ALWAYS_ON
from opentelemetry.trace import (
    Link,
    NonRecordingSpan,
    Span,
    SpanContext,
    SpanKind,
    Status,
    StatusCode,
    TraceFlags,
    Tracer,
    set_span_in_context,
)

from flights.errors import PredictorError
from transformer.metrics import HUNG_UP

_SAMPLED = TraceFlags(TraceFlags.SAMPLED)
_EXPORT_LIMIT_S = 5
_LAST_WORDS_S = 2.0
"""How long the end waits for spans that are not sent yet."""

_OUR_FAULTS = frozenset({HUNG_UP, "INTERNAL", "UNAVAILABLE", "DEADLINE_EXCEEDED", "UNKNOWN", "DATA_LOSS"})


class RequestTrace:
    """The trace of one sampled request.

    Args:
        tracer: What makes its spans.
        parent: The caller's span; None if the trace begins here.
    """

    def __init__(self, tracer: Tracer, parent: Context | None) -> None:
        self._tracer = tracer
        self._span = tracer.start_span("infer", parent, SpanKind.SERVER)
        self._context = set_span_in_context(self._span, Context())
        self._waits: deque[Span] = deque()

    def wait(self, flights: int) -> None:
        """Begin to wait for a call with so many flights; a large request waits for several calls."""
        self._waits.append(self._tracer.start_span("wait", self._context, attributes={"flights": flights}))

    def call(self, requests: int, flights: int, told: Span | None) -> Span:
        """End the oldest wait and begin a call for it.

        Args:
            requests: Requests that the call is made for.
            flights: Their flights.
            told: The span that the runtime hears of; None if it is the one that begins.
        """
        self._waits.popleft().end()
        attributes = {"requests": requests, "flights": flights}
        links = () if told is None else (Link(told.get_span_context()),)
        return self._tracer.start_span("predict", self._context, SpanKind.CLIENT, attributes, links)

    def end(self, protocol: str, status: str) -> None:
        """End the trace with the request's status, in the protocol's own words."""
        while self._waits:  # late, or its caller hung up, before its call
            self._waits.popleft().end()
        self._span.set_attributes({"protocol": protocol, "status": status})
        if status in _OUR_FAULTS or status.startswith("5"):
            self._span.set_status(Status(StatusCode.ERROR, status))
        self._span.end()


class CallTrace:
    """A predictor call in the traces of the sampled requests that it is made for, the oldest first, at least one."""

    def __init__(self, traces: Sequence[RequestTrace], requests: int, flights: int) -> None:
        first = traces[0].call(requests, flights, None)
        self._spans = [first, *(trace.call(requests, flights, first) for trace in traces[1:])]
        context = first.get_span_context()
        self.traceparent = b"00-%032x-%016x-01" % (context.trace_id, context.span_id)

    def end(self, error: PredictorError | None = None) -> None:
        """End the call."""
        for span in self._spans:
            if error is not None:
                span.set_status(Status(StatusCode.ERROR, error.kind))
            span.end()


class Tracing:
    """Decides which requests are traced, and sends the spans.

    Args:
        endpoint: Base address of an OTLP collector over HTTP, such as ``http://collector:4318``. The standard variables
            ``OTEL_EXPORTER_OTLP_*``, ``OTEL_BSP_*`` and ``OTEL_RESOURCE_ATTRIBUTES`` hold as well.
        share: Share of the requests without a ``traceparent`` that is sampled, from 0 to 1.
        service_name: Name of the service.
        service_version: Version of this software.
        model_version: The bundle's version.
        exporter: Sends the spans; None: to the endpoint.
    """

    def __init__(
        self,
        endpoint: str,
        share: float,
        *,
        service_name: str,
        service_version: str,
        model_version: str,
        exporter: SpanExporter | None = None,
    ) -> None:
        self._share = share
        resource = Resource.create(
            {"service.name": service_name, "service.version": service_version, "model.version": model_version}
        )
        self._provider = TracerProvider(ALWAYS_ON, resource, shutdown_on_exit=False)
        exporter = exporter or OTLPSpanExporter(f"{endpoint.rstrip('/')}/v1/traces", timeout=_EXPORT_LIMIT_S)
        self._provider.add_span_processor(BatchSpanProcessor(exporter))
        self._tracer = self._provider.get_tracer("flight_delay")

    def begin(self, traceparent: bytes | None) -> RequestTrace | None:
        """Begin the trace of a request with this valid trace context; None if it is not sampled."""
        if traceparent is None:
            return RequestTrace(self._tracer, None) if random.random() < self._share else None
        _, trace_id, span_id, flags = traceparent.split(b"-")
        if not int(flags, 16) & TraceFlags.SAMPLED:
            return None
        caller = SpanContext(int(trace_id, 16), int(span_id, 16), is_remote=True, trace_flags=_SAMPLED)
        return RequestTrace(self._tracer, set_span_in_context(NonRecordingSpan(caller), Context()))

    @staticmethod
    def call(traces: Sequence[RequestTrace], requests: int, flights: int) -> CallTrace | None:
        """Begin a predictor call for so many requests, of which these are sampled; None if none is."""
        return CallTrace(traces, requests, flights) if traces else None

    def close(self) -> None:
        """Send what waits, if that takes no longer than a moment."""
        closing = threading.Thread(target=self._provider.shutdown, name="tracing-end", daemon=True)
        closing.start()
        closing.join(_LAST_WORDS_S)
