import asyncio
import subprocess
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress

import numpy as np
import pytest
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from flights.encoder import EncodedFlights
from flights.errors import PredictorTimeout
from tests.predictors import FakePredictor, make_metrics
from transformer.coalescer import Coalescer
from transformer.metrics import HUNG_UP
from transformer.tracing import RequestTrace, Tracing

TRACE, CALLER = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
SAMPLED = f"00-{TRACE}-{CALLER}-01".encode()
NOT_SAMPLED = f"00-{TRACE}-{CALLER}-00".encode()


class Predictor(FakePredictor):
    def __init__(self) -> None:
        super().__init__()
        self.traceparents: list[bytes | None] = []

    async def predict(self, rows: bytes, count: int, timeout_s: float, traceparent: bytes | None = None) -> list[float]:
        self.traceparents.append(traceparent)
        return await super().predict(rows, count, timeout_s, traceparent)


class Traced:
    """Tracing whose spans stay here, and a coalescer in front of a predictor that waits until it is let go."""

    def __init__(self, share: float) -> None:
        self.exporter = InMemorySpanExporter()
        self.tracing = Tracing(
            "http://127.0.0.1:1",
            share,
            service_name="s",
            service_version="1",
            model_version="v",
            exporter=self.exporter,
        )
        self.predictor = Predictor()
        self.coalescer: Coalescer

    def run(self, scenario: Callable[["Traced"], object]) -> Sequence[ReadableSpan]:
        async def in_loop() -> None:
            self.predictor.gate = asyncio.Event()
            self.coalescer = Coalescer(self.predictor, make_metrics(), deadline_s=0.2, tracing=self.tracing)
            self.coalescer._most_rows_per_call = 100
            await scenario(self)  # type: ignore[misc]

        asyncio.run(in_loop())
        self.tracing.close()
        return self.exporter.get_finished_spans()

    async def ask(self, traceparent: bytes | None, count: int = 1, status: str = "200") -> None:
        trace = self.tracing.begin(traceparent)
        encoded = EncodedFlights(np.zeros((count, 3), np.float32).tobytes(), count, 0, 0)
        with suppress(PredictorTimeout):
            await self.coalescer.predict(encoded, traceparent, trace)
        if trace is not None:
            trace.end("rest", status)

    async def ask_all(self, *traceparents: bytes | None) -> None:
        """Ask for each at once: the first has a call of its own, the others share the next one."""
        asked = []
        for traceparent in traceparents:
            asked.append(asyncio.ensure_future(self.ask(traceparent)))
            for _ in range(5):
                await asyncio.sleep(0)
        assert self.predictor.gate is not None
        self.predictor.gate.set()
        await asyncio.gather(*asked)


def named(spans: Sequence[ReadableSpan], name: str) -> list[ReadableSpan]:
    return [span for span in spans if span.name == name]


def told(span: ReadableSpan) -> bytes:
    return f"00-{span.context.trace_id:032x}-{span.context.span_id:016x}-01".encode()


def test_a_trace_has_the_request_its_wait_and_its_call() -> None:
    traced = Traced(share=1)
    spans = traced.run(lambda traced: traced.ask_all(None))
    (infer,), (wait,), (predict,) = named(spans, "infer"), named(spans, "wait"), named(spans, "predict")
    assert len(spans) == 3
    assert infer.parent is None
    assert {span.parent.span_id for span in (wait, predict)} == {infer.context.span_id}
    assert len({span.context.trace_id for span in spans}) == 1
    assert (
        infer.start_time <= wait.start_time <= wait.end_time <= predict.start_time <= predict.end_time <= infer.end_time
    )
    assert infer.attributes == {"protocol": "rest", "status": "200"}
    assert predict.attributes == {"requests": 1, "flights": 1}
    assert infer.resource.attributes["model.version"] == "v"


