"""Where a bundle came from, so that it can be made again."""

import platform
import subprocess
from importlib.metadata import version
from pathlib import Path

from training.cleaning import Cleaned
from training.dataset import Dataset

REPOSITORY = Path(__file__).resolve().parent.parent

_LIBRARIES = ("xgboost-cpu", "category_encoders", "holidays", "numpy", "pandas", "scikit-learn")
_SOURCES = ("flights", "training", "requirements")
"""What a booster depends on; a change elsewhere, such as in a bundle, does not make the commit untrue."""


def provenance(dataset: Dataset, cleaned: Cleaned, version_name: str | None) -> dict[str, object]:
    """Describe the making of a bundle; no clock and no path of this machine is in it."""
    command = ["python -m training", "--data", dataset.name]
    if version_name is not None:
        command += ["--version", version_name]
    return {
        "command": " ".join(command),
        "data": {
            "name": dataset.name,
            "sha256": dataset.sha256,
            "rows_read": cleaned.read_count,
            "rows_used": len(cleaned.rows),
            "rows_delayed": int(cleaned.delayed.sum()),
        },
        "python": platform.python_version(),
        "libraries": {library: version(library) for library in _LIBRARIES},
        "git": _git(),
    }


def _git() -> dict[str, object] | None:
    """Return the commit and whether the sources differ from it; None outside the project's own repository."""
    try:
        top, commit = _run("rev-parse", "--show-toplevel", "HEAD").splitlines()
        if Path(top).resolve() != REPOSITORY:
            return None
        return {"commit": commit, "dirty": bool(_run("status", "--porcelain", "--", *_SOURCES))}
    except (OSError, ValueError, subprocess.CalledProcessError):
        return None


def _run(*arguments: str) -> str:
    command = ["git", "-C", str(REPOSITORY), *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout
