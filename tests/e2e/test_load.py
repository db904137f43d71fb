"""The load test against the Gateway, with a token: the budget is kept while the autoscaler adds a pod."""

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.chart.rendering import CHART, ROOT
from tests.e2e.asking import BUNDLE, MODEL, SHIPPED, ask
from tests.e2e.tokens import AUDIENCE, ISSUER, PUBLIC_KEYS, make_token

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(700)]

REPORT = ROOT / "build/loadtest-e2e"
"""Kept after the test, to be looked at."""


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
