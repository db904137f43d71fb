import numpy as np
from prometheus_client import CollectorRegistry
from prometheus_client.openmetrics.exposition import generate_latest
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from flights.encoder import EncodedFlights
from flights.errors import PredictorTimeout
from flights.reference import Reference
from tests.predictors import make_metrics
from transformer.metrics import Histogram, Metrics

VERSION = {"model_name": "flight-delay", "model_version": "v-test"}


def scraped(metrics: Metrics) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    """Return every sample as Prometheus reads it, by name and labels; the parser refuses what is malformed."""
    registry = CollectorRegistry()
    registry.register(metrics)
    families = text_string_to_metric_families(generate_latest(registry).decode())
    samples = [sample for family in families for sample in family.samples]
    return {(sample.name, frozenset(sample.labels.items())): sample.value for sample in samples}


def value(metrics: Metrics, name: str, **labels: str) -> float:
    return scraped(metrics)[name, frozenset((VERSION | labels).items())]


def test_requests_are_counted_by_protocol_and_status_and_while_they_are_under_way() -> None:
    metrics = make_metrics()
    first, second = metrics.begin(), metrics.begin()
    assert value(metrics, "flight_delay_requests_in_flight") == 2
    metrics.end(first, "rest", "200")
    metrics.end(second, "grpc", "INVALID_ARGUMENT")
    assert value(metrics, "flight_delay_requests_in_flight") == 0
    assert value(metrics, "flight_delay_requests_total", protocol="rest", status="200") == 1
    assert value(metrics, "flight_delay_requests_total", protocol="grpc", status="INVALID_ARGUMENT") == 1
    assert value(metrics, "flight_delay_request_seconds_count", protocol="rest") == 1
    assert value(metrics, "flight_delay_request_seconds_count", protocol="grpc") == 1


def test_the_sdks_histograms_keep_their_names_and_are_filled_by_answered_requests_alone() -> None:
    metrics = make_metrics()
    answered, refused = metrics.begin(), metrics.begin()
    answered.begun_s -= 1
    answered.encoded_s, answered.answered_s = answered.begun_s + 0.001, answered.begun_s + 0.031
    metrics.end(answered, "rest", "200")
    metrics.end(refused, "rest", "400")
    samples = scraped(metrics)
    for name in ("request_preprocess_seconds", "request_predict_seconds", "request_postprocess_seconds"):
        assert samples[f"{name}_count", frozenset({("model_name", "flight-delay")})] == 1
    assert abs(samples["request_predict_seconds_sum", frozenset({("model_name", "flight-delay")})] - 0.03) < 1e-9


def test_flights_unseen_ones_and_delayed_ones_are_counted() -> None:
    metrics = make_metrics()
    metrics.encoded(EncodedFlights(b"", 5, unseen_airlines=2, unseen_destinations=0))
    metrics.predicted([0.04, 0.5, 0.51, 1.0, 0.0])
    assert value(metrics, "flight_delay_flights_total") == 5
    assert value(metrics, "flight_delay_unseen_categories_total", field="airline") == 2
    assert value(metrics, "flight_delay_unseen_categories_total", field="destination") == 0
    assert value(metrics, "flight_delay_delayed_flights_total") == 3
    assert value(metrics, "flight_delay_probability_bucket", le="0.05") == 2
    assert value(metrics, "flight_delay_probability_bucket", le="0.5") == 3
    assert value(metrics, "flight_delay_probability_bucket", le="+Inf") == 5
    assert abs(value(metrics, "flight_delay_probability_sum") - 2.05) < 1e-9


def test_predictor_calls_and_faults_are_counted() -> None:
    metrics = make_metrics()
    metrics.waited(0.002)
    metrics.called(32, 0.003)
    metrics.failed(PredictorTimeout("late"))
    assert value(metrics, "flight_delay_queue_seconds_sum") == 0.002
    assert value(metrics, "flight_delay_predictor_call_flights_sum") == 32
    assert value(metrics, "flight_delay_predictor_call_flights_bucket", le="16.0") == 0
    assert value(metrics, "flight_delay_predictor_call_flights_bucket", le="32.0") == 1
    assert value(metrics, "flight_delay_predictor_call_seconds_count") == 1
    assert value(metrics, "flight_delay_predictor_faults_total", kind="timeout") == 1
    assert value(metrics, "flight_delay_predictor_faults_total", kind="nonsense") == 0


def test_what_is_served_and_whether_it_is_ready_can_be_read() -> None:
    metrics = make_metrics()
    assert value(metrics, "flight_delay_build_info", bundle_digest="0" * 64, xgboost="2.1") == 1
    assert value(metrics, "flight_delay_ready") == 0
    metrics.is_ready(True)
    assert value(metrics, "flight_delay_ready") == 1


def test_many_values_at_once_are_counted_as_one_by_one() -> None:
    bounds, values = (0.1, 0.5, 1.0), [0.0, 0.1, 0.1000001, 0.5, 0.99, 1.0, 1.5]
    together, alone = Histogram(bounds), Histogram(bounds)
    together.observe_all(np.array(values))
    for each in values:
        alone.observe(each)
    assert together.counts == alone.counts == [2, 2, 2, 1]
    assert together.total == alone.total


def test_the_statuses_that_an_alert_looks_for_are_told_before_they_come() -> None:
    metrics = make_metrics()
    for protocol, status in (
        ("rest", "200"),
        ("rest", "503"),
        ("rest", "hung_up"),
        ("grpc", "OK"),
        ("grpc", "INTERNAL"),
    ):
        assert value(metrics, "flight_delay_requests_total", protocol=protocol, status=status) == 0


def test_answers_are_counted_by_trainings_bands_and_beside_trainings_shares() -> None:
    reference = Reference.of([0.02, 0.12, 0.12, 0.9])
    metrics = Metrics("flight-delay", "v-test", "0" * 64, 0.5, reference)
    metrics.predicted([0.0, 0.05, 0.0500001, 0.15, 0.16, 1.0, 1.0])
    answered = {
        labels_of["band"]: count
        for (name, labels), count in scraped(metrics).items()
        if name == "flight_delay_probability_band_total" and (labels_of := dict(labels))
    }
    assert answered == {"0.00 to 0.05": 2, "0.05 to 0.15": 2, "0.15 to 1.00": 3}
    assert value(metrics, "flight_delay_training_band_share", band="0.05 to 0.15") == 0.5


def test_without_trainings_answers_nothing_is_compared_with_them() -> None:
    assert not any("band" in name for name, _ in scraped(make_metrics()))


def test_events_of_the_payload_log_are_told_where_there_is_one() -> None:
    metrics = make_metrics()
    assert not any("payload" in name for name, _ in scraped(metrics))
    metrics.payload_events = {"written": 3, "over_rate": 1}
    assert value(metrics, "flight_delay_payload_events_total", outcome="over_rate") == 1
