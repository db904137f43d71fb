"""The chart that runs the load test in a cluster."""

import yaml

from loadtest.options import add_to
from tests.chart.rendering import LOAD_TEST, Object, Values, helm, only

HOST: Values = {"host": "http://flights.example.com"}


class Names:
    """Collects the options that are declared."""

    def __init__(self) -> None:
        self.all: set[str] = set()

    def add_argument(self, name: str, **_: object) -> None:
        self.all.add(name)


def render(*values: Values, release: str = "load") -> list[Object]:
    run = helm("template", release, str(LOAD_TEST), values=(HOST, *values))
    assert run.returncode == 0, run.stderr
    return [each for each in yaml.safe_load_all(run.stdout) if each]


def refusal(*values: Values) -> str:
    run = helm("template", "load", str(LOAD_TEST), values=values)
    assert run.returncode != 0, "the chart was rendered"
    return run.stderr


def container(*values: Values) -> Object:
    (found,) = only(render(*values), "Job")["spec"]["template"]["spec"]["containers"]
    return found


def test_its_options_are_locust_s_or_ours() -> None:
    names = Names()
    add_to(names)  # type: ignore[arg-type]
    args = container({"options": {"rate": 500, "error-rate": 0.001, "shares": "a=90,b=10"}})["args"]
    given = {argument.partition("=")[0] for argument in args if argument.startswith("--")}
    assert given <= names.all | {"--headless", "--host", "--run-time"}
    assert args[0] == "Steady"
    assert {"--rate=500", "--error-rate=0.001", "--shares=a=90,b=10"} <= set(args)


def test_numbers_are_written_as_locust_reads_them() -> None:
    args = container({"options": {"rate": 1500000, "p95-ms": 0.5}, "runTimeSeconds": 3600})["args"]
    assert {"--rate=1500000", "--p95-ms=0.5", "--run-time=3600"} <= set(args)


def test_the_master_expects_the_other_pods_and_they_find_it() -> None:
    objects = render({"workers": 7})
    job, service = only(objects, "Job"), only(objects, "Service")
    (master,) = job["spec"]["template"]["spec"]["containers"]
    assert job["spec"]["completions"] == job["spec"]["parallelism"] == 8
    assert "--expect-workers=7" in master["command"][2]
    assert f"--master-host={service['metadata']['name']}\n" in master["command"][2]
    selector = dict(service["spec"]["selector"])
    assert selector.pop("batch.kubernetes.io/job-completion-index") == "0"
    assert selector.items() <= job["spec"]["template"]["metadata"]["labels"].items()


def test_it_may_run_where_pods_are_restricted() -> None:
    pod = only(render(), "Job")["spec"]["template"]["spec"]
    (locust,) = pod["containers"]
    assert pod["securityContext"]["runAsNonRoot"]
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert locust["securityContext"]["readOnlyRootFilesystem"]
    assert locust["securityContext"]["capabilities"] == {"drop": ["ALL"]}
    assert not pod["automountServiceAccountToken"]


def test_the_token_comes_from_a_secret_and_is_no_argument() -> None:
    (token,) = container({"token": {"secret": "mine", "key": "t"}})["env"]
    assert token["name"] == "FLIGHT_DELAY_TOKEN"
    assert token["valueFrom"] == {"secretKeyRef": {"name": "mine", "key": "t"}}
    assert "token" in refusal(HOST, {"options": {"token": "abc"}})
    assert "env" not in container()


def test_the_report_goes_to_a_claim_in_a_folder_of_the_release() -> None:
    objects = render({"report": {"claim": "reports"}}, release="monday")
    pod = only(objects, "Job")["spec"]["template"]["spec"]
    assert {"name": "report", "persistentVolumeClaim": {"claimName": "reports"}} in pod["volumes"]
    assert "--report=/report/monday" in pod["containers"][0]["args"]


def test_without_a_host_nothing_is_sent_anywhere() -> None:
    assert "host is not set" in refusal()
    assert "/host" in refusal({"host": "flights.example.com"})


def test_a_scenario_must_be_one_of_them() -> None:
    assert "/scenario" in refusal(HOST, {"scenario": "steady"})
