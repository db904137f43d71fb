"""Every rule across values, by the sentence that it is refused with."""

import re

import pytest

from tests.chart.combinations import JWT
from tests.chart.rendering import CHART, OTHER, VERSION, Values, refusal

SEVENTEEN = {f"v{number}": {"bundle": "gs://b/v", "weight": 0} for number in range(16)}


def _jwt(**changes: object) -> Values:
    return {"auth": {"mode": "jwt", "jwt": {**JWT, **changes}}}


REFUSED: dict[str, tuple[Values, str]] = {
    "seventeen versions": ({"versions": SEVENTEEN}, "keep at most 16"),
    "weights that miss 100": (
        {"versions": {OTHER: {"bundle": "gs://b/v", "weight": 5}}},
        "add up to 105: they must add up to 100",
    ),
    "a shadow of nothing": ({"shadow": OTHER}, "none of versions: name one of them, or null"),
    "a shadow with traffic": ({"shadow": VERSION}, "it would see its own requests twice"),
    "a name that is too long": (
        {"versions": {"v" * 41: {"bundle": "gs://b/v", "weight": 0}}},
        "longer than 53 characters",
    ),
    "fewest above most": ({"autoscaling": {"minReplicas": 11}}, "raise maxReplicas or lower minReplicas"),
    "fewest above most in one version": (
        {"versions": {VERSION: {"autoscaling": {"maxReplicas": 1}}}},
        "at least 2 pods and at most 1",
    ),
    "percent of no request": (
        {"versions": {VERSION: {"runtime": {"resources": {"limits": {"cpu": 1}}}}}},
        "runtime.resources of versions.scl-c4e6114b71 has no requests.cpu",
    ),
    "a host name that is none": (
        {"routes": {"hostnames": ["flights.example.com", "flights_2"]}},
        "/routes/hostnames/1",
    ),
    "a wait of days": ({"pods": {"keepAliveSeconds": 90_000}}, "/pods/keepAliveSeconds"),
    "no way to the bundles": ({"networkPolicy": {"bundleStore": []}}, "networkPolicy.bundleStore is empty"),
    "a drain shorter than a request": ({"pods": {"drainSeconds": 5}}, "requests under way need the longer drain"),
    "a drain shorter than a connection": (
        {"pods": {"grpcConnectionSeconds": 20}},
        "gRPC connections leave by their age",
    ),
    "KEDA without Prometheus": ({"autoscaling": {"mode": "keda"}}, "set autoscaling.keda.serverAddress"),
    "no service account": ({"serviceAccount": {"create": False}}, "set serviceAccount.name"),
    "a Gateway made elsewhere": ({"gateway": {"namespace": "front"}}, "so leave it null"),
    "one port for two listeners": ({"gateway": {"grpc": {"port": 80}}}, "are both 80"),
    "one name for two listeners": ({"gateway": {"grpc": {"listener": "http"}}}, "are both http"),
    "a Gateway without a name": ({"gateway": {"create": False}}, "set gateway.name"),
    "tokens of no issuer": (_jwt(issuer=None), "set auth.jwt.issuer"),
    "tokens for any audience": (_jwt(audiences=[]), "set auth.jwt.audiences"),
    "tokens with two sets of keys": (_jwt(jwksInline="{}"), "are both set: keep one"),
    "tokens without keys": (_jwt(jwksUri=None), "set auth.jwt.jwksUri or auth.jwt.jwksInline"),
    "Istio without keys": ({"auth": {"mode": "istio", "jwt": {**JWT, "jwksUri": None}}}, "auth.mode is istio: set"),
    "a limit for nobody": (
        _jwt(requestsPerSecond=1, claimsToHeaders={"sub": None}),
        "set auth.jwt.claimsToHeaders.sub",
    ),
    "Google's proxy without Google": ({"auth": {"mode": "iap"}}, "set gke.enabled"),
    "Google's proxy in clear text": (
        {"auth": {"mode": "iap"}, "gke": {"enabled": True}, "routes": {"grpc": False}},
        "the proxy needs HTTPS",
    ),
    "half an OAuth client": (
        {
            "auth": {"mode": "iap", "iap": {"clientID": "client"}},
            "gke": {"enabled": True},
            "routes": {"grpc": False},
            "gateway": {"tls": {"options": {"certificates": "front"}}},
        },
        "set both, or neither",
    ),
    "gRPC through Google": ({"gke": {"enabled": True}}, "set routes.grpc to false"),
    "rules for nobody": ({"monitoring": {"rules": {"enabled": True}}}, "monitoring.mode none: set the mode"),
    "a policy that lets nobody in": ({"networkPolicy": {"gateways": []}}, "networkPolicy.gateways is empty"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refuses(name: str) -> None:
    values, sentence = REFUSED[name]
    assert sentence in refusal(values)


def test_refuses_no_version() -> None:
    assert "name at least one" in refusal(alone=True)


@pytest.mark.parametrize("release", ["2-flights", "flights.scl"])
def test_refuses_a_release_that_no_service_can_be_named_after(release: str) -> None:
    assert f"the release's name {release} makes the name {release}-flight-delay" in refusal(release=release)


def test_every_rule_has_a_test() -> None:
    rules = re.findall(r'\{\{- fail \(?(?:printf )?"([^"]+)"', (CHART / "templates/validate.yaml").read_text())
    assert len(rules) > 20
    refusals = "\n".join(
        [refusal(alone=True), refusal(release="2"), *(refusal(values) for values, _ in REFUSED.values())]
    )
    patterns = [re.sub("%[sd]", ".+", re.escape(rule)) for rule in rules]
    assert [pattern for pattern in patterns if not re.search(pattern, refusals)] == []


SCHEMA_REFUSED: dict[str, Values] = {
    "a key that is not there": {"replicas": 3},
    "a key that is not there in a version": {"versions": {VERSION: {"replicas": 3}}},
    "a weight above 100": {"versions": {VERSION: {"weight": 101}}},
    "a weight that is text": {"versions": {VERSION: {"weight": "100"}}},
    "a bundle over https": {"versions": {VERSION: {"bundle": "https://bundles/x"}}},
    "a version that is no DNS label": {"versions": {"2024.1": {"bundle": "gs://b/v", "weight": 0}}},
    "a tag that moves": {"transformer": {"image": {"tag": "latest"}}},
    "an unknown way to ask who it is": {"auth": {"mode": "basic"}},
    "root": {"runtime": {"runAsUser": 0}},
    "an image with a blank in it": {"transformer": {"image": {"repository": "flight delay"}}},
    "a tag with a blank in it": {"transformer": {"image": {"tag": "1.0 beta"}}},
    "a label that selects the pods": {"monitoring": {"labels": {"app.kubernetes.io/instance": "another"}}},
    "a dashboard's label that is the chart's": {
        "monitoring": {"dashboard": {"labels": {"app.kubernetes.io/name": "x"}}}
    },
    "a variable that is set already": {"tracing": {"environment": {"OTEL_RESOURCE_ATTRIBUTES": "a=b"}}},
    "a collector with a blank in it": {"tracing": {"endpoint": "http://collector :4318"}},
    "a share in percent": {"payloadLog": {"share": 5}},
    "a collector without a protocol": {"tracing": {"endpoint": "collector:4318"}},
    "an objective of no fault at all": {"monitoring": {"rules": {"availabilityPercent": 100}}},
    "a budget that lets no node drain": {"disruptionBudget": {"maxUnavailable": 0}},
}


@pytest.mark.parametrize("name", SCHEMA_REFUSED)
def test_the_schema_refuses(name: str) -> None:
    assert "values don't meet the specifications of the schema" in refusal(SCHEMA_REFUSED[name])
