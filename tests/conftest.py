"""What every test may ask for, and which tests this machine cannot run.

A test that needs the real data, the schemas, Prometheus, a cluster or a browser is deselected where there is none, and
counted as such: it is never skipped in silence. Where CHROMIUM names a browser, there has to be one.
"""

import os
import shutil
from pathlib import Path

import pytest
from hypothesis import settings

_REPOSITORY = Path(__file__).resolve().parent.parent
_SCL_DATA = Path(os.environ.get("SCL_DATA") or _REPOSITORY.parent / "shared/data/dataset_SCL.csv.gz")
_CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
_CRD_SCHEMAS = Path(os.environ.get("CRD_SCHEMAS") or _REPOSITORY.parent / "shared/schemas")

# the same examples every time, and no verdict on how fast they ran
settings.register_profile("flight-delay", derandomize=True, deadline=None, max_examples=50)
settings.load_profile("flight-delay")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    absent = set()
    if not _SCL_DATA.is_file():
        absent.add("scl")
    if not _CRD_SCHEMAS.exists():
        absent.add("schemas")
    if not (shutil.which("prometheus") and shutil.which("promtool")):
        absent.add("prometheus")
    if not os.environ.get("KUBECONFIG"):
        absent.add("cluster")
    if not _CHROMIUM:
        absent.add("browser")
    deselected = [item for item in items if any(mark.name in absent for mark in item.iter_markers())]
    if deselected:
        config.hook.pytest_deselected(items=deselected)
        items[:] = [item for item in items if item not in deselected]


@pytest.fixture(scope="session")
def scl_data() -> Path:
    """The real SCL data; only for tests marked ``scl``."""
    return _SCL_DATA


def pytest_configure() -> None:
    if _CHROMIUM and not Path(_CHROMIUM).is_file():
        raise pytest.UsageError(f"CHROMIUM is {_CHROMIUM}, where there is no browser: apt-get install chromium")


def pytest_report_header() -> str | None:
    return None if _CHROMIUM else "no Chromium: the tests that need a browser are deselected"


@pytest.fixture(scope="session")
def chromium() -> str:
    """The program of a Chromium; only for tests marked ``browser``."""
    assert _CHROMIUM
    return _CHROMIUM


@pytest.fixture(scope="session")
def crd_schemas() -> Path:
    """The JSON schemas of custom resources, GROUP/kind_version.json; only for tests marked ``schemas``."""
    return _CRD_SCHEMAS
