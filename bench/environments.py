"""Environments of their own for what cannot be installed beside the service."""

import logging
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from bench.errors import CannotInstall

logger = logging.getLogger(__name__)

FOLDER = Path("build/bench-envs")
VARIABLE = "BENCH_ENVS"
"""Names another folder."""

_INSTALL_LIMIT_S = 300


def python(name: str, packages: Sequence[str]) -> str:
    """Return the Python of the environment of that name, made and filled if it is not there.

    Args:
        name: Its folder's name.
        packages: What it must have, with versions.

    Raises:
        CannotInstall: It could not be made.
    """
    folder = Path(os.environ.get(VARIABLE) or FOLDER) / name
    executable, done = folder / "bin/python", folder / "installed.txt"
    wanted = "\n".join(packages)
    if not done.is_file() or done.read_text() != wanted:
        logger.info("installing %s into %s", ", ".join(packages), folder)
        uv = str(Path(sys.executable).parent / "uv")
        _run([uv, "venv", "--quiet", "--clear", "--python", sys.executable, str(folder)], name)
        _run([uv, "pip", "install", "--quiet", "--python", str(executable), *packages], name)
        done.write_text(wanted)
    return str(executable.absolute())


def _run(command: Sequence[str], name: str) -> None:
    try:
        run = subprocess.run(command, capture_output=True, text=True, timeout=_INSTALL_LIMIT_S, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise CannotInstall(f"{name} is left out, it cannot be installed: {error}") from error
    if run.returncode:
        last = run.stderr.strip().splitlines()[-1:] or ["uv says nothing"]
        raise CannotInstall(f"{name} is left out, it cannot be installed: {last[0].strip()}")
