"""The chart that runs the load test inside a cluster."""

import json

import pytest
import yaml

from loadtest.options import add_to
from tests.chart.rendering import ROOT, Object, Values, helm, only

LOADTEST = ROOT / "helm/loadtest"
HOST: Values = {"host": "http://10.0.0.1"}


class Names:
    """Collects the options that are declared."""

    def __init__(self) -> None:
        self.all: set[str] = set()

    def add_argument(self, name: str, **_: object) -> None:
        self.all.add(name)


def render(*values: Values, release: str = "loadtest") -> list[Object]:
    run = helm("template", release, str(LOADTEST), values=(HOST, *values))
    assert run.returncode == 0, run.stderr
    return [each for each in yaml.safe_load_all(run.stdout) if each]


def container(*values: Values) -> Object:
    (found,) = only(render(*values), "Job")["spec"]["template"]["spec"]["containers"]
    return found


def options(*values: Values) -> dict[str, str]:
    named = (argument.partition("=") for argument in container(*values)["args"] if "=" in argument)
    return {name: value for name, _, value in named}


def test_what_is_not_set_is_left_to_the_load_test() -> None:
    assert options() == {"--host": "http://10.0.0.1", "--run-time": "60", "--report": "/tmp/report"}


def test_its_options_are_locust_s_or_ours() -> None:
    names = Names()
    add_to(names)  # type: ignore[arg-type]
    budgets = {"p95Ms": 80, "p99Ms": 200, "errorRate": 0.001, "minRps": 450}
    given = options({"rate": 500, "budgets": budgets, "options": {"late-s": 5}})
    assert given.keys() <= names.all | {"--host", "--run-time"}
    assert (given["--rate"], given["--p95-ms"], given["--error-rate"], given["--late-s"]) == ("500", "80", "0.001", "5")


def test_a_budget_of_no_error_is_not_left_out() -> None:
    assert options({"budgets": {"errorRate": 0}})["--error-rate"] == "0"


@pytest.mark.parametrize("release", ["loadtest", "evening"])
def test_the_master_expects_the_other_pods_and_they_find_it(release: str) -> None:
    objects = render({"workers": 3}, release=release)
    service, job = only(objects, "Service"), only(objects, "Job")
    (locust,) = job["spec"]["template"]["spec"]["containers"]
    environment = {each["name"]: each.get("value") for each in locust["env"]}
    assert environment["WORKERS"] == "3"
    assert environment["MASTER"] == service["metadata"]["name"]
    assert job["spec"]["completions"] == job["spec"]["parallelism"] == 4
    assert service["spec"]["selector"] == {
        "batch.kubernetes.io/job-name": job["metadata"]["name"],
        "batch.kubernetes.io/job-completion-index": "0",
    }


def test_the_token_comes_from_its_secret() -> None:
    (token,) = [
        each["valueFrom"]["secretKeyRef"]
        for each in container({"token": {"secretName": "login", "key": "bearer"}})["env"]
        if each["name"] == "FLIGHT_DELAY_TOKEN"
    ]
    assert token == {"name": "login", "key": "bearer"}
    assert "FLIGHT_DELAY_TOKEN" not in {each["name"] for each in container()["env"]}


def test_it_may_run_where_pods_are_restricted() -> None:
    pod = only(render(), "Job")["spec"]["template"]["spec"]
    assert pod["securityContext"]["runAsNonRoot"]
    assert container()["securityContext"]["readOnlyRootFilesystem"]
    assert container()["securityContext"]["capabilities"] == {"drop": ["ALL"]}
    assert not pod["automountServiceAccountToken"]


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"host": "10.0.0.1"}, "does not match pattern"),
        ({"scenario": "steady"}, "value must be one of"),
        ({"workers": 0}, "minimum"),
        ({"budgets": {"p90Ms": 5}}, "p90Ms"),
    ],
    ids=["a host without a scheme", "a scenario of another name", "no worker", "a budget of no name"],
)
def test_what_cannot_run_is_refused(values: Values, sentence: str) -> None:
    run = helm("template", "loadtest", str(LOADTEST), values=(HOST, values))
    assert run.returncode != 0
    assert sentence in run.stderr


def test_without_a_host_it_is_refused() -> None:
    run = helm("template", "loadtest", str(LOADTEST))
    assert run.returncode != 0
    assert "host is not set: say where the Gateway is" in run.stderr


def test_every_key_of_the_schema_has_a_default() -> None:
    schema = json.loads((LOADTEST / "values.schema.json").read_text())
    assert {*schema["required"]} == yaml.safe_load((LOADTEST / "values.yaml").read_text()).keys()
