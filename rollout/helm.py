"""The release, through Helm: every change is a revision, and its description says why."""

import json
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import yaml

from rollout.errors import CannotRollOut
from rollout.weights import Weights

Values = dict[str, Any]

TIMEOUT_S = 120
BUSY = "another operation"
"""What Helm says of a release whose last revision is pending."""
PENDING_S = 20.0
"""A revision that is pending for longer belongs to a command that was killed: without hooks it takes seconds."""


@dataclass(frozen=True, slots=True)
class Revision:
    """A revision of the release.

    Attributes:
        number: From 1.
        status: ``deployed``, ``superseded``, ``failed`` or ``pending-...``.
        chart: Name and version of its chart.
        description: Why it was made.
        at_s: When, in seconds since the epoch.
    """

    number: int
    status: str
    chart: str
    description: str
    at_s: float


class Release:
    """A release of the chart.

    Args:
        name: Its name.
        namespace: Its namespace.
        chart: The chart's folder or address, for the next revision.
        context: Context of the kubeconfig; None: the current one.
        note: Where to say what is unusual.
    """

    def __init__(
        self,
        name: str,
        namespace: str,
        chart: str,
        context: str | None = None,
        note: Callable[[str], None] = lambda _text: None,
    ) -> None:
        self.name = name
        self.namespace = namespace
        self._chart = chart
        self._context = context
        self._note = note
        self._program = _program()

    @property
    def fullname(self) -> str:
        """Return the name of what the release has once, as the chart makes it."""
        return self.name if "flight-delay" in self.name else f"{self.name}-flight-delay"

    def values(self) -> Values:
        """Return the values that were given, without the chart's defaults."""
        values: Values = json.loads(self._helm("get", "values", self.name, "--output", "json")) or {}
        if not values.get("versions"):
            raise CannotRollOut(f"release {self.name} has no versions: it is no release of this chart")
        return values

    def weights(self) -> dict[str, int]:
        """Return every version's weight."""
        return {version: int(own["weight"]) for version, own in self.values()["versions"].items()}

    def shadow(self) -> str | None:
        """Return the version that gets copies."""
        return self.values().get("shadow")

    def revisions(self) -> list[Revision]:
        """Return the history, oldest first."""
        return [
            Revision(
                number=each["revision"],
                status=each["status"],
                chart=each["chart"],
                description=each["description"],
                at_s=datetime.fromisoformat(each["updated"]).timestamp(),
            )
            for each in json.loads(self._helm("history", self.name, "--output", "json"))
        ]

    def upgrade(self, change: Callable[[Values], Values], why: str) -> None:
        """Make the next revision from the values of the last one, changed.

        Raises:
            CannotRollOut: Helm or the chart refuses it; a sentence of theirs says why.
        """
        values = change(self.values())
        arguments = ("upgrade", self.name, self._chart, "--reset-values", "--values", "-", "--description", why)
        deadline_s = time.monotonic() + PENDING_S
        while True:
            try:
                # JSON is YAML to Helm, and leaves it nothing to guess: PyYAML writes the text 1e5 without quotes
                self._helm(*arguments, stdin=json.dumps(values))
            except CannotRollOut as error:
                if BUSY not in str(error) or time.monotonic() > deadline_s:
                    raise
                time.sleep(1)
            else:
                return

    def set_weights(self, weights: Weights, why: str) -> None:
        """Give every version its weight, in one revision; who had copies and gets traffic has no copies any more."""

        def change(values: Values) -> Values:
            versions = {
                version: {**own, "weight": weights.get(version, 0)} for version, own in values["versions"].items()
            }
            shadow = values.get("shadow")
            kept = {**values, "versions": versions}
            return {**kept, "shadow": None} if shadow and weights.get(shadow) else kept

        self.upgrade(change, why)

    def recover(self) -> None:
        """Roll back to the last whole revision if a killed command left the release between two."""
        deadline_s = time.monotonic() + PENDING_S
        while (last := self.revisions()[-1]).status.startswith("pending"):
            if time.time() - last.at_s > PENDING_S or time.monotonic() > deadline_s:
                break
            time.sleep(1)
        else:
            return
        whole = [each for each in self.revisions() if each.status == "deployed"]
        if not whole:
            raise CannotRollOut(f"release {self.name} is {last.status} and has no whole revision to go back to")
        self._note(f"revision {last.number} was left {last.status}: back to revision {whole[-1].number}")
        self._helm("rollback", self.name, str(whole[-1].number))

    def check_chart(self) -> None:
        """Say so if the next revision will be of another chart than the last one."""
        local = Path(self._chart, "Chart.yaml")
        if not local.is_file():
            return
        described = yaml.safe_load(local.read_text())
        ours, theirs = f"{described['name']}-{described['version']}", self.revisions()[-1].chart
        if ours != theirs:
            self._note(f"the release was made by chart {theirs}: the next revision will be of {ours} ({self._chart})")

    def _helm(self, *arguments: str, stdin: str | None = None) -> str:
        context = () if self._context is None else ("--kube-context", self._context)
        command = [self._program, *arguments, "--namespace", self.namespace, *context]
        try:
            run = subprocess.run(command, input=stdin, capture_output=True, text=True, timeout=TIMEOUT_S, check=False)
        except subprocess.TimeoutExpired:
            raise CannotRollOut(f"helm {arguments[0]} took more than {TIMEOUT_S} s") from None
        if run.returncode:
            raise CannotRollOut(f"helm {arguments[0]}: {_last_line(run.stderr)}")
        return run.stdout


def with_version(values: Values, version: str, own: Mapping[str, Any]) -> Values:
    """Return values with one more version, or with another description of it."""
    return {**values, "versions": {**values["versions"], version: dict(own)}}


def without_versions(values: Values, gone: frozenset[str]) -> Values:
    """Return values without some versions."""
    versions = {version: own for version, own in values["versions"].items() if version not in gone}
    kept = {**values, "versions": versions}
    return {**kept, "shadow": None} if values.get("shadow") in gone else kept


def _program() -> str:
    found = shutil.which("helm") or shutil.which("helm", path=str(Path(sys.executable).parent))
    if not found:
        raise CannotRollOut("helm is not on PATH: `make install` brings it")
    return found


def _last_line(text: str) -> str:
    lines = [line for line in text.strip().splitlines() if line.strip()]
    return lines[-1].removeprefix("Error: ") if lines else "it failed without a word"
