"""What leaves the cluster, and to which version it goes."""

from collections.abc import Sequence

import pytest

from tests.chart.combinations import JWT
from tests.chart.rendering import OTHER, VERSION, Object, Values, only, render

BOTH = {"versions": {VERSION: {"weight": 90}, OTHER: {"bundle": "gs://bundles/other", "weight": 10}}}
WITH_PAGE: Values = {"routes": {"page": True}}
KINDS = ("HTTPRoute", "GRPCRoute")
MODEL = "/v2/models/flight-delay"
BELOW = ("", "/infer", "/ready", "/openapi.json", "/sample-request.json")


def routes(objects: Sequence[Object], kind: str) -> list[Object]:
    return [each for each in objects if each["kind"] == kind]


def by_weight(objects: Sequence[Object], kind: str) -> Object:
    (rule,) = only(objects, kind, "flight-delay")["spec"]["rules"]
    return rule


def of_version(objects: Sequence[Object], kind: str, version: str) -> Object:
    (rule,) = only(objects, kind, f"flight-delay-{version}")["spec"]["rules"]
    return rule


def matches(*found: Object) -> list[Object]:
    return [match for route in found for rule in route["spec"]["rules"] for match in rule["matches"]]


def chosen(objects: Sequence[Object], policy: Object) -> set[tuple[str, str]]:
    """Return kinds and names of the routes that a policy is for."""
    return {
        (each["kind"], each["metadata"]["name"])
        for each in objects
        for target in policy["spec"]["targetSelectors"]
        if each["kind"] == target["kind"] and target["matchLabels"].items() <= each["metadata"]["labels"].items()
    }


def shares(rule: Object) -> dict[str, int]:
    return {backend["name"]: backend["weight"] for backend in rule["backendRefs"]}


def test_the_public_paths_are_these_and_no_others() -> None:
    found = matches(*routes(render(), "HTTPRoute"))
    public = {"/v2", "/v2/models", "/v2/health/live", "/v2/health/ready"}
    public |= {MODEL + below for below in BELOW} | {f"{MODEL}/versions/{VERSION}{below}" for below in BELOW}
    assert {match["path"]["value"] for match in found} == public
    assert {match["path"]["type"] for match in found} == {"Exact"}


def test_the_transformer_serves_every_public_path(public_path) -> None:
    assert all(public_path(match["path"]["value"]) for match in matches(*routes(render(WITH_PAGE), "HTTPRoute")))


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
    assert [each for each in routes(with_page, "HTTPRoute") if each != route] == routes(without, "HTTPRoute")


def test_the_pages_are_split_by_weight_too_and_a_version_s_own_are_its_own() -> None:
    split, *pinned = only(render(BOTH, WITH_PAGE), "HTTPRoute", "flight-delay-page")["spec"]["rules"]
    assert shares(split) == {f"flight-delay-{VERSION}-predictor": 90, f"flight-delay-{OTHER}-predictor": 10}
    for rule in pinned:
        (backend,) = rule["backendRefs"]
        version = backend["name"].removeprefix("flight-delay-").removesuffix("-predictor")
        assert all(f"/versions/{version}/" in match["path"]["value"] for match in rule["matches"])


def test_a_page_loads_without_a_token_and_nothing_else_does() -> None:
    objects = render(WITH_PAGE, {"auth": {"mode": "jwt", "jwt": JWT}})
    every = {(each["kind"], each["metadata"]["name"]) for kind in KINDS for each in routes(objects, kind)}
    assert every - chosen(objects, only(objects, "SecurityPolicy")) == {("HTTPRoute", "flight-delay-page")}


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


@pytest.mark.parametrize("kind", KINDS)
def test_traffic_is_split_by_weight(kind: str) -> None:
    assert shares(by_weight(render(BOTH), kind)) == {
        f"flight-delay-{VERSION}-predictor": 90,
        f"flight-delay-{OTHER}-predictor": 10,
    }


def test_a_weight_of_zero_is_written_down() -> None:
    both = {"versions": {OTHER: {"bundle": "gs://bundles/other", "weight": 0}}}
    assert shares(by_weight(render(both), "HTTPRoute"))[f"flight-delay-{OTHER}-predictor"] == 0


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("version", [VERSION, OTHER])
def test_who_names_a_version_gets_it_and_no_other(kind: str, version: str) -> None:
    pinned = of_version(render(BOTH), kind, version)
    assert [backend["name"] for backend in pinned["backendRefs"]] == [f"flight-delay-{version}-predictor"]
    for match in pinned["matches"]:
        by_path = f"/versions/{version}" in match.get("path", {}).get("value", "")
        by_header = match.get("headers") == [{"type": "Exact", "name": "x-model-version", "value": version}]
        assert by_path != by_header


