import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ABSENT = ("SCL_DATA", "KUBECONFIG", "CRD_SCHEMAS", "CHROMIUM")
MARKERS = "scl\ncluster\nschemas\nbrowser\nprometheus"
CONFTEST = Path(__file__).parent.parent / "conftest.py"


@pytest.mark.parametrize(
    ("there", "chosen"),
    [
        ("SCL_DATA", "scl"),
        ("KUBECONFIG", "cluster"),
        ("CRD_SCHEMAS", "schemas"),
        ("CHROMIUM", "browser"),
        ("PATH", "prometheus"),
    ],
    ids=["only the real data", "only a cluster", "only the schemas", "only a browser", "only Prometheus"],
)
def test_a_test_is_deselected_where_what_it_needs_is_absent(tmp_path: Path, there: str, chosen: str) -> None:
    tests = tmp_path / "tests"
    tests.mkdir()
    shutil.copy(CONFTEST, tests)
    (tests / "test_needs.py").write_text(
        "import pytest\n"
        "def test_plain(): pass\n"
        "@pytest.mark.scl\n"
        "def test_scl(scl_data): assert scl_data.is_file()\n"
        "@pytest.mark.cluster\n"
        "def test_cluster(): pass\n"
        "@pytest.mark.schemas\n"
        "def test_schemas(crd_schemas): assert crd_schemas.is_file()\n"
        "@pytest.mark.browser\n"
        "def test_browser(chromium): assert chromium\n"
        "@pytest.mark.prometheus\n"
        "def test_prometheus(): pass\n"
    )
    programs = tmp_path / "programs"
    programs.mkdir()
    for name in ("prometheus", "promtool"):
        (programs / name).symlink_to(sys.executable)  # anything that could be run
    environment = {name: value for name, value in os.environ.items() if name not in ABSENT}
    environment["PATH"] = str(tmp_path)  # where there is no browser, and no Prometheus
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-v", "-p", "no:cacheprovider", "-o", f"markers={MARKERS}", str(tests)],
        cwd=tmp_path,
        env=environment | {there: str(programs) if there == "PATH" else __file__},
        capture_output=True,
        text=True,
        check=True,
    )
    names = ("plain", "scl", "cluster", "schemas", "browser", "prometheus")
    assert {name for name in names if f"test_{name} PASSED" in run.stdout} == {"plain", chosen}
    assert "4 deselected" in run.stdout
    assert "skipped" not in run.stdout


def test_a_browser_that_is_named_has_to_be_there(tmp_path: Path) -> None:
    shutil.copy(CONFTEST, tmp_path)
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", str(tmp_path)],
        cwd=tmp_path,
        env=os.environ | {"CHROMIUM": "/nowhere/chromium"},
        capture_output=True,
        text=True,
    )
    assert run.returncode == pytest.ExitCode.USAGE_ERROR
    assert "CHROMIUM is /nowhere/chromium, where there is no browser" in run.stderr