def test_the_predictor_is_told_the_call_and_the_trace_goes_on_from_the_caller() -> None:
    traced = Traced(share=0)
    spans = traced.run(lambda traced: traced.ask_all(SAMPLED))
    (infer,), (predict,) = named(spans, "infer"), named(spans, "predict")
    assert f"{infer.context.trace_id:032x}" == TRACE
    assert f"{infer.parent.span_id:016x}" == CALLER
    assert traced.predictor.traceparents == [told(predict)]


def test_a_caller_that_does_not_sample_is_not_traced_and_its_context_goes_on_as_it_came() -> None:
    traced = Traced(share=1)
    assert traced.run(lambda traced: traced.ask_all(NOT_SAMPLED)) == ()
    assert traced.predictor.traceparents == [NOT_SAMPLED]


def test_where_nothing_is_traced_the_libraries_are_not_imported() -> None:
    program = "import sys, transformer.__main__, transformer.server; print('opentelemetry.sdk' in sys.modules)"
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert ran.stdout == "False\n"


def test_without_a_caller_s_word_chance_decides(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = iter([0.1, 0.09])
    monkeypatch.setattr("transformer.tracing.random.random", lambda: next(drawn))
    tracing = Traced(share=0.1).tracing
    assert tracing.begin(None) is None
    assert isinstance(tracing.begin(None), RequestTrace)


def test_a_shared_call_is_in_each_trace_and_linked_to_the_one_that_the_predictor_hears_of() -> None:
    traced = Traced(share=1)
    spans = traced.run(lambda traced: traced.ask_all(None, NOT_SAMPLED, None, None))
    first, told_of, linked = named(spans, "predict") if len(named(spans, "predict")) == 3 else pytest.fail("3 calls")
    assert traced.predictor.traceparents == [told(first), told(told_of)]
    assert told_of.attributes == linked.attributes == {"requests": 3, "flights": 3}
    assert told_of.links == ()
    assert [link.context.span_id for link in linked.links] == [told_of.context.span_id]
    assert linked.context.trace_id != told_of.context.trace_id


def test_a_large_request_has_a_wait_and_a_call_for_each_piece() -> None:
    async def scenario(traced: Traced) -> None:
        assert traced.predictor.gate is not None
        traced.predictor.gate.set()
        await traced.ask(SAMPLED, count=250)

    spans = Traced(share=0).run(scenario)
    assert [span.attributes["flights"] for span in named(spans, "wait")] == [100, 100, 50]
    assert [span.attributes["flights"] for span in named(spans, "predict")] == [100, 100, 50]
    assert len({span.context.trace_id for span in spans}) == 1


def test_a_late_request_ends_its_trace_as_a_fault_and_its_call_ends_when_it_does() -> None:
    async def scenario(traced: Traced) -> None:
        await traced.ask(SAMPLED, status="504")
        assert traced.predictor.gate is not None
        traced.predictor.fault = PredictorTimeout("late")
        traced.predictor.gate.set()
        await asyncio.sleep(0.05)

    spans = Traced(share=0).run(scenario)
    (infer,), (predict,) = named(spans, "infer"), named(spans, "predict")
    assert not infer.status.is_ok
    assert (predict.status.is_ok, predict.status.description) == (False, "timeout")


@pytest.mark.parametrize(
    ("status", "is_fault"),
    [("200", False), ("400", False), ("503", True), (HUNG_UP, True), ("OK", False), ("UNAVAILABLE", True)],
)
def test_a_fault_of_ours_is_one_in_the_trace(status: str, is_fault: bool) -> None:
    traced = Traced(share=1)
    trace = traced.tracing.begin(None)
    assert trace is not None
    trace.wait(1)  # and never is called
    trace.end("rest", status)
    traced.tracing.close()
    (infer,) = named(traced.exporter.get_finished_spans(), "infer")
    assert infer.status.is_ok is not is_fault
    assert len(named(traced.exporter.get_finished_spans(), "wait")) == 1
