import json
from pathlib import Path

import pytest

from scripts import dashboard, watch


def test_it_says_that_prometheus_is_not_installed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "grafana-server").symlink_to("/bin/true")
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(watch, "UNPACKED", tmp_path)
    assert watch.main() == 1
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err == "prometheus not on PATH: install it, or scripts/prometheus.sh puts it into build/\n"


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
