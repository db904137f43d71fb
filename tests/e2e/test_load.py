"""The load test against the Gateway, with a token: from outside while the autoscaler adds a pod, and from inside."""

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest
import yaml
from kubernetes import client

from tests.chart.rendering import CHART, LOAD_TEST, ROOT, program
from tests.e2e.asking import BUNDLE, MODEL, SHIPPED, ask
from tests.e2e.release import Namespace
from tests.e2e.tokens import AUDIENCE, ISSUER, PUBLIC_KEYS, make_token

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(700)]

REPORT, REPORT_OF_JOB = ROOT / "build/loadtest-e2e", ROOT / "build/loadtest-e2e-job"
"""Kept after the tests, to be looked at."""

WIDE = {"p95-ms": 5000, "p99-ms": 9000, "late-s": 10, "error-rate": 0.001}
"""A cluster for tests shares few cores with the load: what is tested is that budgets decide."""


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
            *(f"--{name}={value}" for name, value in WIDE.items()),
            *("--min-rps", "40", "--replicas-of", deployment, "--report", str(REPORT)),
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=400,
        check=False,
    )


def autoscaler_sees(namespace: Namespace) -> bool:
    """Tell whether the autoscaler knows what the pods use: of new ones it does not for a while."""
    found = client.AutoscalingV2Api().list_namespaced_horizontal_pod_autoscaler(namespace.name).items
    conditions = [condition for each in found for condition in each.status.conditions or ()]
    return any(condition.type == "ScalingActive" and condition.status == "True" for condition in conditions)


def test_the_budget_is_kept_while_a_pod_is_added(namespace, address):
    namespace.wait("what the pods use", lambda: autoscaler_sees(namespace), seconds=180)
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


class Job:
    """The load test as a release of its own: a master and two workers in the cluster.

    Args:
        namespace: Where.
        name: Name of the release.
        options: Options of the load test.
    """

    def __init__(self, namespace: Namespace, name: str, address: str, options: dict[str, object]) -> None:
        self.namespace = namespace
        self.name = f"{name}-loadtest"
        values = {
            "image": {"repository": "localhost/flight-delay-loadtest"},
            **{"host": f"http://{address}", "runTimeSeconds": 15, "workers": 2, "options": options},
            **{"token": {"secret": "loadtest-token"}, "report": {"keepSeconds": 15}},
            "resources": {"requests": {"cpu": "10m", "memory": "64Mi"}, "limits": {"cpu": "1", "memory": "512Mi"}},
        }
        command = [program("helm"), "install", name, str(LOAD_TEST), "--namespace", namespace.name, "--values", "-"]
        subprocess.run(command, input=yaml.safe_dump(values), check=True, capture_output=True, text=True, timeout=60)

    def pods(self) -> list[client.V1Pod]:
        """Return its pods, the master first."""
        selector = f"batch.kubernetes.io/job-name={self.name}"
        pods = self.namespace.core.list_namespaced_pod(self.namespace.name, label_selector=selector).items
        return sorted(pods, key=lambda pod: pod.metadata.labels["batch.kubernetes.io/job-completion-index"])

    def said(self) -> str:
        """Return what the master has said so far."""
        pods = self.pods()
        if not pods or pods[0].status.phase == "Pending":
            return ""
        return self.namespace.core.read_namespaced_pod_log(pods[0].metadata.name, self.namespace.name)

    def fetch_report(self, folder: Path) -> None:
        """Copy the report out of the master's pod, while that waits for it."""
        self.namespace.wait("the report", lambda: "report: " in self.said(), seconds=150)
        source = f"{self.namespace.name}/{self.pods()[0].metadata.name}:/report/loadtest"
        subprocess.run([program("kubectl"), "cp", source, str(folder)], check=True, capture_output=True, timeout=60)

    def end(self) -> str:
        """Return how it ended: Complete or Failed."""

        def ended() -> str | None:
            job = client.BatchV1Api().read_namespaced_job(self.name, self.namespace.name)
            ends = [each.type for each in job.status.conditions or () if each.status == "True"]
            return next((each for each in ends if each in ("Complete", "Failed")), None)

        return self.namespace.wait("the Job's end", ended, seconds=120)


def test_a_job_in_the_cluster_asks_with_a_token_and_ends_as_its_budget_says(namespace, address):
    token = client.V1Secret(
        metadata=client.V1ObjectMeta(name="loadtest-token"),
        string_data={"token": make_token(exp=int(time.time()) + 3600)},
    )
    namespace.core.create_namespaced_secret(namespace.name, token)
    kept = Job(namespace, "kept", address, {"rate": 20, "min-rps": 10, **WIDE})
    missed = Job(namespace, "missed", address, {"rate": 20, **WIDE, "p95-ms": 0.01})
    kept.fetch_report(REPORT_OF_JOB)
    assert kept.end() == "Complete", kept.said()
    assert missed.end() == "Failed", missed.said()
    assert "every budget was kept" in kept.said()
    assert "the budget is 0.01 ms" in missed.said()
    report = json.loads((REPORT_OF_JOB / "report.json").read_text())
    assert report["golden"][BUNDLE.version] > 0
    assert [pod.status.phase for pod in kept.pods()] == ["Succeeded"] * 3
