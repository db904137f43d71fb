"""What starts and ends the pair, with a stand-in for the transformer."""

import json
import os
import signal
import socket
import subprocess
import time

import psutil
import pytest

from scripts.ports import free_ports
from tests.served.running import ROOT, listens, wait_until

pytestmark = pytest.mark.served


@pytest.fixture
def checkout(tmp_path):
    """A checkout of the repository with the stand-in in the transformer's place."""
    folder = tmp_path / "checkout"
    folder.mkdir()
    for name in (".venv", "Makefile", "requirements", "scripts", "flights", "model_server"):
        (folder / name).symlink_to(ROOT / name)
    (folder / "transformer").symlink_to(ROOT / "tests/served/stand_in/transformer")
    return folder


@pytest.fixture
def ports():
    return free_ports(2)


@pytest.fixture
def run(start, checkout, bundle, ports):
    """Starts the supervisor: as ``make serve`` does, with its limits changed, or by make itself."""

    def run(executable=None, stand_in="", environment=None, **limits_s):
        variables = {"HTTP_PORT": str(ports[0]), "GRPC_PORT": str(ports[1]), "BUNDLE": str(bundle)}
        variables |= {"STAND_IN": stand_in, **(environment or {})}
        if executable:
            return start("serve", cwd=checkout, env=variables, executable=executable)
        changes = "".join(f"serve.{name} = {value};" for name, value in limits_s.items())
        return start("-c", f"from scripts import serve;{changes}serve.main()", cwd=checkout, env=variables)

    return run


def shown(running):
    """Wait for the curl and its answer, and return both."""
    wait_until(lambda: running.stdout.count("\n") >= 2 or running.popen.poll() is not None, "the curl and its answer")
    curl, answer = running.stdout.splitlines()
    return curl, json.loads(answer)


def option(answer, name):
    return answer["arguments"][answer["arguments"].index(name) + 1]


def started_by(running):
    return psutil.Process(running.popen.pid).children(recursive=True)


def all_gone(processes):
    _, left = psutil.wait_procs(processes, timeout=5)
    for process in left:
        process.kill()
    return not left


def predictor_of(processes):
    (predictor,) = [process for process in processes if "model_server" in process.cmdline()]
    return predictor


def sentence(running):
    """Return the one line that says what went wrong, after whatever the processes logged."""
    assert "Traceback" not in running.stderr
    return running.stderr.splitlines()[-1]


class TestWhenReady:
    def test_it_prints_one_curl_that_works_as_pasted_and_its_answer(self, run, ports):
        running = run(environment={"MODEL_NAME": "late"})
        curl, answer = shown(running)
        pasted = subprocess.run(curl, shell=True, capture_output=True, check=True, timeout=30)
        assert json.loads(pasted.stdout) == answer
        assert curl.startswith(f"curl -sS http://127.0.0.1:{ports[0]}/v2/models/late/infer ")
        assert answer["inputs"] == [
            {"name": "Fecha-I", "datatype": "BYTES", "shape": [1], "data": ["2017-01-17 07:01:00"]},
            {"name": "Des-I", "datatype": "BYTES", "shape": [1], "data": ["KMIA"]},
            {"name": "Emp-I", "datatype": "BYTES", "shape": [1], "data": ["AAL"]},
            {"name": "TIPOVUELO", "datatype": "BYTES", "shape": [1], "data": ["I"]},
        ]

    def test_both_were_given_the_same_bundle_name_and_address(self, run, ports, bundle):
        running = run(environment={"MODEL_NAME": "late"})
        _, answer = shown(running)
        predictor = predictor_of(started_by(running))
        for arguments in (answer["arguments"], predictor.cmdline()):
            assert arguments[arguments.index("--model_name") + 1] == "late"
            assert arguments[arguments.index("--host") + 1] == "127.0.0.1"
        assert option(answer, "--bundle") == str(bundle)
        assert (option(answer, "--http_port"), option(answer, "--grpc_port")) == tuple(map(str, ports))
        command = predictor.cmdline()
        assert option(answer, "--predictor_host") == f"127.0.0.1:{command[command.index('--grpc_port') + 1]}"
        assert predictor.environ()["OMP_NUM_THREADS"] == "1"


def wait_for_the_predictor(answer):
    port = int(option(answer, "--predictor_host").partition(":")[2])
    wait_until(lambda: listens(port), "the predictor listening")
    return port


