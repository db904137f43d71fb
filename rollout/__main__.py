"""``python -m rollout``: brings versions in, moves traffic to them by steps, judges, and moves it back.

Exits with 0 when it did what it was asked for, 1 when a version did not pass, 2 when nothing could be decided.
"""

import argparse
import signal
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType
from typing import NoReturn

from kubernetes.client import ApiException
from rich.console import Console
from rich.live import Live
from rich.table import Table
from urllib3.exceptions import HTTPError

from rollout import arguments, by_hand, status, weights
from rollout.cluster import Cluster
from rollout.errors import CannotRollOut, RolledBack
from rollout.examiner import ClusterExaminer
from rollout.gateway import Gateway
from rollout.helm import Release
from rollout.journal import ConfigMapJournals, Observation
from rollout.judge import Ruling
from rollout.lock import Lock
from rollout.pod_metrics import PodSource
from rollout.prometheus import PrometheusSource
from rollout.start import Difference, NewVersion, Start
from rollout.steps import Clock, Rollout, Source
from rollout.tally import Reading, between

EXIT_ROLLED_BACK, EXIT_CANNOT, EXIT_INTERRUPTED = 1, 2, 130
WIDTH_IN_A_FILE = 150
STYLES = {Ruling.GO_ON: "green", Ruling.WAIT: "default", Ruling.ROLL_BACK: "red"}


class Command:
    """One command on one release.

    Args:
        parsed: Its arguments.
    """

    def __init__(self, parsed: argparse.Namespace) -> None:
        self._parsed = parsed
        if parsed.command == "run":
            self._steps = weights.parse_steps(parsed.steps)
            self._rules, self._pace = arguments.rules(parsed, len(self._steps)), arguments.pace(parsed)
        self.console = _console()
        self._release = Release(parsed.release, parsed.namespace, parsed.chart, parsed.context, self.note)
        self._cluster = Cluster(parsed.release, self._release.fullname, parsed.namespace, parsed.context)
        name = f"{self._release.fullname}-rollout"
        self._journals = ConfigMapJournals(self._cluster.core, parsed.namespace, name)
        self._name = name

    def note(self, text: str) -> None:
        """Print a line with the time."""
        self.console.print(f"{time.strftime('%H:%M:%S')} {text}", markup=False, soft_wrap=True)

    def status(self) -> None:
        """Print the table of versions, once or until interrupted."""
        source, window_s = self._source(), self._parsed.window
        before = source.read_now()
        if not self._parsed.watch:
            time.sleep(window_s)
            after = source.read_now()
            self.console.print(self._table(before, after))
            return
        with suppress(KeyboardInterrupt), Live(console=self.console, auto_refresh=False) as live:
            readings = [before]
            while True:
                time.sleep(min(2.0, window_s))
                readings.append(source.read_now())
                while len(readings) > 2 and readings[-1].at_s - readings[1].at_s >= window_s:
                    del readings[0]
                live.update(self._table(readings[0], readings[-1]), refresh=True)

    def _table(self, before: Reading, after: Reading) -> Table:
        journal = self._journals.load()
        found = status.rows(
            self._release.values(), self._cluster.pods(), self._cluster.services(), between(before, after), journal
        )
        return status.table(found, max(after.at_s - before.at_s, 1e-3), journal)

    def start(self) -> None:
        """Bring a version in."""
        parsed = self._parsed
        new = NewVersion(parsed.version, parsed.bundle, parsed.runtime, parsed.shadow)
        with self._lock(f"start {new.name}") as lock:
            self._release.check_chart()
            gateway = self._gateway()
            examiner = ClusterExaminer(self._cluster, gateway)
            start = Start(self._release, self._cluster, examiner, gateway, lock.check, self.note)
            differences = start.run(new, parsed.ready)
        self.note(f"{new.name} is in, {'as shadow' if new.shadow else 'at 0 %'}; its golden flights came back right")
        self.console.print(_differences(differences, new.name) if differences else "It answers them as before.")

    def run(self) -> None:
        """Take a version through its steps."""
        parsed = self._parsed
        self._check_out()
        with self._lock(f"run {parsed.version}") as lock:
            self._release.check_chart()
            examiner = ClusterExaminer(self._cluster, self._gateway())
            rollout = Rollout(
                self._release,
                self._source(),
                examiner,
                self._journals,
                self._rules,
                self._pace,
                check_lock=lock.check,
                note=self.note,
                watch=self._watched,
                clock=Clock(sleep=lock.pause),
            )
            try:
                journal = rollout.run(parsed.version, self._steps)
            except RolledBack:
                self._report_if_possible()
                raise
        self.note(f"{parsed.version}: {journal.state}, {journal.reason}")
        self._report_if_possible()

    def _watched(self, observation: Observation) -> None:
        requests = observation.canary.requests
        self.note(f"{observation.step} %: {observation.ruling} ({requests:,.0f} requests)")
        for finding in observation.findings:
            if finding.ruling != Ruling.GO_ON or observation.ruling == Ruling.GO_ON:
                self.console.print(f"         {finding.text}", style=STYLES[finding.ruling], markup=False)

    def promote(self) -> None:
        """Give a version all the traffic."""
        self._change(f"promote {self._parsed.version}", self._promoted)

    def _promoted(self) -> str:
        promoted = by_hand.promote(self._release, self._cluster, self._journals, self._parsed.version)
        return f"promoted: {weights.shown(promoted)}"

    def abort(self) -> None:
        """Put the weights back, whoever is at work."""
        self._change(
            "abort", lambda: f"back: {weights.shown(by_hand.abort(self._release, self._journals))}", force=True
        )

    def prune(self) -> None:
        """Take out versions without traffic."""
        keep = self._parsed.keep
        self._change(
            "prune", lambda: f"taken out: {', '.join(by_hand.prune(self._release, self._journals, keep)) or 'none'}"
        )

    def _change(self, what: str, change: Callable[[], str], *, force: bool = False) -> None:
        with self._lock(what, force=force):
            if not force:  # who is in a hurry is not told about charts
                self._release.check_chart()
            self.note(change())

    def report(self) -> None:
        """Write the report."""
        self._check_out()
        self._write_report()

    def _check_out(self) -> None:
        """Find out before the rollout, and not after it, that its report has no place."""
        out: Path = self._parsed.out
        if out.is_dir():
            raise CannotRollOut(f"--out {out} is a folder: it must be a file, such as {out / 'rollout.html'}")
        try:
            out.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise CannotRollOut(f"--out {out} cannot be written: {error.strerror}") from error

    def _report_if_possible(self) -> None:
        """Write the report; what was decided, and the exit code that says so, do not hang on it."""
        try:
            self._write_report()
        except (CannotRollOut, ApiException, HTTPError) as error:
            self.note(f"there is no report: {error}")

    def _write_report(self) -> None:
        from rollout import page  # its libraries take seconds, which an abort does not have

        journal, out = self._journals.load(), self._parsed.out
        if journal is None:
            raise CannotRollOut("no rollout is known: there is nothing to report")
        try:
            out.write_text(page.render(journal), encoding="utf-8")
        except OSError as error:
            raise CannotRollOut(f"--out {out} cannot be written: {error.strerror}") from error
        self.note(f"the report is in {out}")

    def _lock(self, what: str, *, force: bool = False) -> Lock:
        return Lock(self._cluster.leases, self._parsed.namespace, self._name, what, force=force, note=self.note)

    def _source(self) -> Source:
        if self._parsed.prometheus:
            return PrometheusSource(self._parsed.prometheus, self._parsed.namespace, self._release.fullname)
        return PodSource(self._cluster)

    def _gateway(self) -> Gateway:
        values = self._release.values()
        url = self._parsed.gateway or self._cluster.gateway(values)
        hosts = (values.get("routes") or {}).get("hostnames") or [None]
        return Gateway(url, values.get("modelName") or "flight-delay", arguments.token(), hosts[0])


