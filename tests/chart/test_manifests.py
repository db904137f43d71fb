import os
import subprocess
from pathlib import Path

import yaml

from tests.chart.rendering import ROOT


def files(folder: Path) -> dict[str, str]:
    return {str(path.relative_to(folder)): path.read_text() for path in folder.rglob("*.yaml")}


def test_the_manifests_are_what_the_chart_renders(tmp_path: Path) -> None:
    environment = {key: value for key, value in os.environ.items() if not key.startswith("MAKE")}
    subprocess.run([ROOT / "scripts/manifests.sh", tmp_path], check=True, env=environment)
    rendered = files(tmp_path)
    for folder in ("base", "gke"):
        kept = {name: text for name, text in files(ROOT / "k8s").items() if name.startswith(folder)}
        assert kept == {name: text for name, text in rendered.items() if name.startswith(folder)}


def test_every_manifest_is_listed() -> None:
    for folder in (ROOT / "k8s/base", ROOT / "k8s/gke"):
        listed = yaml.safe_load((folder / "kustomization.yaml").read_text())["resources"]
        assert {*listed, "kustomization.yaml"} == {path.name for path in folder.iterdir()}
