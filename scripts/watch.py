"""``python -m scripts.watch``: Prometheus and Grafana with the chart's dashboard, of a running ``make serve``.

``make dashboard`` runs it. It reads HTTP_PORT (8080), PROMETHEUS_PORT (9090) and GRAFANA_PORT (3000) from the
environment, keeps what both write in build/dashboard, and ends both on Ctrl-C. All listen on 127.0.0.1.
Where there is no Grafana, ``scripts.draw_dashboard`` shows the same panels in its place.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

from scripts import dashboard
from scripts.ports import ADDRESS

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "build/dashboard"
SCRAPE_S = 1
UNPACKED = ROOT / "build/prometheus/usr/bin"
"""Where scripts/prometheus.sh puts it."""


def prometheus_config(ports: Iterable[int], rules: Path | None = None) -> dict[str, Any]:
    """Return a configuration that scrapes transformers on these ports as a pod's are scraped; JSON is YAML too."""
    targets = [
        {"targets": [f"{ADDRESS}:{port}"], "labels": {"namespace": "flights", "pod": f"pod-{number}"}}
        for number, port in enumerate(ports)
    ]
    return {
        "global": {"scrape_interval": f"{SCRAPE_S}s", "evaluation_interval": f"{SCRAPE_S}s"},
        "rule_files": [] if rules is None else [str(rules)],
        "scrape_configs": [{"job_name": "flight-delay", "static_configs": targets}],
    }


def prometheus_arguments(folder: Path, port: int) -> list[str]:
    """Return Prometheus' arguments for a configuration in a folder, which takes its data as well."""
    return [
        f"--config.file={folder / 'prometheus.yml'}",
        f"--storage.tsdb.path={folder / 'prometheus'}",
        f"--web.listen-address={ADDRESS}:{port}",
        "--log.level=warn",
    ]


def write_grafana(folder: Path, prometheus_port: int) -> None:
    """Write what Grafana provisions itself with: its data source and the dashboard."""
    source = {
        "name": "Prometheus",
        "type": "prometheus",
        "url": f"http://{ADDRESS}:{prometheus_port}",
        "isDefault": True,
        "jsonData": {"timeInterval": f"{SCRAPE_S}s"},
    }
    dashboards = {"name": "flight-delay", "options": {"path": str(dashboard.FILE.parent)}}
    for kind, content in (
        ("datasources", {"apiVersion": 1, "datasources": [source]}),
        ("dashboards", {"apiVersion": 1, "providers": [dashboards]}),
    ):
        file = folder / "provisioning" / kind / "flight-delay.yaml"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(content))


def _grafana() -> list[str] | None:
    """Return how to start Grafana: a program of one word since 9.4, ``grafana-server`` before; None without any."""
    for name, command in (("grafana", ["server"]), ("grafana-server", [])):
        if program := shutil.which(name):
            beside = Path(program).resolve().parents[1]  # as its archive has it; packages put the rest elsewhere
            home = beside if (beside / "conf/defaults.ini").is_file() else Path("/usr/share/grafana")
            return [program, *command, "--homepath", str(home)]
    return None


def main() -> int:
    """Run both until Ctrl-C; return the exit code."""
    prometheus = shutil.which("prometheus") or shutil.which("prometheus", path=UNPACKED)
    grafana = _grafana()
    if prometheus is None:
        print("prometheus not on PATH: install it, or scripts/prometheus.sh puts it into build/", file=sys.stderr)
        return 1
    http_port, prometheus_port, grafana_port = (
        int(os.environ.get(name) or port)
        for name, port in (("HTTP_PORT", 8080), ("PROMETHEUS_PORT", 9090), ("GRAFANA_PORT", 3000))
    )
    FOLDER.mkdir(parents=True, exist_ok=True)
    (FOLDER / "prometheus.yml").write_text(json.dumps(prometheus_config([http_port])))
    write_grafana(FOLDER, prometheus_port)
    settings = {
        "GF_SERVER_HTTP_ADDR": ADDRESS,
        "GF_SERVER_HTTP_PORT": str(grafana_port),
        "GF_AUTH_ANONYMOUS_ENABLED": "true",
        "GF_AUTH_ANONYMOUS_ORG_ROLE": "Admin",
        "GF_PATHS_DATA": str(FOLDER / "grafana"),
        "GF_PATHS_LOGS": str(FOLDER / "grafana"),
        "GF_PATHS_PROVISIONING": str(FOLDER / "provisioning"),
        "GF_ANALYTICS_REPORTING_ENABLED": "false",
        "GF_ANALYTICS_CHECK_FOR_UPDATES": "false",
        "GF_LOG_LEVEL": "warn",
    }
    address = f"http://{ADDRESS}:{grafana_port}/d/{dashboard.UID}"
    if grafana is None:
        address = f"http://{ADDRESS}:{grafana_port}/ (grafana not on PATH: its panels are drawn instead)"
        program = [sys.executable, "-m", "scripts.draw_dashboard", f"http://{ADDRESS}:{prometheus_port}"]
        grafana = [*program, "--port", str(grafana_port)]
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    both = [
        subprocess.Popen([prometheus, *prometheus_arguments(FOLDER, prometheus_port)]),
        subprocess.Popen(grafana, env={**os.environ, **settings}),
    ]
    print(address, flush=True)
    try:
        while all(process.poll() is None for process in both):
            with suppress(subprocess.TimeoutExpired):
                both[0].wait(1)
    except KeyboardInterrupt:
        return 0
    finally:
        for process in both:
            process.terminate()
            process.wait()
    print("prometheus or what shows it ended by itself: the other one was stopped", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
