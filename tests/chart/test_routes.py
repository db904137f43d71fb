"""What leaves the cluster, and to which version it goes."""

import pytest

from tests.chart.combinations import JWT
from tests.chart.rendering import OTHER, VERSION, Object, Values, only, render

BOTH = {"versions": {VERSION: {"weight": 90}, OTHER: {"bundle": "gs://bundles/other", "weight": 10}}}
WITH_PAGE: Values = {"routes": {"page": True}}
MODEL = "/v2/models/flight-delay"
BELOW = ("", "/infer", "/ready", "/openapi.json", "/sample-request.json")


def by_weight(objects: list[Object], kind: str) -> Object:
    """Return the one rule of the route for who names no version."""
    (rule,) = only(objects, kind, "flight-delay")["spec"]["rules"]
    return rule


def pinned(objects: list[Object], kind: str, version: str) -> Object:
    """Return the one rule of the route for who names this version."""
    (rule,) = only(objects, kind, f"flight-delay-{version}-pinned")["spec"]["rules"]
    return rule


def matches(objects: list[Object], kind: str) -> list[Object]:
    routes = [each for each in objects if each["kind"] == kind]
    return [match for route in routes for rule in route["spec"]["rules"] for match in rule["matches"]]


def shares(rule: Object) -> dict[str, int]:
    return {backend["name"]: backend["weight"] for backend in rule["backendRefs"]}


def test_the_public_paths_are_these_and_no_others() -> None:
    public = {"/v2", "/v2/models", "/v2/health/live", "/v2/health/ready"}
    public |= {MODEL + below for below in BELOW} | {f"{MODEL}/versions/{VERSION}{below}" for below in BELOW}
    paths = [match["path"] for match in matches(render(), "HTTPRoute")]
    assert {path["value"] for path in paths} == public
    assert {path["type"] for path in paths} == {"Exact"}


def test_the_transformer_serves_every_public_path(public_path) -> None:
    assert all(public_path(match["path"]["value"]) for match in matches(render(WITH_PAGE), "HTTPRoute"))


def test_the_pages_for_people_are_served_and_routed_only_if_asked_for() -> None:
    def is_served(objects: list[Object]) -> bool:
        (transformer,) = only(objects, "InferenceService")["spec"]["predictor"]["containers"]
        return "--page" in transformer["args"]

    without, with_page = render(), render(WITH_PAGE)
    assert not is_served(without)
    assert is_served(with_page)
    page = only(with_page, "HTTPRoute", "flight-delay-page")
    paths = [match["path"] for match in matches([page], "HTTPRoute")]
    assert {path["value"] for path in paths} == {
        f"{below}/{name}" for below in (MODEL, f"{MODEL}/versions/{VERSION}") for name in ("page", "api")
    }
    assert {path["type"] for path in paths} == {"Exact"}
    others = [each for each in with_page if each["kind"] == "HTTPRoute" and each != page]
    assert others == [each for each in without if each["kind"] == "HTTPRoute"]


def test_the_pages_are_split_by_weight_too_and_a_version_s_own_are_its_own() -> None:
    split, *named = only(render(BOTH, WITH_PAGE), "HTTPRoute", "flight-delay-page")["spec"]["rules"]
    assert shares(split) == {f"flight-delay-{VERSION}-predictor": 90, f"flight-delay-{OTHER}-predictor": 10}
    for rule in named:
        (backend,) = rule["backendRefs"]
        version = backend["name"].removeprefix("flight-delay-").removesuffix("-predictor")
        assert all(f"/versions/{version}/" in match["path"]["value"] for match in rule["matches"])


def test_a_page_loads_without_a_token_and_nothing_else_does() -> None:
    objects = render(WITH_PAGE, {"auth": {"mode": "jwt", "jwt": JWT}})
    selectors = only(objects, "SecurityPolicy")["spec"]["targetSelectors"]
    asked = {
        (each["kind"], each["metadata"]["name"])
        for each in objects
        for selector in selectors
        if each["kind"] == selector["kind"] and selector["matchLabels"].items() <= each["metadata"]["labels"].items()
    }
    routes = {(each["kind"], each["metadata"]["name"]) for each in objects if each["kind"].endswith("Route")}
    assert routes - asked == {("HTTPRoute", "flight-delay-page")}


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
    assert shares(by_weight(render(BOTH), kind)) == {
        f"flight-delay-{VERSION}-predictor": 90,
        f"flight-delay-{OTHER}-predictor": 10,
    }


