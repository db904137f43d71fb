"""The API server, with KServe's webhooks and the real CRDs, takes what the chart renders."""

import subprocess

import pytest
import yaml
from kubernetes import client

from tests.chart.combinations import COMBINATIONS
from tests.chart.rendering import program, render

pytestmark = pytest.mark.cluster


@pytest.fixture(scope="module")
def groups(cluster) -> set[str]:
    """API groups that the cluster has; the others' objects are held to their schemas in tests/chart."""
    return {group.name for group in client.ApisApi().get_api_versions().groups} | {""}


@pytest.mark.parametrize("name", COMBINATIONS)
def test_is_accepted(namespace, groups, name):
    files, values = COMBINATIONS[name]
    objects = [each for each in render(values, files=files) if _group(each) in groups]
    assert {each["kind"] for each in objects} >= {"InferenceService", "HTTPRoute"}
    run = subprocess.run(
        [program("kubectl"), "apply", "--dry-run=server", "--namespace", namespace.name, "--filename", "-"],
        input=yaml.safe_dump_all(objects),
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert run.returncode == 0, run.stderr
    assert "Warning" not in run.stderr


def _group(each) -> str:
    return each["apiVersion"].rpartition("/")[0]
