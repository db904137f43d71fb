"""What the users of one process share: their requests, what checks the answers, how they introduce themselves."""

import json
from argparse import Namespace
from pathlib import Path

from flights import bundle as bundles
from flights.bundle import Bundle
from loadtest.answers import Checker
from loadtest.traffic import Request, Sizes, requests

POOL = 500
"""Requests that users take in turn; a second time round, answers must be those of the first."""

_GOLDEN_RATIO = 0.618033988749895


class Kit:
    """Shared by all users of a process.

    Args:
        options: Locust's options, ours among them.
        sizes: How many flights each request asks about.
    """

    def __init__(self, options: Namespace, sizes: Sizes) -> None:
        known = read_bundles(options.bundle)
        self.requests: tuple[Request, ...] = requests(options.seed, sizes, POOL, known)
        self.bodies = tuple(_body(request) for request in self.requests)
        self.checker = Checker(known)
        self.infer_path = f"/v2/models/{options.model}/infer"
        self.model = str(options.model)
        self.late_s = float(options.late_s)
        self.interval_s = options.users_at_rate / options.rate if options.rate else 0.0
        self.headers = {"Content-Type": "application/json", "Accept-Encoding": "identity", **authorization(options)}
        self._started = 0

    def next_phase(self) -> float:
        """Return a part of an interval, 0 to 1; however many are taken, they lie evenly."""
        self._started += 1
        return self._started * _GOLDEN_RATIO % 1


def authorization(options: Namespace) -> dict[str, str]:
    """Return the header that carries the token, if there is one."""
    return {"Authorization": f"Bearer {options.token}"} if options.token else {}


def read_bundles(folders: str) -> list[Bundle]:
    """Read the bundles of a list of folders, divided by commas.

    Raises:
        InvalidBundle: A folder holds none.
    """
    return [bundles.decode(Path(folder)) for folder in folders.split(",") if folder]


def _body(request: Request) -> bytes:
    inputs = [
        {"name": name, "shape": [request.count], "datatype": "BYTES", "data": column}
        for name, column in request.columns.items()
    ]
    return json.dumps({"inputs": inputs}, separators=(",", ":")).encode()
