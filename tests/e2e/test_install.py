"""One version, from ``helm install`` to its answers."""

import json
import socket

import grpc
import pytest
from kserve.protocol.grpc import grpc_predict_v2_pb2 as pb
from kserve.protocol.grpc import grpc_predict_v2_pb2_grpc

from flights.golden import TOLERANCE
from tests.chart.rendering import CHART
from tests.e2e.asking import BUNDLE, GOLDEN, MODEL, SHIPPED, ask, worst_difference
from tests.e2e.release import Namespace

pytestmark = pytest.mark.cluster


@pytest.fixture(scope="module")
def address(namespace: Namespace, bucket) -> str:
    """The Gateway in front of a release with the shipped version."""
    versions = {BUNDLE.version: {"bundle": bucket.upload(SHIPPED, BUNDLE.version), "weight": 100}}
    namespace.helm("install", str(CHART), values={"versions": versions})
    namespace.wait_until_ready()
    address = namespace.gateway()
    namespace.wait("an answer", lambda: ask(address, f"{MODEL}/ready")[0] == 200, seconds=60)
    return address


def test_golden_flights_come_back_through_the_gateway(address):
    status, headers, answer = ask(address, f"{MODEL}/infer", GOLDEN)
    assert status == 200
    assert json.loads(answer)["model_version"] == headers["x-model-version"] == BUNDLE.version
    assert worst_difference(answer) <= TOLERANCE


def test_golden_flights_come_back_over_grpc(address):
    request = pb.ModelInferRequest(model_name="flight-delay")
    for tensor in GOLDEN["inputs"]:
        filled = request.inputs.add(name=tensor["name"], datatype=tensor["datatype"], shape=tensor["shape"])
        if tensor["datatype"] == "BYTES":
            filled.contents.bytes_contents.extend(value.encode() for value in tensor["data"])
        else:
            filled.contents.int64_contents.extend(tensor["data"])
    with grpc.insecure_channel(f"{address}:8081") as channel:
        answer = grpc_predict_v2_pb2_grpc.GRPCInferenceServiceStub(channel).ModelInfer(
            request, timeout=10, wait_for_ready=True
        )
    assert answer.model_version == BUNDLE.version
    (output,) = [output for output in answer.outputs if output.name == "delay_probability"]
    assert abs(BUNDLE.golden.differences(output.contents.fp32_contents)).max() <= TOLERANCE


def test_a_version_can_be_named_in_the_path_and_in_a_header(address):
    assert ask(address, f"{MODEL}/versions/{BUNDLE.version}/infer", GOLDEN)[0] == 200
    assert ask(address, f"{MODEL}/infer", GOLDEN, x_model_version=BUNDLE.version)[0] == 200
    assert ask(address, f"{MODEL}/versions/scl-0000000000/infer", GOLDEN)[0] == 404


@pytest.mark.parametrize(
    "path",
    [
        *(
            "/",
            "/metrics",
            "/docs",
            "/openapi.json",
            "/v1/models",
            "/v2/repository/models/flight-delay/unload",
            "/v2/x",
        ),
        *(f"{MODEL}/page", f"{MODEL}/api"),  # the pages for people, unless they are asked for
    ],
)
def test_nothing_else_leaves_the_cluster(address, path):
    for body in (None, {}):
        status, headers, _ = ask(address, path, body)
        assert status == 404
        assert "x-model-version" not in headers  # the Gateway answers, not a pod


@pytest.mark.parametrize("port", [8080, 8081, 8085, 8086])
def test_pods_cannot_be_reached_past_the_gateway(pod, port):
    assert not listens(pod.status.pod_ip, port)


def test_the_release_tests_itself(namespace, address):
    assert "Succeeded" in namespace.helm("test")


def test_no_container_was_restarted(pod):
    assert [status.restart_count for status in pod.status.container_statuses] == [0, 0]


@pytest.fixture
def pod(namespace, address):
    """The one pod of the release."""
    selector = "app.kubernetes.io/component=version"
    (pod,) = namespace.core.list_namespaced_pod(namespace.name, label_selector=selector).items
    return pod


def listens(address: str, port: int) -> bool:
    try:
        socket.create_connection((address, port), timeout=3).close()
    except OSError:
        return False
    return True
