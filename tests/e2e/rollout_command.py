"""``python -m rollout`` on a test's namespace, as a person would run it."""

import os
import signal
import subprocess
import sys
from pathlib import Path

from tests.chart.rendering import ROOT, program
from tests.e2e.release import NAME, Namespace


class RolloutCommand:
    """The command with the options that every call needs.

    Args:
        namespace: The release's namespace.
    """

    def __init__(self, namespace: Namespace) -> None:
        self._options = ("--release", NAME, "--namespace", namespace.name)
        self._environment = {**os.environ, "PATH": f"{Path(program('helm')).parent}{os.pathsep}{os.environ['PATH']}"}

    def __call__(self, verb: str, *arguments: str, seconds: float = 170) -> subprocess.CompletedProcess[str]:
        """Run it to its end."""
        return subprocess.run(
            self._line(verb, arguments),
            cwd=ROOT,
            env=self._environment,
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
        )

    def begin(self, verb: str, *arguments: str) -> subprocess.Popen[str]:
        """Start it in a process group of its own."""
        return subprocess.Popen(
            self._line(verb, arguments),
            cwd=ROOT,
            env=self._environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def _line(self, verb: str, arguments: tuple[str, ...]) -> list[str]:
        return [sys.executable, "-m", "rollout", verb, *arguments, *self._options]


def kill(running: subprocess.Popen[str]) -> str:
    """Kill -9 a command and the helm that it may have called, and return what it had printed."""
    os.killpg(running.pid, signal.SIGKILL)
    printed, _ = running.communicate(timeout=10)
    return printed
