"""The load test against the Gateway, with a token: from outside while a pod is added, and as a Job inside."""

import base64
import io
import json
import os
import subprocess
import sys
import tarfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import yaml
from kubernetes import client

from tests.chart.rendering import CHART, ROOT, program
from tests.e2e.asking import BUNDLE, MODEL, SHIPPED, ask
from tests.e2e.tokens import AUDIENCE, ISSUER, PUBLIC_KEYS, make_token

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(700)]

REPORT, REPORT_OF_JOB = ROOT / "build/loadtest-e2e", ROOT / "build/loadtest-job"
"""Kept after the test, to be looked at."""
LOADTEST = ROOT / "helm/loadtest"
IMAGE = os.environ.get("LOADTEST_IMAGE_TAG")  # another one than the chart's own, while one works on it
BUDGETS = {"p95Ms": 5000, "p99Ms": 9000, "errorRate": 0.001, "minRps": 20}


@pytest.fixture(scope="module")
def address(namespace, bucket) -> str:
    """The Gateway in front of a release that asks for tokens and may have two pods."""
    values = {
        "versions": {BUNDLE.version: {"bundle": bucket.upload(SHIPPED, BUNDLE.version), "weight": 100}},
        "autoscaling": {"mode": "hpa", "cpuPercent": 30, "minReplicas": 1, "maxReplicas": 2, "scaleDownSeconds": 15},
        "auth": {
            "mode": "jwt",
            "jwt": {"issuer": ISSUER, "audiences": [AUDIENCE], "jwksInline": PUBLIC_KEYS, "requestsPerSecond": 10_000},
        },
    }
    namespace.helm("install", str(CHART), values=values)
    namespace.wait_until_ready()
    address = namespace.gateway()
    token = {"authorization": f"Bearer {make_token()}"}
    namespace.wait("an answer", lambda: ask(address, f"{MODEL}/ready", **token)[0] == 200, seconds=60)
    return address


def load(address: str, namespace, token: str, run_time_s: int) -> subprocess.CompletedProcess[str]:
    deployment = f"{namespace.name}/flight-delay-{BUNDLE.version}-predictor"
    return subprocess.run(
        [
            *(str(Path(sys.executable).parent / "locust"), "-f", "loadtest", "Steady", "--headless", "--only-summary"),
            *("--host", f"http://{address}", "--token", token, "--rate", "60", "--run-time", str(run_time_s)),
            # a cluster for tests shares few cores with the load: what is tested is that budgets decide
            *("--p95-ms", "5000", "--p99-ms", "9000", "--late-s", "10", "--error-rate", "0.001", "--min-rps", "40"),
            *("--replicas-of", deployment, "--report", str(REPORT)),
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=400,
        check=False,
    )


def test_the_budget_is_kept_while_a_pod_is_added(namespace, address):
    run = load(address, namespace, make_token(exp=int(time.time()) + 3600), 100)
    assert run.returncode == 0, run.stdout + run.stderr
    report = json.loads((REPORT / "report.json").read_text())
    assert report["golden"][BUNDLE.version] > 0
    assert max(window["replicas"] or 0 for window in report["windows"]) == 2
    assert "<h2>Replicas" in (REPORT / "report.html").read_text()


def test_without_a_token_nothing_is_sent(namespace, address):
    run = load(address, namespace, "", 5)
    assert run.returncode == 1
    assert "answered 401: nothing was sent" in run.stderr


@pytest.fixture(scope="module")
def token(namespace, address) -> str:
    """The name of a Secret with a good token."""
    encoded = {"token": make_token(exp=int(time.time()) + 3600)}
    namespace.core.create_namespaced_secret(
        namespace.name, client.V1Secret(metadata=client.V1ObjectMeta(name="loadtest-token"), string_data=encoded)
    )
    return "loadtest-token"


@contextmanager
def job(namespace, address: str, **values: object) -> Iterator[Callable[[], str]]:
    """Run the load test as a Job with two workers; yields what waits for its end and returns its condition."""
    few = {"requests": {"cpu": "10m", "memory": "64Mi"}, "limits": {"cpu": "1", "memory": "512Mi"}}
    given = {
        "host": f"http://{address}",
        "image": {"repository": "localhost/flight-delay-loadtest", "tag": IMAGE},
        "rate": 40,
        "options": {"late-s": 10},
        "resources": few,
        **values,
    }
    release = ("loadtest", "--namespace", namespace.name)
    run_helm("install", *release, str(LOADTEST), "--values", "-", stdin=yaml.safe_dump(given))
    jobs = client.BatchV1Api()

    def end() -> str | None:
        conditions = jobs.read_namespaced_job_status("loadtest", namespace.name).status.conditions or ()
        return next((each.type for each in conditions if each.type in ("Complete", "Failed")), None)

    try:
        yield lambda: namespace.wait("the Job's end", end, seconds=120)
    finally:
        run_helm("uninstall", *release)


def run_helm(*arguments: str, stdin: str | None = None) -> None:
    run = subprocess.run([program("helm"), *arguments], input=stdin, capture_output=True, text=True, timeout=60)
    assert run.returncode == 0, run.stderr


def master_s_log(namespace) -> str:
    selector = "batch.kubernetes.io/job-name=loadtest,batch.kubernetes.io/job-completion-index=0"
    (pod,) = namespace.core.list_namespaced_pod(namespace.name, label_selector=selector).items
    return namespace.core.read_namespaced_pod_log(pod.metadata.name, namespace.name)


def write_report(log: str, folder: Path) -> None:
    """Take the report out of a log, as the chart's README does."""
    encoded = log.partition("-----BEGIN REPORT-----\n")[2].partition("-----END REPORT-----")[0]
    with tarfile.open(fileobj=io.BytesIO(base64.b64decode(encoded))) as report:
        report.extractall(folder, filter="data")


def test_as_a_job_inside_the_cluster_it_keeps_its_budget_and_hands_its_report_out(namespace, address, token):
    with job(namespace, address, token={"secretName": token}, runSeconds=15, budgets=BUDGETS) as end:
        condition, log = end(), master_s_log(namespace)
    assert condition == "Complete", log
    write_report(log, REPORT_OF_JOB)
    report = json.loads((REPORT_OF_JOB / "report.json").read_text())
    assert report["golden"][BUNDLE.version] > 0
    assert "<html" in (REPORT_OF_JOB / "report.html").read_text()


def test_the_job_fails_when_a_budget_is_missed(namespace, address, token):
    missed = {**BUDGETS, "minRps": 1000}
    with job(namespace, address, token={"secretName": token}, runSeconds=5, budgets=missed) as end:
        condition, log = end(), master_s_log(namespace)
    assert condition == "Failed", log
    assert "missed: " in log
