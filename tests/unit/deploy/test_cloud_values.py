from pathlib import Path

import pytest
import yaml

from scripts.cloud_values import VALUES, values
from tests.chart.rendering import only, render

GKE = yaml.safe_load(VALUES.read_text())
SUBSTITUTIONS = yaml.safe_load(Path("cloudbuild.yaml").read_text())["substitutions"]


def test_the_chart_takes_the_values_of_the_defaults():
    objects = render(values(GKE, SUBSTITUTIONS))
    assert only(objects, "HTTPRoute", "flight-delay")["spec"]["hostnames"] == [SUBSTITUTIONS["_HOSTNAME"]]
    assert only(objects, "HorizontalPodAutoscaler")["spec"]["maxReplicas"] == 10


def test_sizes_instances_and_concurrency_come_from_the_substitutions():
    changed = SUBSTITUTIONS | {"_MIN_REPLICAS": "4", "_MAX_REPLICAS": "7", "_MOST_ROWS_WAITING": "99", "_CPU": "2"}
    given = values(GKE, changed | {"_MEMORY": "1Gi", "_HOSTNAME": "scl.example.com"})
    size = {"cpu": "2", "memory": "1Gi"}
    assert given["transformer"] == {"mostRowsWaiting": 99, "resources": {"requests": size, "limits": size}}
    assert given["autoscaling"] == {"minReplicas": 4, "maxReplicas": 7}
    assert given["routes"] == {"hostnames": ["scl.example.com"], "grpc": False}


def test_the_image_is_left_to_the_pushed_chart():
    assert "image" in GKE["transformer"]
    assert "image" not in values(GKE, SUBSTITUTIONS)["transformer"]


@pytest.mark.parametrize("text", ["many", "0", "-1", "1.5", "٣"])
def test_a_number_that_is_none_is_refused_by_name(text):
    with pytest.raises(ValueError, match=r"_MAX_REPLICAS is .*: it must be a whole number above 0"):
        values(GKE, SUBSTITUTIONS | {"_MAX_REPLICAS": text})


def test_a_missing_substitution_is_refused_by_name():
    with pytest.raises(ValueError, match="_HOSTNAME is not set"):
        values(GKE, SUBSTITUTIONS | {"_HOSTNAME": ""})