class TestTheEnd:
    @pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT], ids=["SIGTERM", "SIGINT"])
    def test_a_signal_ends_both_and_frees_the_ports(self, run, ports, how):
        running = run()
        _, answer = shown(running)
        predictor_port = wait_for_the_predictor(answer)
        started = started_by(running)
        assert running.stop(how) == 0
        assert len(started) == 2
        assert all_gone(started)
        assert not any(map(listens, [*ports, predictor_port]))
        assert "Finished server process" in running.stderr, "the predictor was not let finish"

    @pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT], ids=["SIGTERM", "SIGINT"])
    def test_a_signal_before_either_is_started_is_an_end_like_any_other(self, start, ports, how):
        slow = "lambda _: (print('reading', flush=True), time.sleep(60))"
        running = start(
            *("-c", f"import time; from scripts import serve; serve.bundles.decode = {slow}; serve.main()"),
            env={"HTTP_PORT": str(ports[0]), "GRPC_PORT": str(ports[1])},
        )
        wait_until(lambda: running.stdout, "the bundle being read")
        assert running.stop(how) == 0
        assert running.stderr == ""

    def test_a_signal_before_readiness_ends_both(self, run):
        running = run(stand_in="is never ready")
        wait_until(lambda: len(started_by(running)) == 2, "two processes")
        started = started_by(running)
        assert running.stop() == 0
        assert all_gone(started)
        assert running.stdout == ""

    def test_neither_hears_what_a_terminal_sends_to_the_group(self, run):
        running = run()
        shown(running)
        assert running.popen.pid not in {os.getpgid(process.pid) for process in started_by(running)}

    def test_ctrl_c_under_make_ends_all(self, run, ports):
        running = run("make")
        shown(running)
        started = started_by(running)
        running.press_ctrl_c()
        running.popen.wait(10)
        assert len(started) == 3
        assert all_gone(started)
        assert not listens(ports[0])

    def test_sigterm_to_make_ends_all(self, run, ports):
        running = run("make")
        shown(running)
        started = started_by(running)
        running.stop(signal.SIGTERM)
        assert len(started) == 3
        assert all_gone(started)
        assert not listens(ports[0])

    def test_if_it_is_killed_nothing_lingers(self, run):
        running = run()
        shown(running)
        started = started_by(running)
        running.stop(signal.SIGKILL)
        assert all_gone(started)

    def test_a_process_that_does_not_end_is_killed_after_its_grace(self, run):
        running = run(stand_in="ignores SIGTERM", STOP_LIMIT_S=1)
        shown(running)
        started = started_by(running)
        before = time.monotonic()
        assert running.stop() == 0
        assert time.monotonic() - before >= 1
        assert all_gone(started)


class TestFaults:
    def test_if_the_transformer_ends_the_predictor_is_stopped(self, run):
        running = run(stand_in="ends")
        assert running.wait_for_exit() == 1
        assert sentence(running) == "the transformer ended by itself with exit code 3: the other one was stopped"

    def test_if_the_predictor_ends_the_transformer_is_stopped(self, run):
        running = run()
        shown(running)
        started = started_by(running)
        predictor_of(started).kill()
        assert running.wait_for_exit() == 1
        assert sentence(running) == "the predictor ended by itself with exit code -9: the other one was stopped"
        assert all_gone(started)

    def test_readiness_that_does_not_come_in_time_ends_both(self, run):
        running = run(stand_in="is never ready", START_LIMIT_S=1)
        assert running.wait_for_exit() == 1
        assert sentence(running) == "the transformer was not ready within 1 seconds"

    def test_a_golden_flight_that_is_not_answered_ends_both(self, run):
        running = run(stand_in="answers 500")
        assert running.wait_for_exit() == 1
        assert sentence(running).startswith("a golden flight was answered with 500: {")
        assert running.stdout == ""


class TestRefusals:
    """Each is one sentence, and nothing was started."""

    def test_a_taken_port(self, run, ports):
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", ports[0]))
            taken.listen()
            running = run()
            assert running.wait_for_exit() == 1
        expected = f"port {ports[0]} is not to be had, Address already in use: set HTTP_PORT to another one\n"
        assert running.stderr == expected

    def test_a_missing_bundle(self, run):
        running = run(environment={"BUNDLE": "absent"})
        assert running.wait_for_exit() == 1
        assert running.stderr == "BUNDLE cannot be served: there is no bundle at absent: No such file or directory\n"
