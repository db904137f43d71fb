"""What leaves the cluster, and to which version it goes."""

import pytest

from tests.chart.combinations import JWT
from tests.chart.rendering import OTHER, VERSION, Object, Values, only, render

BOTH = {"versions": {VERSION: {"weight": 90}, OTHER: {"bundle": "gs://bundles/other", "weight": 10}}}
WITH_PAGE: Values = {"routes": {"page": True}}
MODEL = "/v2/models/flight-delay"
BELOW = ("", "/infer", "/ready", "/openapi.json", "/sample-request.json")


def matches(route: Object) -> list[Object]:
    return [match for rule in route["spec"]["rules"] for match in rule["matches"]]


def shares(rule: Object) -> dict[str, int]:
    return {backend["name"]: backend["weight"] for backend in rule["backendRefs"]}


def test_the_public_paths_are_these_and_no_others() -> None:
    route = only(render(), "HTTPRoute")
    public = {"/v2", "/v2/models", "/v2/health/live", "/v2/health/ready"}
    public |= {MODEL + below for below in BELOW} | {f"{MODEL}/versions/{VERSION}{below}" for below in BELOW}
    assert {match["path"]["value"] for match in matches(route)} == public
    assert {match["path"]["type"] for match in matches(route)} == {"Exact"}


def test_the_transformer_serves_every_public_path(public_path) -> None:
    routes = [each for each in render(WITH_PAGE) if each["kind"] == "HTTPRoute"]
    assert all(public_path(match["path"]["value"]) for route in routes for match in matches(route))


def test_the_pages_for_people_are_served_and_routed_only_if_asked_for() -> None:
    def is_served(objects: list[Object]) -> bool:
        (transformer,) = only(objects, "InferenceService")["spec"]["predictor"]["containers"]
        return "--page" in transformer["args"]

    without, with_page = render(), render(WITH_PAGE)
    assert not is_served(without)
    assert is_served(with_page)
    route = only(with_page, "HTTPRoute", "flight-delay-page")
    assert {match["path"]["value"] for match in matches(route)} == {
        f"{below}/{page}" for below in (MODEL, f"{MODEL}/versions/{VERSION}") for page in ("page", "api")
    }
    assert {match["path"]["type"] for match in matches(route)} == {"Exact"}
    assert only(with_page, "HTTPRoute", "flight-delay")["spec"] == only(without, "HTTPRoute")["spec"]


def test_the_pages_are_split_by_weight_too_and_a_version_s_own_are_its_own() -> None:
    by_weight, *pinned = only(render(BOTH, WITH_PAGE), "HTTPRoute", "flight-delay-page")["spec"]["rules"]
    assert shares(by_weight) == {f"flight-delay-{VERSION}-predictor": 90, f"flight-delay-{OTHER}-predictor": 10}
    for rule in pinned:
        (backend,) = rule["backendRefs"]
        version = backend["name"].removeprefix("flight-delay-").removesuffix("-predictor")
        assert all(f"/versions/{version}/" in match["path"]["value"] for match in rule["matches"])


def test_a_page_loads_without_a_token_and_nothing_else_does() -> None:
    objects = render(WITH_PAGE, {"auth": {"mode": "jwt", "jwt": JWT}})
    targets = {(each["kind"], each["name"]) for each in only(objects, "SecurityPolicy")["spec"]["targetRefs"]}
    assert targets == {("HTTPRoute", "flight-delay"), ("GRPCRoute", "flight-delay")}


def test_istio_lets_a_page_load_without_a_principal_and_nothing_else() -> None:
    values: Values = {"auth": {"mode": "istio", "jwt": JWT, "istio": {"scraperNamespaces": []}}}
    asked, open_to_all = only(render(WITH_PAGE, values), "AuthorizationPolicy")["spec"]["rules"]
    assert asked["from"]
    (operation,) = [each["operation"] for each in open_to_all["to"]]
    assert operation["methods"] == ["GET", "HEAD"]
    assert {path.rpartition("/")[2] for path in operation["paths"]} == {"page", "api"}


@pytest.fixture(scope="module")
def public_path():
    from transformer.rest import _MODEL_PATH, _PLAIN_PATHS

    return lambda path: path in _PLAIN_PATHS or _MODEL_PATH.fullmatch(path)


@pytest.mark.parametrize("kind", ["HTTPRoute", "GRPCRoute"])
def test_traffic_is_split_by_weight(kind: str) -> None:
    by_weight = only(render(BOTH), kind)["spec"]["rules"][0]
    assert shares(by_weight) == {
        f"flight-delay-{VERSION}-predictor": 90,
        f"flight-delay-{OTHER}-predictor": 10,
    }


def test_a_weight_of_zero_is_written_down() -> None:
    both = {"versions": {OTHER: {"bundle": "gs://bundles/other", "weight": 0}}}
    assert shares(only(render(both), "HTTPRoute")["spec"]["rules"][0])[f"flight-delay-{OTHER}-predictor"] == 0


@pytest.mark.parametrize("kind", ["HTTPRoute", "GRPCRoute"])
@pytest.mark.parametrize("version", [VERSION, OTHER])
def test_who_names_a_version_gets_it_and_no_other(kind: str, version: str) -> None:
    (pinned,) = [
        rule
        for rule in only(render(BOTH), kind)["spec"]["rules"]
        if any(header["value"] == version for match in rule["matches"] for header in match.get("headers", []))
    ]
    assert [backend["name"] for backend in pinned["backendRefs"]] == [f"flight-delay-{version}-predictor"]
    for match in pinned["matches"]:
        by_path = f"/versions/{version}" in match.get("path", {}).get("value", "")
        by_header = match.get("headers") == [{"type": "Exact", "name": "x-model-version", "value": version}]
        assert by_path != by_header


