import json
import tomllib
from pathlib import Path

import jsonschema
import pytest
import yaml

from tests.chart.combinations import COMBINATIONS
from tests.chart.rendering import CHART, ONE_VERSION, ROOT, forget, helm, render, text

CORE = {"v1", "apps/v1", "autoscaling/v2", "networking.k8s.io/v1", "policy/v1"}

combination = pytest.mark.parametrize("name", COMBINATIONS)


@pytest.mark.parametrize("file", ["values.yaml", "values-local.yaml", "values-gke.yaml"])
def test_lint_has_nothing_to_say(file: str) -> None:
    run = helm("lint", "--strict", str(CHART), "--values", str(CHART / file), values=(ONE_VERSION,))
    assert run.returncode == 0, run.stdout
    assert "WARNING" not in run.stdout


@combination
def test_the_same_values_render_the_same_text(name: str) -> None:
    files, values = COMBINATIONS[name]
    first = text(values, files=files)
    forget()
    assert text(values, files=files) == first


@combination
def test_no_object_comes_twice(name: str) -> None:
    files, values = COMBINATIONS[name]
    named = [(each["kind"], each["metadata"]["name"]) for each in render(values, files=files)]
    assert len(set(named)) == len(named)


@pytest.mark.schemas
@combination
def test_custom_resources_fit_their_schemas(name: str, crd_schemas: Path) -> None:
    files, values = COMBINATIONS[name]
    faults = []
    for each in render(values, files=files):
        if each["apiVersion"] in CORE:
            continue
        group, version = each["apiVersion"].split("/")
        schema = json.loads((crd_schemas / group / f"{each['kind'].lower()}_{version}.json").read_text())
        errors = jsonschema.Draft202012Validator(schema).iter_errors(each)
        faults += [f"{each['kind']} {error.json_path}: {error.message}" for error in errors]
    assert faults == []


def test_chart_image_and_package_have_one_version() -> None:
    chart = yaml.safe_load((CHART / "Chart.yaml").read_text())
    package = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    assert (chart["version"], chart["appVersion"]) == (package, package)