def _console() -> Console:
    # a pipe has no width: a table there must not be cut to 80
    return Console(width=None if sys.stdout.isatty() else WIDTH_IN_A_FILE, highlight=False)


def _differences(differences: Sequence[Difference], version: str) -> Table:
    shown = Table(title=f"{version} answers differently from the current version")
    shown.add_column("flight")
    for name in ("current", "new"):
        shown.add_column(name, justify="right", no_wrap=True)
    for each in differences:
        cells = (f"{probability:.3f}{' delayed' if late else ''}" for probability, late in (each.current, each.new))
        shown.add_row(each.note, *cells)
    return shown


def simulate(parsed: argparse.Namespace) -> None:
    """Measure how often the rules are wrong."""
    from rollout import simulation

    pace = arguments.pace(parsed)
    traffic = simulation.Traffic(
        requests_per_second=parsed.rate, interval_s=pace.interval_s, longest_waits=int(pace.wait_s // pace.interval_s)
    )
    console = _console()
    rules = arguments.rules(parsed, len(traffic.steps) + 1)
    with console.status("playing") as shown:
        found = simulation.run(parsed.rollouts, traffic, rules, parsed.seed, lambda name: shown.update(name))
    table = Table(title=f"{parsed.rollouts} rollouts each, {parsed.rate:g} requests/s, seed {parsed.seed}")
    table.add_column("version", no_wrap=True)
    for name in ("found bad", "given up", "treated wrongly (95 % interval)", "canary's requests"):
        table.add_column(name, justify="right", no_wrap=True)
    for row in found:
        low, high = row.interval()
        wrong = f"{row.wrong} ({low:.2%} to {high:.2%})"
        table.add_row(row.scenario, str(row.rolled_back), str(row.undecided), wrong, f"{row.requests:,.0f}")
    console.print(table)


@contextmanager
def _interruptible() -> Iterator[None]:
    def interrupt(_number: int, _frame: FrameType | None) -> NoReturn:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def main(given: list[str] | None = None) -> int:
    """Run the command; return its exit code."""
    parsed = arguments.parser().parse_args(given)
    try:
        with _interruptible():
            if parsed.command == "simulate":
                simulate(parsed)
            else:
                getattr(Command(parsed), parsed.command)()
    except RolledBack as error:
        print(f"rolled back: {error}", file=sys.stderr)
        return EXIT_ROLLED_BACK
    except CannotRollOut as error:
        print(f"error: {error}", file=sys.stderr)
        return EXIT_CANNOT
    except ApiException as error:
        print(f"error: the API server answers {error.status}: {error.reason}", file=sys.stderr)
        return EXIT_CANNOT
    except HTTPError as error:
        print(f"error: the API server cannot be reached: {error}", file=sys.stderr)
        return EXIT_CANNOT
    except KeyboardInterrupt:
        print("interrupted: the weights stay; run it again to go on, or abort it", file=sys.stderr)
        return EXIT_INTERRUPTED
    return 0


if __name__ == "__main__":
    sys.exit(main())
