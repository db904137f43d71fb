"""What the figures were measured on."""

import os
import platform
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from bench import wrk

_PACKAGES = (
    "kserve",
    "uvicorn",
    "uvloop",
    "httptools",
    "grpcio",
    "xgboost-cpu",
    "category_encoders",
    "pandas",
    "numpy",
)


def describe() -> dict[str, object]:
    """Return processor, versions and date."""
    return {
        "date": datetime.now(UTC).date().isoformat(),
        "processor": _processor(),
        "cores": os.cpu_count(),
        "kernel": platform.release(),
        "python": platform.python_version(),
        "wrk": wrk.version(),
        "packages": {name: version(name) for name in _PACKAGES},
    }


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        name, _, value = line.partition(":")
        if name.strip() == "model name":
            return value.strip()
    return platform.machine()