@pytest.mark.parametrize(("kind", "port"), [("HTTPRoute", 80), ("GRPCRoute", 8081)])
def test_a_shadow_gets_a_copy_of_what_is_routed_by_weight_and_of_nothing_else(kind: str, port: int) -> None:
    shadowed = {"shadow": OTHER, "versions": {OTHER: {"bundle": "gs://bundles/other", "weight": 0}}}
    by_weight, *pinned = only(render(shadowed), kind)["spec"]["rules"]
    (mirror,) = by_weight["filters"]
    backend = {"name": f"flight-delay-{OTHER}-predictor", "port": port}
    assert mirror == {"type": "RequestMirror", "requestMirror": {"backendRef": backend}}
    assert not any("filters" in rule for rule in pinned)
    assert not any("filters" in rule for rule in only(render(BOTH), kind)["spec"]["rules"])


def test_a_version_may_have_a_runtime_of_its_own() -> None:
    own = {"versions": {OTHER: {"bundle": "gs://b/o", "weight": 0, "runtime": {"name": "another"}}}}
    runtimes = {
        each["metadata"]["name"]: each["spec"]["predictor"]["model"]["runtime"]
        for each in render(own)
        if each["kind"] == "InferenceService"
    }
    assert runtimes == {f"flight-delay-{VERSION}": "kserve-xgbserver", f"flight-delay-{OTHER}": "another"}


def test_grpc_has_no_way_to_load_or_unload() -> None:
    methods = {match["method"]["method"] for match in matches(only(render(), "GRPCRoute"))}
    assert methods == {"ModelInfer", "ModelMetadata", "ModelReady", "ServerLive", "ServerMetadata", "ServerReady"}


def test_rest_and_grpc_share_no_listener() -> None:
    objects = render()
    sections = {only(objects, kind)["spec"]["parentRefs"][0]["sectionName"] for kind in ("HTTPRoute", "GRPCRoute")}
    assert sections == {listener["name"] for listener in only(objects, "Gateway")["spec"]["listeners"]}
    assert len(sections) == 2


def test_a_gateway_elsewhere_is_named_with_its_namespace() -> None:
    objects = render({"gateway": {"create": False, "name": "front", "namespace": "gateways"}})
    assert not any(each["kind"] == "Gateway" for each in objects)
    assert only(objects, "HTTPRoute")["spec"]["parentRefs"] == [
        {"name": "front", "namespace": "gateways", "sectionName": "http"}
    ]


def test_a_token_is_asked_for_on_both_routes_and_read_from_its_header_alone() -> None:
    spec = only(render({"auth": {"mode": "jwt", "jwt": JWT}}), "SecurityPolicy")["spec"]
    assert {target["kind"] for target in spec["targetRefs"]} == {"HTTPRoute", "GRPCRoute"}
    (provider,) = spec["jwt"]["providers"]
    assert provider["extractFrom"] == {"headers": [{"name": "Authorization", "valuePrefix": "Bearer "}]}
    assert "optional" not in spec["jwt"]


def test_a_token_for_another_audience_is_401_over_rest_and_a_limit_holds_for_both() -> None:
    objects = render({"auth": {"mode": "jwt", "jwt": {**JWT, "requestsPerSecond": 7}}})
    rest, grpc = (
        only(objects, "BackendTrafficPolicy", f"flight-delay-{kind}")["spec"] for kind in ("httproute", "grpcroute")
    )
    assert [override["response"] for override in rest["responseOverride"]] == [{"statusCode": 401}]
    assert "responseOverride" not in grpc
    for policy in (rest, grpc):
        assert policy["rateLimit"]["local"]["rules"][0]["limit"] == {"requests": 7, "unit": "Second"}


def test_istio_asks_for_a_principal() -> None:
    objects = render({"auth": {"mode": "istio", "jwt": JWT, "istio": {"scraperNamespaces": []}}})
    policy = only(objects, "AuthorizationPolicy")["spec"]
    assert policy["rules"] == [{"from": [{"source": {"requestPrincipals": ["https://issuer.example.com/*"]}}]}]
    assert policy["selector"] == only(objects, "RequestAuthentication")["spec"]["selector"]


def test_pods_let_in_gateway_and_scraper_and_the_scraper_to_rest_alone() -> None:
    policy = only(render(), "NetworkPolicy")["spec"]
    labels = only(render(), "InferenceService")["spec"]["predictor"]["labels"]
    assert policy["podSelector"]["matchLabels"] == labels
    assert policy["policyTypes"] == ["Ingress", "Egress"]
    requests, scrapes = policy["ingress"]
    assert {port["port"] for port in requests["ports"]} == {8080, 8081}
    assert {port["port"] for port in scrapes["ports"]} == {8080}
    assert all(rule["from"] for rule in policy["ingress"])


def test_each_autoscaler_watches_both_containers_of_its_own_version() -> None:
    own = {"versions": {OTHER: {"bundle": "gs://b/o", "weight": 0, "autoscaling": {"maxReplicas": 3}}}}
    scaler = only(render(own), "HorizontalPodAutoscaler", f"flight-delay-{OTHER}")["spec"]
    assert scaler["scaleTargetRef"]["name"] == f"flight-delay-{OTHER}-predictor"
    assert (scaler["minReplicas"], scaler["maxReplicas"]) == (2, 3)
    watched = [metric["containerResource"]["container"] for metric in scaler["metrics"]]
    assert watched == ["transformer-container", "kserve-container"]


def test_two_releases_of_a_namespace_share_no_name() -> None:
    named = [{(each["kind"], each["metadata"]["name"]) for each in render(release=release)} for release in ("a", "b")]
    assert not named[0] & named[1]