def test_a_weight_of_zero_is_written_down() -> None:
    both = {"versions": {OTHER: {"bundle": "gs://bundles/other", "weight": 0}}}
    assert shares(by_weight(render(both), "HTTPRoute"))[f"flight-delay-{OTHER}-predictor"] == 0


@pytest.mark.parametrize("kind", ["HTTPRoute", "GRPCRoute"])
@pytest.mark.parametrize("version", [VERSION, OTHER])
def test_who_names_a_version_gets_it_and_no_other(kind: str, version: str) -> None:
    rule = pinned(render(BOTH), kind, version)
    assert [backend["name"] for backend in rule["backendRefs"]] == [f"flight-delay-{version}-predictor"]
    for match in rule["matches"]:
        by_path = f"/versions/{version}" in match.get("path", {}).get("value", "")
        by_header = match.get("headers") == [{"type": "Exact", "name": "x-model-version", "value": version}]
        assert by_path != by_header


@pytest.mark.parametrize("kind", ["HTTPRoute", "GRPCRoute"])
def test_a_version_that_comes_changes_no_route_of_another(kind: str) -> None:
    """A rule that changed its place led to another version for a moment: Envoy Gateway names backends by places."""
    alone, both = (only(render(*more), kind, f"flight-delay-{VERSION}-pinned") for more in ((), (BOTH,)))
    assert OTHER < VERSION  # it stands before it
    assert alone == both


@pytest.mark.parametrize(("kind", "port"), [("HTTPRoute", 80), ("GRPCRoute", 8081)])
def test_a_shadow_gets_a_copy_of_what_is_routed_by_weight_and_of_nothing_else(kind: str, port: int) -> None:
    shadowed = {"shadow": OTHER, "versions": {OTHER: {"bundle": "gs://bundles/other", "weight": 0}}}
    objects = render(shadowed)
    (mirror,) = by_weight(objects, kind)["filters"]
    backend = {"name": f"flight-delay-{OTHER}-predictor", "port": port}
    assert mirror == {"type": "RequestMirror", "requestMirror": {"backendRef": backend}}
    assert not any("filters" in pinned(objects, kind, version) for version in (VERSION, OTHER))
    assert "filters" not in by_weight(render(BOTH), kind)


def test_a_version_may_have_a_runtime_of_its_own() -> None:
    own = {"versions": {OTHER: {"bundle": "gs://b/o", "weight": 0, "runtime": {"name": "another"}}}}
    runtimes = {
        each["metadata"]["name"]: each["spec"]["predictor"]["model"]["runtime"]
        for each in render(own)
        if each["kind"] == "InferenceService"
    }
    assert runtimes == {f"flight-delay-{VERSION}": "kserve-xgbserver", f"flight-delay-{OTHER}": "another"}


def test_grpc_has_no_way_to_load_or_unload() -> None:
    methods = {match["method"]["method"] for match in matches(render(), "GRPCRoute")}
    assert methods == {"ModelInfer", "ModelMetadata", "ModelReady", "ServerLive", "ServerMetadata", "ServerReady"}


def test_rest_and_grpc_share_no_listener() -> None:
    objects = render()
    by_kind = {kind: sections(objects, kind) for kind in ("HTTPRoute", "GRPCRoute")}
    assert set.union(*by_kind.values()) == {
        listener["name"] for listener in only(objects, "Gateway")["spec"]["listeners"]
    }
    assert [len(found) for found in by_kind.values()] == [1, 1]
    assert by_kind["HTTPRoute"] != by_kind["GRPCRoute"]


def sections(objects: list[Object], kind: str) -> set[str]:
    return {parent["sectionName"] for each in objects if each["kind"] == kind for parent in each["spec"]["parentRefs"]}


def test_a_gateway_elsewhere_is_named_with_its_namespace() -> None:
    objects = render({"gateway": {"create": False, "name": "front", "namespace": "gateways"}})
    assert not any(each["kind"] == "Gateway" for each in objects)
    parents = [each["spec"]["parentRefs"] for each in objects if each["kind"] == "HTTPRoute"]
    assert parents == [[{"name": "front", "namespace": "gateways", "sectionName": "http"}]] * 2


def test_a_token_is_asked_for_on_every_route_and_read_from_its_header_alone() -> None:
    objects = render({"auth": {"mode": "jwt", "jwt": JWT}})
    spec = only(objects, "SecurityPolicy")["spec"]
    for kind in ("HTTPRoute", "GRPCRoute"):
        (wanted,) = [each["matchLabels"] for each in spec["targetSelectors"] if each["kind"] == kind]
        labels = [each["metadata"]["labels"] for each in objects if each["kind"] == kind]
        assert len(labels) == 2
        assert all(wanted.items() <= each.items() for each in labels)
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
