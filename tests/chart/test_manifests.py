"""k8s/ is what the chart renders, and its overlay for GKE what the chart renders with values-gke.yaml."""

import subprocess
from pathlib import Path

import pytest
import yaml

from scripts import manifests
from tests.chart.rendering import CHART, ROOT, helm, program


def contents(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text() for path in folder.iterdir()}


@pytest.fixture(autouse=True)
def helm_on_path(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(Path(program("helm")).parent), prepend=":")


def test_the_manifests_are_what_the_chart_renders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.argv", ["manifests", str(tmp_path)])
    manifests.main()
    for folder in ("base", "gke", "loadtest"):
        assert contents(ROOT / "k8s" / folder) == contents(tmp_path / folder)


@pytest.mark.parametrize(("folder", "files"), [("base", []), ("gke", ["values-gke.yaml"])])
def test_kustomize_builds_the_objects_that_helm_renders(folder: str, files: list[str]) -> None:
    command = [program("kubectl"), "kustomize", str(ROOT / "k8s" / folder)]
    built = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    options = [
        option for file in (ROOT / "k8s/values.yaml", *(CHART / name for name in files)) for option in ("-f", file)
    ]
    rendered = helm("template", "flight-delay", str(CHART), "--skip-tests", *map(str, options)).stdout
    assert manifests.objects_of({"": built}) == {
        key: {**each, "metadata": {**without_manager(each["metadata"]), "namespace": "flight-delay"}}
        for key, each in manifests.objects_of({"": rendered}).items()
    }


def without_manager(metadata: dict[str, object]) -> dict[str, object]:
    labels = {key: value for key, value in metadata["labels"].items() if key != "app.kubernetes.io/managed-by"}
    return {**metadata, "labels": labels}


def test_a_second_version_and_its_changes_reach_the_overlay(tmp_path: Path) -> None:
    service = "kind: {kind}\napiVersion: v1\nmetadata: {{name: {name}}}\ndata: {{key: {value}}}\n"
    pair = [
        {f"{name}.yaml": service.format(kind="ConfigMap", name=name, value=value) for name in ("a", "b")}
        for value in (1, 2)
    ]
    for folder in ("base", "gke"):
        (tmp_path / folder).mkdir()
    manifests.write_base(tmp_path / "base", pair[0])
    manifests.write_overlay(tmp_path / "gke", *pair)
    built = subprocess.run(
        [program("kubectl"), "kustomize", str(tmp_path / "gke")], capture_output=True, text=True, check=True
    )
    assert [each["data"]["key"] for each in yaml.safe_load_all(built.stdout)] == [2, 2]
