"""The chart, rendered as `helm install` would."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from copy import deepcopy
from functools import cache
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
CHART = ROOT / "helm/flight-delay"
LOAD_TEST = ROOT / "helm/flight-delay-loadtest"
VERSION = "scl-c4e6114b71"
OTHER = "scl-0123456789"

Object = dict[str, Any]
Values = Mapping[str, Any]

ONE_VERSION: Values = {"versions": {VERSION: {"bundle": f"gs://bundles/{VERSION}", "weight": 100}}}


def program(name: str) -> str:
    """Return the path of helm or kubectl: beside Python, where `make install` puts it, or on PATH."""
    path = shutil.which(name, path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    assert path, f"{name} is neither beside Python nor on PATH: `make install` brings it"
    return path


def helm(*arguments: str, values: Sequence[Values] = ()) -> subprocess.CompletedProcess[str]:
    """Run Helm with these values on top, in which later ones override earlier ones."""
    return _run((*arguments, *(["--values", "-"] if values else [])), json.dumps(merged(values)))


@cache  # a rendering takes a third of a second, and most tests look at the same ones
def _run(arguments: tuple[str, ...], stdin: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([program("helm"), *arguments], input=stdin, capture_output=True, text=True, timeout=60)


def forget() -> None:
    """Let the next rendering be a new one."""
    _run.cache_clear()


def text(*values: Values, files: Sequence[str] = (), release: str = "flight-delay") -> str:
    """Return what the chart renders with one version, these values files of its own, and these values on top."""
    named = [argument for name in files for argument in ("--values", str(CHART / name))]
    run = helm("template", release, str(CHART), "--namespace", "flights", *named, values=(ONE_VERSION, *values))
    assert run.returncode == 0, run.stderr
    return run.stdout


def render(*values: Values, files: Sequence[str] = (), release: str = "flight-delay") -> list[Object]:
    """Return the objects that the chart renders; see ``text``."""
    return [each for each in yaml.safe_load_all(text(*values, files=files, release=release)) if each]


def refusal(*values: Values, alone: bool = False, release: str = "flight-delay") -> str:
    """Return the sentence with which Helm refuses these values, with one version unless they are alone."""
    run = helm("template", release, str(CHART), values=values if alone else (ONE_VERSION, *values))
    assert run.returncode != 0, "the chart was rendered"
    return run.stderr


def only(objects: Sequence[Object], kind: str, name: str | None = None) -> Object:
    """Return the one object of its kind, and name if given."""
    (found,) = [each for each in objects if each["kind"] == kind and name in (None, each["metadata"]["name"])]
    return found


def merged(values: Sequence[Values]) -> dict[str, Any]:
    """Return these values in one, in which later ones override earlier ones."""
    together: dict[str, Any] = {}
    for each in values:
        _merge(together, each)
    return together


def _merge(into: dict[str, Any], values: Values) -> None:
    for key, value in values.items():
        if isinstance(value, Mapping) and isinstance(into.get(key), dict):
            _merge(into[key], value)
        else:
            into[key] = deepcopy(value)
