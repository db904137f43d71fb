import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

CONFTEST = Path(__file__).parent.parent / "conftest.py"


@pytest.mark.parametrize(
    ("there", "chosen"),
    [("SCL_DATA", "scl"), ("KUBECONFIG", "cluster")],
    ids=["only the real data", "only a cluster"],
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
    )
    environment = {name: value for name, value in os.environ.items() if name not in ("SCL_DATA", "KUBECONFIG")}
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-v", "-p", "no:cacheprovider", "-o", "markers=scl\ncluster", str(tests)],
        cwd=tmp_path,
        env=environment | {there: __file__},
        capture_output=True,
        text=True,
        check=True,
    )
    assert {name for name in ("plain", "scl", "cluster") if f"test_{name} PASSED" in run.stdout} == {"plain", chosen}
    assert "1 deselected" in run.stdout
    assert "skipped" not in run.stdout
