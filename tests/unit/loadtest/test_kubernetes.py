"""The manifest that runs the load test inside a cluster."""

import yaml

from loadtest.options import add_to
from tests.served.running import ROOT


class Names:
    """Collects the options that are declared."""

    def __init__(self):
        self.all = set()

    def add_argument(self, name, **_):
        self.all.add(name)


SERVICE, JOB = yaml.safe_load_all((ROOT / "loadtest/kubernetes.yaml").read_text())
POD = JOB["spec"]["template"]["spec"]


def test_its_options_are_locust_s_or_ours():
    names = Names()
    add_to(names)
    (container,) = POD["containers"]
    given = {argument.partition("=")[0] for argument in container["args"] if argument.startswith("--")}
    assert given <= names.all | {"--headless", "--host", "--run-time"}
    assert container["args"][0] == "Steady"


def test_the_master_expects_the_other_pods_and_they_find_it():
    (container,) = POD["containers"]
    workers = JOB["spec"]["completions"] - 1
    assert f"--expect-workers {workers}" in container["command"][2]
    assert f"--master-host {SERVICE['metadata']['name']}" in container["command"][2]
    assert SERVICE["spec"]["selector"]["batch.kubernetes.io/job-name"] == JOB["metadata"]["name"]
    assert JOB["spec"]["parallelism"] == JOB["spec"]["completions"]


def test_it_may_run_where_pods_are_restricted():
    (container,) = POD["containers"]
    assert POD["securityContext"]["runAsNonRoot"]
    assert container["securityContext"]["readOnlyRootFilesystem"]
    assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}
    assert not POD["automountServiceAccountToken"]
