"""``locust -f loadtest``: every scenario against a good service, and what each fault of a bad one comes to.

All runs go at once, against one pair and stand-ins beside it, so budgets of milliseconds are wide: what is tested
is that they decide, not how fast this machine is.
"""

import json
import sys
from pathlib import Path

import pytest

from scripts.ports import free_ports
from tests.served.faulty_service import FaultyService
from tests.served.running import Starter

pytestmark = [pytest.mark.served, pytest.mark.timeout(400)]  # all runs go at once, on whatever cores there are

LOCUST = str(Path(sys.executable).parent / "locust")
SECONDS = 20
WIDE = ("--p95-ms", 9000, "--p99-ms", 9500, "--late-s", 10, "--min-rps", 0.1)

GOOD = {
    "Steady": ("Steady", "--rate", 20),
    "Ramp": ("Ramp", "--rate", 5, "--users", 5),
    "Stress": ("Stress", "--rate", 60),
    "Spike": ("--tags", "spike", "--rate", 5, "--users", 5),
    "Batch": ("Batch", "--rate", 5),
    "Grpc": ("Grpc", "--rate", 10, "--users", 5),
    "Canary": ("Canary", "--rate", 20),
    "Abuse": ("Abuse", "--rate", 60),
    "Workers": ("Steady", "--rate", 20, "--processes", 2),
}

BAD = {
    "wrong": ("Steady", *WIDE),
    "takes all": ("Abuse", *WIDE),
    "refuses": ("Steady", *WIDE, "--error-rate", 0.1),
    "slow": ("Steady", "--p95-ms", 300, "--p99-ms", 350, "--late-s", 10, "--min-rps", 0.1),
    "stalls": ("Steady", "--p95-ms", 9000, "--p99-ms", 1000, "--late-s", 10, "--min-rps", 0.1),
    "dies": ("Steady", *WIDE),
    "two versions": ("Canary", *WIDE, "--shares", "candidate=1"),
}

REPORTED = {"refuses", "stalls", "two versions"}
"""Bad runs whose report is looked at; a report takes a run as long as its start."""

REFUSED = {
    "dead": (("Steady",), "http://127.0.0.1:1 does not answer, [Errno 111] Connection refused: nothing was sent"),
    "two scenarios": (("Steady", "Ramp"), "name one scenario"),
    "no bundle": (("--bundle", "nowhere"), "there is no bundle at nowhere"),
}


class Runs:
    """Started runs, by their name."""

    def __init__(self, start, reports):
        self._start = start
        self._reports = reports
        self._running = {}

    def start(self, name, host, bundle, *arguments, report=True):
        self._running[name] = self._start(
            *("-f", "loadtest", "--headless", "--only-summary", "--host", host, "--bundle", bundle),
            *("--report", self._reports / name if report else "", *arguments),
            executable=LOCUST,
        )

    def outcome(self, name):
        """Return exit code, what was logged, and the report."""
        running = self._running[name]
        code = running.wait_for_exit(380)
        path = self._reports / name / "report.json"
        return code, running.stderr, json.loads(path.read_text()) if path.exists() else None

    def files(self, name):
        return {path.name: path.read_text() for path in (self._reports / name).iterdir()}


@pytest.fixture(scope="module")
def runs(tmp_path_factory, pair, bundle):
    folder = tmp_path_factory.mktemp("loadtest")
    starter = Starter(folder)
    runs = Runs(starter, folder)
    services = {fault: FaultyService(bundle, fault) for fault in BAD}
    for number, (name, arguments) in enumerate(GOOD.items()):
        host = f"http://127.0.0.1:{pair.http_port}"
        (port,) = free_ports(1)
        master = ("--master-bind-port", port, "--master-port", port)
        grpc = ("--grpc-host", f"127.0.0.1:{pair.grpc_port}", "--seed", number)
        runs.start(name, host, bundle, "--run-time", SECONDS, *WIDE, *grpc, *master, *arguments)
    for fault, arguments in BAD.items():
        host = f"http://127.0.0.1:{services[fault].port}"
        report = fault in REPORTED
        runs.start(fault, host, bundle, "--run-time", 8, "--rate", 20, "--users", 5, *arguments, report=report)
    for name, (arguments, _) in REFUSED.items():
        runs.start(name, "http://127.0.0.1:1", bundle, *arguments)
    yield runs
    starter.end_all()
    for service in services.values():
        service.end()


@pytest.mark.parametrize("name", GOOD)
def test_a_good_service_keeps_the_budget_of_every_scenario(runs, pair, name):
    code, log, report = runs.outcome(name)
    assert code == 0, log
    assert report["good"]
    assert report["missed"] == []
    assert report["failures"] == {}
    assert report["golden"][pair.bundle.version] > 0
    assert sum(row["requests"] for row in report["requests"].values()) > 0


def test_a_report_is_two_tables_a_document_and_a_page_that_needs_nothing_else(runs):
    runs.outcome("Abuse")
    files = runs.files("Abuse")
    assert files.keys() == {"requests.csv", "windows.csv", "report.json", "report.html"}
    assert "infer," in files["requests.csv"]
    assert "bad: impossible date," in files["windows.csv"]
    assert files["report.html"].count("<svg") >= 2
    assert "src=" not in files["report.html"]


def test_a_ramp_tells_the_highest_rate_that_kept_the_budget(runs):
    _, _, report = runs.outcome("Ramp")
    assert report["knee_rps"] == max(stage["rps"] for stage in report["stages"] if stage["kept"])
    assert len(report["stages"]) > 1


def test_a_canary_run_has_a_row_for_each_version(runs, pair):
    _, _, report = runs.outcome("two versions")
    assert report["requests"].keys() == {f"infer, version {pair.bundle.version}", "infer, version candidate"}


EXPECTED = {
    "wrong": "x wrong answer: version",
    "takes all": "x wrong answer: a bad request (lower case) got status 200",
    "refuses": "of the requests failed: the budget is 10.00%",
    "slow": "95 % of the requests took up to",
    "stalls": "99 % of the requests took up to",
    "dies": "of the requests failed: the budget is 0.00%",
    "two versions": "answered: only candidate may",
}


@pytest.mark.parametrize("fault", BAD)
def test_a_bad_service_misses_the_budget_of_its_fault_and_ends_with_1(runs, fault):
    code, log, _ = runs.outcome(fault)
    assert code == 1, log
    assert any("missed: " in line and EXPECTED[fault] in line for line in log.splitlines()), log
    assert "Traceback" not in log


def test_failures_are_grouped_by_their_sentence(runs):
    _, _, report = runs.outcome("refuses")
    assert report["failures"].keys() == {"status 503: too much waits"}


def test_a_stall_is_counted_from_when_each_request_should_have_gone_out(runs):
    """5 users who waited for their answers would have been slow 5 times; 40 requests were due in those 2 s."""
    _, _, report = runs.outcome("stalls")
    assert report["requests"]["infer"]["p95_ms"] > 1000


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_run_is_refused_at_once_with_a_sentence(runs, name):
    code, log, report = runs.outcome(name)
    assert code == 1
    assert REFUSED[name][1] in log
    assert "Traceback" not in log
    assert report is None