def test_a_version_that_comes_changes_no_other_s_route() -> None:
    """Neither by a change of its own nor by its place among others."""
    one, two = (
        {(each["kind"], each["metadata"]["name"]): each for each in render(*values)}
        for values in ((), ({"versions": {OTHER: {"bundle": "gs://bundles/other", "weight": 0}}},))
    )
    new = {(kind, f"flight-delay-{OTHER}") for kind in KINDS}
    assert new <= two.keys() - one.keys()
    for kind in KINDS:
        assert one[kind, f"flight-delay-{VERSION}"] == two[kind, f"flight-delay-{VERSION}"]


@pytest.mark.parametrize(("kind", "port"), [("HTTPRoute", 80), ("GRPCRoute", 8081)])
def test_a_shadow_gets_a_copy_of_what_is_routed_by_weight_and_of_nothing_else(kind: str, port: int) -> None:
    shadowed = {"shadow": OTHER, "versions": {OTHER: {"bundle": "gs://bundles/other", "weight": 0}}}
    objects = render(shadowed)
    (mirror,) = by_weight(objects, kind)["filters"]
    backend = {"name": f"flight-delay-{OTHER}-predictor", "port": port}
    assert mirror == {"type": "RequestMirror", "requestMirror": {"backendRef": backend}}
    assert not any("filters" in of_version(objects, kind, version) for version in (VERSION, OTHER))
    assert not any("filters" in rule for route in routes(render(BOTH), kind) for rule in route["spec"]["rules"])


def test_a_version_may_have_a_runtime_of_its_own() -> None:
    own = {"versions": {OTHER: {"bundle": "gs://b/o", "weight": 0, "runtime": {"name": "another"}}}}
    runtimes = {
        each["metadata"]["name"]: each["spec"]["predictor"]["model"]["runtime"]
        for each in render(own)
        if each["kind"] == "InferenceService"
    }
    assert runtimes == {f"flight-delay-{VERSION}": "kserve-xgbserver", f"flight-delay-{OTHER}": "another"}


def test_grpc_has_no_way_to_load_or_unload() -> None:
    methods = {match["method"]["method"] for match in matches(*routes(render(), "GRPCRoute"))}
    assert methods == {"ModelInfer", "ModelMetadata", "ModelReady", "ServerLive", "ServerMetadata", "ServerReady"}


def test_rest_and_grpc_share_no_listener() -> None:
    objects = render()
    sections = {
        (kind, route["spec"]["parentRefs"][0]["sectionName"]) for kind in KINDS for route in routes(objects, kind)
    }
    assert {section for _, section in sections} == {
        listener["name"] for listener in only(objects, "Gateway")["spec"]["listeners"]
    }
    assert len(sections) == 2


def test_a_gateway_elsewhere_is_named_with_its_namespace() -> None:
    objects = render({"gateway": {"create": False, "name": "front", "namespace": "gateways"}})
    assert not any(each["kind"] == "Gateway" for each in objects)
    for route in routes(objects, "HTTPRoute"):
        assert route["spec"]["parentRefs"] == [{"name": "front", "namespace": "gateways", "sectionName": "http"}]


def test_a_token_is_asked_for_on_every_route_and_read_from_its_header_alone() -> None:
    objects = render(BOTH, {"auth": {"mode": "jwt", "jwt": JWT}})
    policy = only(objects, "SecurityPolicy")
    assert chosen(objects, policy) == {
        (kind, name) for kind in KINDS for name in ("flight-delay", f"flight-delay-{VERSION}", f"flight-delay-{OTHER}")
    }
    spec = policy["spec"]
    (provider,) = spec["jwt"]["providers"]
    assert provider["extractFrom"] == {"headers": [{"name": "Authorization", "valuePrefix": "Bearer "}]}
    assert "optional" not in spec["jwt"]


def test_a_token_for_another_audience_is_401_over_rest_and_a_limit_holds_for_both() -> None:
    objects = render({"auth": {"mode": "jwt", "jwt": {**JWT, "requestsPerSecond": 7}}})
    policies = [only(objects, "BackendTrafficPolicy", f"flight-delay-{kind}") for kind in ("httproute", "grpcroute")]
    for kind, policy in zip(KINDS, policies, strict=True):
        assert chosen(objects, policy) == {(kind, each["metadata"]["name"]) for each in routes(objects, kind)}
    rest, grpc = (policy["spec"] for policy in policies)
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
