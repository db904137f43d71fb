"""What every pod that the chart leads to has, whatever the values are."""

import json
from typing import Any

import pytest

from tests.chart.combinations import COMBINATIONS
from tests.chart.rendering import CHART, VERSION, Object, only, render
from transformer import arguments as flags_of

combination = pytest.mark.parametrize("name", COMBINATIONS)
TRANSFORMER, RUNTIME = "transformer", "runtime"


def pods(objects: list[Object]) -> list[Object]:
    """Return the pod part of every object that has one."""
    services = [each["spec"]["predictor"] for each in objects if each["kind"] == "InferenceService"]
    return services + [each["spec"] for each in objects if each["kind"] == "Pod"]


def containers(pod: Object) -> list[Object]:
    return [*pod["containers"], *([pod["model"]] if "model" in pod else [])]


def of_version(**values: Any) -> dict[str, Object]:
    """Return the pod of a release's one version and its two containers."""
    pod = only(render(values), "InferenceService")["spec"]["predictor"]
    (transformer,) = pod["containers"]
    return {"pod": pod, TRANSFORMER: transformer, RUNTIME: pod["model"]}


def arguments(container: Object) -> dict[str, str]:
    return dict(argument.removeprefix("--").split("=", 1) for argument in container["args"])


SCHEMA = json.loads((CHART / "values.schema.json").read_text())["properties"]


class TestTheSchema:
    @pytest.mark.parametrize("end", ["minimum", "maximum"])
    def test_lets_nothing_through_that_the_transformer_would_end_at(self, end):
        def limits(part: str, *names: str) -> dict[str, float]:
            return {name: SCHEMA[part]["properties"][name][end] for name in names}

        values = {
            "transformer": limits("transformer", "deadlineSeconds", "mostRowsWaiting", "mostBodyBytes"),
            "pods": limits("pods", "keepAliveSeconds", "drainSeconds", "grpcConnectionSeconds"),
            "tracing": {"endpoint": "http://collector:4318", **limits("tracing", "share")},
            "payloadLog": {"share": 1, **limits("payloadLog", "mostPerSecond", "mostFlights")},
        }
        # a connection has to be shorter than the drain
        name, change = {"minimum": ("drainSeconds", 1), "maximum": ("grpcConnectionSeconds", -1)}[end]
        values["pods"][name] += change
        flags = flags_of.parser(None).parse_args(of_version(**values)[TRANSFORMER]["args"])
        assert flags.deadline_s == values["transformer"]["deadlineSeconds"]
        assert flags.grace_s == values["pods"]["drainSeconds"]


class TestPodSecurity:
    @combination
    def test_is_restricted_for_every_container(self, name):
        files, values = COMBINATIONS[name]
        for pod in pods(render(values, files=files)):
            assert pod["securityContext"] == {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}}
            for container in containers(pod):
                context = container["securityContext"]
                assert context["runAsNonRoot"] is True
                assert context["runAsUser"] > 0
                assert context["allowPrivilegeEscalation"] is False
                assert context["privileged"] is False
                assert context["readOnlyRootFilesystem"] is True
                assert context["capabilities"] == {"drop": ["ALL"]}

    @combination
    def test_no_service_account_token_is_mounted(self, name):
        files, values = COMBINATIONS[name]
        objects = render(values, files=files)
        assert all(pod["automountServiceAccountToken"] is False for pod in pods(objects))
        accounts = [each for each in objects if each["kind"] == "ServiceAccount"]
        assert all(account["automountServiceAccountToken"] is False for account in accounts)

    @combination
    def test_nothing_of_the_node_is_mounted(self, name):
        files, values = COMBINATIONS[name]
        for pod in pods(render(values, files=files)):
            assert not any(pod.get(key) for key in ("hostNetwork", "hostPID", "hostIPC"))
            assert all(set(volume) == {"name", "emptyDir"} for volume in pod.get("volumes", []))

    @combination
    def test_no_secret_is_rendered(self, name):
        files, values = COMBINATIONS[name]
        assert not any(each["kind"] == "Secret" for each in render(values, files=files))

    @combination
    def test_every_container_has_requests_and_limits(self, name):
        files, values = COMBINATIONS[name]
        if name == "a canary with pods of its own":
            return  # it says itself what it wants
        for pod in pods(render(values, files=files)):
            for container in containers(pod):
                assert set(container["resources"]["requests"]) == {"cpu", "memory"}
                assert set(container["resources"]["limits"]) == {"cpu", "memory"}


