import pytest

from bench import grpc_client


def test_percentiles_are_of_all_answers():
    load = grpc_client.summarize([float(each) for each in range(1, 102)], duration_s=2.0)
    assert (load.p50_ms, load.p95_ms, load.p99_ms) == pytest.approx((51.0, 96.0, 100.0))
    assert (load.sent, load.answered, load.duration_s) == (101, 101, 2.0)


def test_one_answer_is_every_percentile():
    assert grpc_client.summarize([7.0], duration_s=1.0).p99_ms == 7.0


def test_an_answer_after_the_limit_is_late():
    assert grpc_client.summarize([1999.0, 2001.0], duration_s=4.0).late == 1
