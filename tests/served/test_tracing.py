"""Traces of the real transformer, as a collector gets them."""

import signal

import pytest

from tests.served.collector import Collector
from tests.served.faulty_pair import INFER, MODEL, FaultyPair, FaultyPredictor
from tests.served.running import post, wait_until

pytestmark = pytest.mark.served

CALLER = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


@pytest.fixture
def collector():
    with Collector() as collector:
        yield collector


@pytest.fixture(scope="module")
def predictor(start_shared, bundle):
    return FaultyPredictor(start_shared, bundle)


@pytest.fixture
def make_pair(start, bundle, predictor):
    predictor.become("none")
    return lambda **flags: FaultyPair(start, bundle, predictor=predictor, **flags)


def test_a_request_over_rest_and_one_over_grpc_have_a_trace_each_and_the_predictor_is_in_it(make_pair, collector):
    pair = make_pair(trace_endpoint=collector.endpoint, trace_share=1)
    assert pair.ask(0).status == 200
    assert pair.ask_grpc(0)[0].name == "OK"
    assert pair.transformer.stop() == 0
    assert len(collector.spans) == 6
    traces = {span.trace_id for span in collector.spans}
    assert len(traces) == 2
    for trace in traces:
        assert {span.name for span in collector.spans if span.trace_id == trace} == {"infer", "wait", "predict"}
    statuses = [{each.key: each.value.string_value for each in span.attributes} for span in collector.named("infer")]
    assert statuses == [{"protocol": "rest", "status": "200"}, {"protocol": "grpc", "status": "OK"}]
    told = pair.predictor.count()["traceparents"][-2:]
    assert told == [f"00-{span.trace_id.hex()}-{span.span_id.hex()}-01" for span in collector.named("predict")]
    assert collector.resources[0]["service.name"] == "flight-delay-transformer"
    assert collector.resources[0]["model.version"] == pair.bundle.version


def test_a_refused_request_is_traced_too_and_the_caller_s_trace_goes_on(make_pair, collector):
    pair = make_pair(trace_endpoint=collector.endpoint, trace_share=0)
    assert pair.ask(0).status == 200  # nobody samples it
    assert post(pair.http_port, INFER, {"inputs": []}, {"traceparent": CALLER}).status == 400
    versioned = f"/v2/models/{MODEL}/versions/{pair.bundle.version}/infer"  # the long way
    assert post(pair.http_port, versioned, pair.body(0), {"traceparent": CALLER}).status == 200
    assert pair.transformer.stop() == 0
    assert [span.name for span in collector.spans] == ["infer", "wait", "predict", "infer"]
    assert {span.trace_id.hex() for span in collector.spans} == {CALLER[3:35]}
    assert {span.parent_span_id.hex() for span in collector.named("infer")} == {CALLER[36:52]}


def test_a_collector_that_is_away_costs_no_request_and_no_time_at_the_end(make_pair):
    pair = make_pair(trace_endpoint="http://127.0.0.1:1", trace_share=1)
    assert {pair.ask(0).status for _ in range(20)} == {200}
    assert pair.transformer.stop(limit_s=8) == 0


def test_a_collector_that_never_answers_costs_no_request_and_does_not_hold_up_the_end(make_pair, collector):
    collector.answers.clear()
    pair = make_pair(trace_endpoint=collector.endpoint, trace_share=1)
    assert {pair.ask(0).status for _ in range(20)} == {200}
    pair.transformer.popen.send_signal(signal.SIGTERM)
    assert pair.transformer.wait_for_exit(8) == 0
    assert collector.spans == []


@pytest.mark.parametrize("share", ["1.5", "-0.1", "nan", "some"])
def test_a_share_that_is_none_is_refused(start, bundle, share):
    running = start("-m", "transformer", "--predictor_host", "127.0.0.1:1", "--bundle", bundle, "--trace_share", share)
    assert running.wait_for_exit() == 2
    assert f"argument --trace_share: '{share}' must be a number from 0 to 1" in running.stderr


def test_all_that_was_asked_before_the_end_is_sent(make_pair, collector):
    pair = make_pair(trace_endpoint=collector.endpoint, trace_share=1)
    for _ in range(200):
        pair.ask(0)
    assert pair.transformer.stop() == 0
    wait_until(lambda: len(collector.named("infer")) == 200, "200 traces", 5)
