"""Names that YAML takes for something else than text: versions and releases may be called after a date or a number."""

from collections.abc import Iterator

import pytest
import yaml

from tests.chart.combinations import JWT
from tests.chart.rendering import CHART, LOAD_TEST, Values, helm

ORDINARY = "scl-a"


def values_with(name: str) -> Values:
    """Every value of the chart that is free text, and is rendered alone, has this name."""
    return {
        "versions": {name: {"bundle": "gs://bundles/x", "weight": 100, "runtime": {"name": name}}},
        "runtime": {"image": name},
        "modelName": name,
        "pods": {
            "priorityClassName": name,
            "imagePullSecrets": [name],
            "nodeSelector": {"pool": name},
            "annotations": {"note": name},
        },
        "serviceAccount": {"name": name, "secrets": [name], "annotations": {"note": name}},
        "gateway": {
            "name": name,
            "className": name,
            "annotations": {"note": name},
            "http": {"listener": name},
            "grpc": {"listener": f"{name}0"},
            "tls": {"certificateSecrets": [name], "options": {"name": name}},
        },
        "routes": {"hostnames": [name], "page": True},
        "autoscaling": {"keda": {"serverAddress": "http://prometheus:9090", "authentication": name}},
        "monitoring": {"labels": {"team": name}, "dashboard": {"enabled": True, "labels": {"team": name}}},
        "tracing": {"endpoint": "http://collector:4318", "environment": {"A": name}},
        "auth": {"istio": {"scraperNamespaces": [name]}, "iap": {"clientID": name, "clientSecretName": name}},
    }


MODES: dict[str, Values] = {
    "the defaults": {},
    "another namespace's Gateway": {"gateway": {"create": False}},
    "KEDA": {"autoscaling": {"mode": "keda"}},
    "tokens": {"auth": {"mode": "jwt", "jwt": {**JWT, "requestsPerSecond": 5}}},
    "Istio": {"auth": {"mode": "istio", "jwt": JWT}},
    "Google's proxy": {
        "auth": {"mode": "iap"},
        "gke": {"enabled": True},
        "routes": {"grpc": False},
        "monitoring": {"mode": "podMonitoring", "rules": {"enabled": True}},
    },
    "the Prometheus operator": {"monitoring": {"mode": "podMonitor", "rules": {"enabled": True}}},
}


def types(rendered: object, path: str = "") -> Iterator[tuple[str, type]]:
    """Return where each scalar stands, and its type."""
    if isinstance(rendered, dict):
        for key, value in rendered.items():
            yield f"{path}, key", type(key)
            yield from types(value, f"{path}.{key}")
    elif isinstance(rendered, list):
        for position, value in enumerate(rendered):
            yield from types(value, f"{path}[{position}]")
    else:
        yield path, type(rendered)


def rendered_types(chart: str, release: str, *values: Values) -> list[tuple[str, type]]:
    run = helm("template", release, chart, values=values)
    assert run.returncode == 0, run.stderr
    return list(types([each for each in yaml.safe_load_all(run.stdout) if each]))


@pytest.mark.parametrize(
    ("name", "mode"), [*(("20171112", mode) for mode in MODES), *((name, "the defaults") for name in ("true", "null"))]
)
def test_a_name_stays_text_whatever_it_looks_like(name: str, mode: str) -> None:
    expected = rendered_types(str(CHART), ORDINARY, values_with(ORDINARY), MODES[mode])
    assert rendered_types(str(CHART), "true", values_with(name), MODES[mode]) == expected


@pytest.mark.parametrize("name", ["20171112", "true"])
def test_a_load_test_s_names_stay_text(name: str) -> None:
    def values(text: str) -> Values:
        return {
            "host": "http://flights.example.com",
            "image": {"repository": text, "pullSecrets": [text]},
            "token": {"secret": text, "key": text},
            "report": {"claim": text},
            "nodeSelector": {"pool": text},
            "options": {"users": text},
        }

    expected = rendered_types(str(LOAD_TEST), ORDINARY, values(ORDINARY))
    assert rendered_types(str(LOAD_TEST), "true", values(name)) == expected


def test_a_dashboard_without_labels_is_a_dashboard() -> None:
    values: Values = {"monitoring": {"dashboard": {"enabled": True, "labels": {"grafana_dashboard": None}}}}
    assert rendered_types(str(CHART), ORDINARY, values_with(ORDINARY), values)
