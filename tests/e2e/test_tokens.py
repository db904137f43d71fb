"""``auth.mode: jwt``: who has no good token gets 401, over REST and gRPC."""

import grpc
import pytest
from kserve.protocol.grpc import grpc_predict_v2_pb2 as pb
from kserve.protocol.grpc import grpc_predict_v2_pb2_grpc

from tests.chart.rendering import CHART
from tests.e2e.asking import BUNDLE, GOLDEN, MODEL, SHIPPED, ask
from tests.e2e.tokens import AUDIENCE, ISSUER, NOW_S, PUBLIC_KEYS, STRANGERS_KEY, make_token

pytestmark = pytest.mark.cluster

REFUSED = {
    "a stranger's signature": make_token(STRANGERS_KEY),
    "another audience": make_token(aud="another"),
    "another issuer": make_token(iss="https://another.example.com"),
    "expired": make_token(iat=NOW_S - 7200, exp=NOW_S - 3600),
    "not valid yet": make_token(nbf=NOW_S + 3600),
    "no algorithm": make_token(None),
    "no token at all": "",
    "no JWT": "token",
}

CODES = {"good": grpc.StatusCode.OK, "another audience": grpc.StatusCode.PERMISSION_DENIED}
"""What gRPC says where it is not UNAUTHENTICATED."""


@pytest.fixture(scope="module")
def address(namespace, bucket) -> str:
    """The Gateway in front of a release that asks for tokens."""
    values = {
        "versions": {BUNDLE.version: {"bundle": bucket.upload(SHIPPED, BUNDLE.version), "weight": 100}},
        "auth": {
            "mode": "jwt",
            "jwt": {"issuer": ISSUER, "audiences": [AUDIENCE], "jwksInline": PUBLIC_KEYS, "requestsPerSecond": 20},
        },
    }
    namespace.helm("install", str(CHART), values=values)
    namespace.wait_until_ready()
    address = namespace.gateway()
    namespace.wait("an answer", lambda: infer(address, make_token())[0] == 200, seconds=60)
    return address


def infer(address: str, token: str) -> tuple[int, dict[str, str], bytes]:
    return ask(address, f"{MODEL}/infer", GOLDEN, authorization=f"Bearer {token}")


def test_a_good_token_gets_an_answer(address):
    status, headers, _ = infer(address, make_token())
    assert (status, headers["x-model-version"]) == (200, BUNDLE.version)


@pytest.mark.parametrize("name", REFUSED)
def test_a_bad_token_is_refused_by_the_gateway(address, name):
    status, headers, _ = infer(address, REFUSED[name])
    assert status == 401
    assert "x-model-version" not in headers


@pytest.mark.parametrize("path", [f"{MODEL}/infer", MODEL, "/v2", "/v2/health/ready", "/v2/health/live"])
def test_every_path_asks_for_a_token(address, path):
    assert ask(address, path, GOLDEN if path.endswith("infer") else None)[0] == 401


@pytest.mark.parametrize("parameter", ["access_token", "token", "authorization"])
def test_a_token_in_the_query_is_not_taken(address, parameter):
    assert ask(address, f"{MODEL}?{parameter}={make_token()}")[0] == 401


def test_a_greedy_subject_is_slowed_down_and_another_is_not(address):
    greedy, spoofed = make_token(sub="greedy"), {"x_jwt_sub": "another"}
    statuses = [ask(address, MODEL, authorization=f"Bearer {greedy}", **spoofed)[0] for _ in range(80)]
    assert {*statuses} == {200, 429}
    assert ask(address, MODEL, authorization=f"Bearer {make_token(sub='modest')}")[0] == 200


@pytest.mark.parametrize("name", ["good", *REFUSED])
def test_grpc_asks_for_a_token_too(address, name):
    token = REFUSED.get(name, make_token())
    # Envoy tells another audience apart; over REST the chart makes a 401 of it, over gRPC it cannot.
    code = CODES.get(name, grpc.StatusCode.UNAUTHENTICATED)
    with grpc.insecure_channel(f"{address}:8081") as channel:
        stub = grpc_predict_v2_pb2_grpc.GRPCInferenceServiceStub(channel)
        call = stub.ModelReady.future(
            pb.ModelReadyRequest(name="flight-delay"),
            timeout=10,
            wait_for_ready=True,
            metadata=[("authorization", f"Bearer {token}")],
        )
        assert call.code() == code
