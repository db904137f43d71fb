import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from scripts import dashboard, watch

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("there", "sentence"),
    [
        ((), "prometheus and grafana not on PATH"),
        (("prometheus",), "grafana not on PATH"),
        (("grafana-server",), "prometheus not on PATH"),
    ],
    ids=["neither", "only Prometheus", "only Grafana"],
)
def test_it_says_what_is_not_installed(tmp_path: Path, there: tuple[str, ...], sentence: str) -> None:
    for name in there:
        (tmp_path / name).symlink_to("/bin/true")
    run = subprocess.run(
        [sys.executable, "-m", "scripts.watch"],
        cwd=ROOT,
        env={**os.environ, "PATH": str(tmp_path)},
        capture_output=True,
        text=True,
    )
    assert (run.returncode, run.stdout) == (1, "")
    assert run.stderr == f"{sentence}: `make dashboard` needs prometheus and grafana installed\n"


def test_grafana_finds_the_charts_dashboard_and_prometheus(tmp_path: Path) -> None:
    watch.write_grafana(tmp_path, 9090)
    (source,) = json.loads((tmp_path / "provisioning/datasources/flight-delay.yaml").read_text())["datasources"]
    (provider,) = json.loads((tmp_path / "provisioning/dashboards/flight-delay.yaml").read_text())["providers"]
    assert source["url"] == "http://127.0.0.1:9090"
    assert Path(provider["options"]["path"], "dashboard.json") == dashboard.FILE


def test_the_charts_dashboard_is_made_of_the_list_of_its_panels() -> None:
    assert dashboard.FILE.read_text() == dashboard.text(), "make manifests writes it"


def test_no_panel_lies_on_another() -> None:
    taken = set()
    for panel in dashboard.dashboard()["panels"]:
        x, y, w, h = (panel["gridPos"][side] for side in "xywh")
        assert x + w <= 24
        cells = {(column, row) for column in range(x, x + w) for row in range(y, y + h)}
        assert not cells & taken, panel["title"]
        taken |= cells
