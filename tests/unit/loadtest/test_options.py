import subprocess
import sys
from argparse import ArgumentTypeError, Namespace
from pathlib import Path

import pytest

from loadtest.budgets import Budgets
from loadtest.options import budgets_from, grpc_host, shares

REPOSITORY = Path(__file__).parents[3]
SCENARIO = Budgets(p95_ms=100, p99_ms=250, error_rate=0.0, min_rps=0.9)


def given(**changes):
    return Namespace(**{"p95_ms": None, "p99_ms": None, "error_rate": None, "min_rps": None, "rate": 200.0, **changes})


def test_a_scenarios_budgets_hold_where_none_is_given():
    assert budgets_from(given(), SCENARIO) == Budgets(100, 250, 0.0, 180)


def test_given_budgets_take_their_place():
    options = given(p95_ms=1.0, p99_ms=2.0, error_rate=0.5, min_rps=3.0)
    assert budgets_from(options, SCENARIO) == Budgets(1.0, 2.0, 0.5, 3.0)


def test_without_a_rate_none_must_be_reached():
    assert budgets_from(given(rate=0.0), SCENARIO).min_rps is None


@pytest.mark.parametrize(
    ("host", "there"),
    [("http://127.0.0.1:8080", "127.0.0.1:8081"), ("http://flights.example.com/", "flights.example.com:81")],
)
def test_grpc_is_one_port_up(host, there):
    assert grpc_host(host) == there


def test_a_host_that_is_no_url_is_refused():
    with pytest.raises(ValueError, match="--host is 'nonsense'"):
        grpc_host("nonsense")


def test_shares_are_versions_and_weights():
    assert shares("a=90,b=10") == {"a": 90.0, "b": 10.0}


@pytest.mark.parametrize("text", ["", "a", "a=", "=1", "a=b", "a=-1", "a=0", "a=nan", "a=1,,"])
def test_other_shares_are_refused(text):
    with pytest.raises(ArgumentTypeError):
        shares(text)


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ([], "--host is not set: it must be a URL such as http://127.0.0.1:8080"),
        (["--host=http://127.0.0.1:9", "--report=/dev/null/report"], "--report /dev/null/report cannot be written"),
    ],
    ids=["no host", "no place for the report"],
)
def test_a_run_that_cannot_be_is_refused_before_it(given, sentence):
    command = [sys.executable, "-m", "locust", "-f", "loadtest", "Steady", "--headless", "--run-time=1s", *given]
    run = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, timeout=60)
    assert run.returncode == 1
    assert sentence in run.stderr
    assert "Traceback" not in run.stderr
