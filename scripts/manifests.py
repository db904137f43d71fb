"""``python -m scripts.manifests``: renders k8s/ from the chart, for ``kubectl apply -k`` without Helm.

k8s/base is one file per kind of object, with the chart's comments, and k8s/loadtest the same of the load test's chart.
k8s/gke is an overlay over the base: what values-gke.yaml adds are its resources, what it changes are JSON patches, and
what it leaves out is deleted. So what somebody changes in the base, such as the bundle, holds on GKE too.
"""

import argparse
import shutil
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import jsonpatch
import yaml

ROOT = Path(__file__).parents[1]
HEADER = "# Rendered from helm/ by `make manifests`: change the charts or their values in k8s/, not this.\n"

Objects = Mapping[tuple[str, str], dict[str, Any]]
"""Objects by their kind and name."""


SERVICE, LOAD_TEST = "helm/flight-delay", "helm/flight-delay-loadtest"
_VALUES = {SERVICE: "k8s/values.yaml", LOAD_TEST: "k8s/loadtest-values.yaml"}


def render(chart: str, *options: str) -> dict[str, str]:
    """Return the text of every file that a chart renders, by its name."""
    with tempfile.TemporaryDirectory() as folder:
        command = ["helm", "template", Path(chart).name, chart, "--namespace", "flight-delay"]
        command += ["--values", _VALUES[chart], *options, "--skip-tests", "--output-dir", folder]
        subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
        files = sorted(Path(folder).rglob("*.yaml"))
        return {file.name: _without_helm(file.read_text()) for file in files}


def objects_of(files: Mapping[str, str]) -> Objects:
    """Return the objects in these files."""
    every = (each for text in files.values() for each in yaml.safe_load_all(text) if each)
    return {(each["kind"], each["metadata"]["name"]): each for each in every}


def write_base(folder: Path, files: Mapping[str, str]) -> None:
    """Write the files and the kustomization that lists them."""
    for name, text in files.items():
        (folder / name).write_text(text)
    _write_kustomization(folder, resources=sorted(files))


def write_overlay(folder: Path, base: Mapping[str, str], files: Mapping[str, str]) -> None:
    """Write what makes the objects of ``files`` out of those of ``base``.

    Args:
        folder: Beside the base's, which is called ``base``.
        base: The base's files.
        files: Those of the whole rendering. A file's objects are all new or all in the base.
    """
    old, new = objects_of(base), objects_of(files)
    added = [name for name, text in files.items() if not old.keys() & objects_of({name: text}).keys()]
    for name in added:
        (folder / name).write_text(files[name])
    patches = []
    for kind, name in sorted(old.keys() - new.keys()):
        file = f"{kind.lower()}-{name}-deleted.yaml"
        gone = {"apiVersion": old[kind, name]["apiVersion"], "kind": kind, "metadata": {"name": name}}
        _write(folder / file, {**gone, "$patch": "delete"})
        patches.append({"path": file})
    for kind, name in sorted(old.keys() & new.keys()):
        if operations := jsonpatch.make_patch(old[kind, name], new[kind, name]).patch:
            file = f"{kind.lower()}-{name}-patch.yaml"
            _write(folder / file, operations)
            patches.append({"path": file, "target": {"kind": kind, "name": name}})
    _write_kustomization(folder, resources=["../base", *sorted(added)], patches=patches)


def _write_kustomization(folder: Path, **fields: Sequence[Any]) -> None:
    kustomization = {"apiVersion": "kustomize.config.k8s.io/v1beta1", "kind": "Kustomization"}
    _write(folder / "kustomization.yaml", {**kustomization, "namespace": "flight-delay", **fields})


def _write(file: Path, content: object) -> None:
    file.write_text(HEADER + yaml.safe_dump(content, sort_keys=False))


def _without_helm(text: str) -> str:
    """Return a file without the label that says that Helm manages its objects: who applies these is not Helm."""
    label = "app.kubernetes.io/managed-by: Helm"
    return "".join(line for line in text.splitlines(keepends=True) if line.strip() != label)


def main() -> None:
    """Write the folders anew."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, nargs="?", default=ROOT / "k8s")
    folder: Path = parser.parse_args().folder
    base, gke = render(SERVICE), render(SERVICE, "--values", "helm/flight-delay/values-gke.yaml")
    for name in ("base", "gke", "loadtest"):
        shutil.rmtree(folder / name, ignore_errors=True)
        (folder / name).mkdir(parents=True)
    write_base(folder / "base", base)
    write_overlay(folder / "gke", base, gke)
    write_base(folder / "loadtest", render(LOAD_TEST))


if __name__ == "__main__":
    main()
