"""``auth.mode: jwt``: who has no good token gets 401, over REST and gRPC; a page loads without one."""

import grpc
import pytest
from kserve.protocol.grpc import grpc_predict_v2_pb2 as pb
from kserve.protocol.grpc import grpc_predict_v2_pb2_grpc
from playwright.sync_api import expect, sync_playwright

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
        "routes": {"page": True},
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


PINNED = f"{MODEL}/versions/{BUNDLE.version}"
PATHS = [f"{MODEL}/infer", MODEL, f"{PINNED}/infer", PINNED, "/v2", "/v2/health/ready", "/v2/health/live"]


@pytest.mark.parametrize("path", PATHS)
def test_every_path_asks_for_a_token(address, path):
    assert ask(address, path, GOLDEN if path.endswith("infer") else None)[0] == 401


def test_who_names_a_version_in_a_header_is_asked_for_a_token_too(address):
    assert ask(address, f"{MODEL}/infer", GOLDEN, x_model_version=BUNDLE.version)[0] == 401
    with grpc.insecure_channel(f"{address}:8081") as channel:
        stub = grpc_predict_v2_pb2_grpc.GRPCInferenceServiceStub(channel)
        call = stub.ModelReady.future(
            pb.ModelReadyRequest(name="flight-delay"),
            timeout=10,
            wait_for_ready=True,
            metadata=[("x-model-version", BUNDLE.version)],
        )
        assert call.code() == grpc.StatusCode.UNAUTHENTICATED


@pytest.mark.parametrize("page", ["page", "api"])
@pytest.mark.parametrize("below", [MODEL, f"{MODEL}/versions/{BUNDLE.version}"], ids=["model", "version"])
def test_a_page_loads_without_a_token(address, below, page):
    status, headers, _ = ask(address, f"{below}/{page}")
    assert (status, headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert headers["content-security-policy"].startswith("default-src 'none'; ")
    assert ask(address, f"{below}/{page}", if_none_match=headers["etag"])[0] == 304


@pytest.mark.browser
def test_the_page_answers_who_types_a_token_in_and_nobody_else(address, chromium):
    with sync_playwright() as playwright:
        page = playwright.chromium.launch(executable_path=chromium).new_page(locale="en-GB")
        page.goto(f"http://{address}{MODEL}/page")
        page.get_by_role("button", name="Fill in an example").click()
        page.get_by_role("button", name="Ask", exact=True).click()
        expect(page.locator("#token-error")).to_contain_text("with status 401: it needs a good token")
        page.get_by_label("Bearer token").fill(make_token())
        page.get_by_role("button", name="Ask", exact=True).click()
        expect(page.locator("#answer .probability")).to_have_text(f"{BUNDLE.golden.probabilities[0]:.1%}")


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
