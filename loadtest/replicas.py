"""How many pods of a Deployment are ready, as kubectl tells."""

import math
import re
import time

import gevent
from gevent import subprocess

_EVERY_S = 3.0


class Replicas:
    """Asks every few seconds until it is stopped.

    Args:
        deployment: ``<namespace>/<name>``.

    Attributes:
        ready: What was told last; None until then, and when kubectl does not know.
    """

    def __init__(self, deployment: str) -> None:
        match = re.fullmatch(r"([a-z0-9.-]+)/([a-z0-9.-]+)", deployment)
        if match is None:
            raise ValueError(f"--replicas-of is {deployment!r}: it must be <namespace>/<deployment>")
        self._command = [
            "kubectl",
            "-n",
            match[1],
            "get",
            "deployment",
            match[2],
            "-o",
            "jsonpath={.status.readyReplicas}",
        ]
        self.ready: int | None = None
        self._greenlet = gevent.spawn(self._run)

    def stop(self) -> None:
        """Ask no more."""
        self._greenlet.kill()

    def _run(self) -> None:
        while True:
            started_s = time.monotonic()
            told = subprocess.run(self._command, capture_output=True, text=True, check=False)
            self.ready = int(told.stdout or 0) if told.returncode == 0 else None
            gevent.sleep(max(0.0, _EVERY_S - (time.monotonic() - started_s)))


def most(counts: list[int | None]) -> float:
    """Return the largest count that is known; NaN if none is."""
    return max((float(count) for count in counts if count is not None), default=math.nan)