class TestPair:
    def test_transformer_and_runtime_have_one_model_and_meet_on_localhost(self):
        pair = of_version(modelName="flights")
        transformer, runtime = arguments(pair[TRANSFORMER]), arguments(pair[RUNTIME])
        assert transformer["model_name"] == runtime["model_name"] == "flights"
        assert transformer["predictor_host"] == f"127.0.0.1:{runtime['grpc_port']}"

    def test_no_port_is_taken_twice(self):
        pair = of_version()
        ports = [arguments(pair[room])[f"{kind}_port"] for room in (TRANSFORMER, RUNTIME) for kind in ("http", "grpc")]
        assert len(set(ports)) == 4

    def test_the_transformer_expects_the_version_of_its_name(self):
        assert arguments(of_version()[TRANSFORMER])["expected_version"] == VERSION

    @combination
    def test_the_transformer_takes_every_argument_that_it_is_given(self, name):
        from transformer.arguments import parser

        files, values = COMBINATIONS[name]
        for pod in pods(render(values, files=files)):
            for container in pod["containers"]:
                if container["name"] == "transformer-container":
                    parser(None).parse_args(container["args"])

    def test_nothing_is_traced_or_logged_unless_it_is_turned_on(self):
        transformer = of_version()[TRANSFORMER]
        assert not {"trace_endpoint", "payload_share"} & set(arguments(transformer))
        assert "env" not in transformer

    def test_spans_say_which_pod_they_are_from(self):
        collector = {"endpoint": "http://collector:4318", "environment": {"OTEL_BSP_MAX_QUEUE_SIZE": "512"}}
        transformer = of_version(tracing=collector)[TRANSFORMER]
        assert arguments(transformer)["trace_endpoint"] == "http://collector:4318"
        pod, attributes, further = transformer["env"]
        assert pod["valueFrom"]["fieldRef"]["fieldPath"] == "metadata.name"
        assert attributes["value"] == f"k8s.namespace.name=flights,k8s.pod.name=$({pod['name']})"
        assert further == {"name": "OTEL_BSP_MAX_QUEUE_SIZE", "value": "512"}

    def test_pods_reach_the_collector_where_there_is_one(self):
        def ports(**values):
            rules = only(render(values), "NetworkPolicy")["spec"]["egress"]
            return {port["port"] for rule in rules for port in rule["ports"]}

        assert 4318 not in ports()
        assert 4318 in ports(tracing={"endpoint": "http://collector:4318"})

    def test_liveness_does_not_ask_the_predictor_and_readiness_does(self):
        transformer = of_version()[TRANSFORMER]
        assert transformer["livenessProbe"]["httpGet"]["path"] == "/v2/health/live"
        assert transformer["startupProbe"]["httpGet"]["path"] == "/v2/health/live"
        assert transformer["readinessProbe"]["httpGet"]["path"] == "/v2/models/flight-delay/ready"

    @pytest.mark.parametrize("room", [TRANSFORMER, RUNTIME])
    def test_probes_ask_their_own_container(self, room):
        pair = of_version()
        probes = [pair[room][probe]["httpGet"]["port"] for probe in ("startupProbe", "readinessProbe", "livenessProbe")]
        assert {str(port) for port in probes} == {arguments(pair[room])["http_port"]}

    def test_the_runtime_outlives_the_transformers_drain_and_the_kubelet_waits_for_both(self):
        pair = of_version(pods={"preStopSeconds": 7, "drainSeconds": 11})
        assert pair[TRANSFORMER]["lifecycle"]["preStop"] == {"sleep": {"seconds": 7}}
        assert arguments(pair[TRANSFORMER])["grace_s"] == "11"
        assert pair[RUNTIME]["lifecycle"]["preStop"] == {"sleep": {"seconds": 20}}
        assert pair["pod"]["terminationGracePeriodSeconds"] > 20

    def test_idle_connections_outlive_those_of_the_proxies_in_front(self):
        envoys_s, googles_s = 3600, 600
        assert int(arguments(of_version()[TRANSFORMER])["timeout_keep_alive"]) > max(envoys_s, googles_s)

    def test_the_grpc_port_has_a_name_that_makes_it_http2(self):
        http, grpc = of_version()[TRANSFORMER]["ports"]
        assert (http["name"], grpc["name"]) == ("http", "grpc")

    def test_one_thread_each(self):
        pair = of_version()
        assert arguments(pair[RUNTIME])["nthread"] == "1"
        assert {"name": "OMP_NUM_THREADS", "value": "1"} in pair[RUNTIME]["env"]

    def test_no_field_that_an_autoscaler_owns_is_set(self):
        assert not {"replicas", "minReplicas", "maxReplicas"} & set(of_version()["pod"])


def test_a_new_chart_does_not_roll_the_pods() -> None:
    labels = only(render(), "InferenceService")["metadata"]["labels"]
    assert not any("chart" in key for key in labels)
    assert labels["app.kubernetes.io/version"] == VERSION
