"""One run: its windows while it lasts, its verdict and its report at the end."""

import logging
import time
from collections.abc import Mapping
from pathlib import Path

import gevent
from locust.env import Environment
from locust.runners import MasterRunner

from loadtest import options as given
from loadtest import report
from loadtest.budgets import Budgets, share_misses
from loadtest.replicas import Replicas
from loadtest.scenarios import Scenario
from loadtest.shapes import Ramp, Spike
from loadtest.users import KITS
from loadtest.verdict import Verdict, notes, wrong_answers
from loadtest.windows import Window, Windows, total

logger = logging.getLogger(__name__)

_WINDOW_S = 1.0
_WINDOW_OF_WORKERS_S = 3.0  # as often as workers report
_STAGES = 10
_VERSION_ROW = "infer, version "


class Run:
    """What the process that decides, the only one or the master, keeps of a run.

    Args:
        environment: Locust's.
        scenario: What is run.
    """

    def __init__(self, environment: Environment, scenario: type[Scenario]) -> None:
        assert environment.parsed_options is not None
        self.environment = environment
        self.scenario = scenario
        self.options = environment.parsed_options
        self.budgets: Budgets = given.budgets_from(self.options, scenario.budgets)
        self.windows = Windows()
        self.golden: dict[str, int] = {}
        self.verdict: Verdict | None = None
        self.shape = self._shape()
        self._window_s = _WINDOW_OF_WORKERS_S if isinstance(environment.runner, MasterRunner) else _WINDOW_S
        self._replicas: Replicas | None = None
        self._started_s = 0.0
        self._watch: gevent.Greenlet | None = None

    def _shape(self) -> Ramp | Spike | None:
        options = self.options
        if self.scenario.load == "spike":
            return Spike(options.num_users, options.spike_factor, options.run_time)
        if self.scenario.load == "ramp":
            stage_s = max(3 * _WINDOW_S, options.run_time / _STAGES)
            if isinstance(self.environment.runner, MasterRunner):
                stage_s = max(stage_s, 3 * _WINDOW_OF_WORKERS_S)
            rate_per_user = options.rate / options.num_users
            return Ramp(
                options.num_users, rate_per_user, self.budgets, lambda: self.windows.all, stage_s, options.run_time
            )
        return None

    def start(self) -> None:
        """Begin to watch."""
        self.windows, self.verdict, self.golden = Windows(), None, {}
        self._started_s = time.monotonic()
        if self.options.replicas_of:
            self._replicas = Replicas(self.options.replicas_of)
        self._watch = gevent.spawn(self._close_windows)

    def stop(self) -> Verdict:
        """End it, judge it and write its report; a run that was ended stays as it is."""
        if self.verdict is None:
            if self._watch is not None:
                self._watch.kill()
                self._close_window()
            if self._replicas is not None:
                self._replicas.stop()
            self.verdict = self._judge()
            if self.options.report:
                report.write(Path(self.options.report), self.verdict)
            self._tell(self.verdict)
        return self.verdict

    def add_golden(self, checked: Mapping[str, int]) -> None:
        """Count golden flights that a worker has checked."""
        for version, count in checked.items():
            self.golden[version] = self.golden.get(version, 0) + count

    def _close_windows(self) -> None:
        while True:
            gevent.sleep(self._window_s)
            self._close_window()

    def _close_window(self) -> None:
        runner = self.environment.runner
        assert runner is not None
        workers = runner.clients.values() if isinstance(runner, MasterRunner) else [runner]
        cpu = max((getattr(each, "cpu_usage", getattr(each, "current_cpu_usage", 0)) for each in workers), default=0)
        self.windows.close(
            time.monotonic() - self._started_s,
            {name: entry for (name, _), entry in self.environment.stats.entries.items()},
            runner.user_count,
            float(cpu),
            self._replicas.ready if self._replicas else None,
        )

    def _counts(self, window: Window) -> bool:
        """Tell whether the budgets are held against a window."""
        if isinstance(self.shape, Ramp):
            return window in self.shape.good_windows
        if isinstance(self.shape, Spike):
            # users who have fallen behind in a spike catch up after it
            settled_s = self.shape.to_s + max(self.options.late_s, self._window_s)
            if self.shape.from_s < window.end_s and window.start_s < settled_s:
                return False
        # in the last window users end, and no longer send what is due
        return window.start_s >= self.options.warm_up_s and window.users > 0

    def _judge(self) -> Verdict:
        counted = self.windows.where(self._counts)
        failures = self._failures()
        missed = wrong_answers(failures)
        knee_rps = None
        if isinstance(self.shape, Ramp):
            knee_rps = self.shape.search.good_rps
            missed += self._knee_misses(knee_rps)
        elif not counted:
            missed.append("the run was too short: nothing of it is left to hold against the budgets")
        else:
            missed += self.budgets.missed_in(counted)
            if isinstance(self.shape, Spike):
                missed += self._spike_misses(counted)
        if self.options.shares:
            missed += share_misses(self._versions(), self.options.shares)
        return Verdict(
            scenario=self.scenario.__name__,
            host=self.environment.host or "",
            settings=given.shown(self.options),
            budgets=self.budgets,
            missed=[*dict.fromkeys(missed)],
            notes=notes(self.windows.all, self._golden()),
            windows=self.windows.all,
            counted=counted,
            failures=failures,
            golden=self._golden(),
            rate_per_user=self.options.rate / self.options.num_users,
            knee_rps=knee_rps,
            stages=self.shape.stages if isinstance(self.shape, Ramp) else (),
        )

    def _knee_misses(self, knee_rps: float) -> list[str]:
        if not total(window.everything for window in self.windows.all).requests:
            return ["no request was answered"]
        if not knee_rps:
            return [f"no rate kept the budget, from {self.options.rate:g} requests a second downwards"]
        if self.budgets.min_rps is not None and knee_rps < self.budgets.min_rps:
            return [f"the budget holds up to {knee_rps:.1f} requests a second: it must to {self.budgets.min_rps:g}"]
        return []

    def _spike_misses(self, counted: list[Window]) -> list[str]:
        """Hold the error budget against the spike too, in which latency is free."""
        return Budgets(None, None, self.budgets.error_rate, None).missed_in(
            [window for window in self.windows.all if window not in counted and window.start_s > self.options.warm_up_s]
        )

    def _failures(self) -> dict[str, int]:
        failures: dict[str, int] = {}
        for error in self.environment.stats.errors.values():
            sentence = error.parse_error(error.error)
            failures[sentence] = failures.get(sentence, 0) + error.occurrences
        return failures

    def _golden(self) -> Mapping[str, int]:
        return self.golden or KITS[self.environment].checker.checked

    def _versions(self) -> list[tuple[str, int]]:
        everything = total_rows(self.windows.all)
        return [
            (name.removeprefix(_VERSION_ROW), count)
            for name, count in everything.items()
            if name.startswith(_VERSION_ROW)
        ]

    def _tell(self, verdict: Verdict) -> None:
        for note in verdict.notes:
            logger.info(note)
        if verdict.knee_rps:
            logger.info("the budget holds up to %.0f requests a second", verdict.knee_rps)
        for sentence in verdict.missed:
            logger.error("missed: %s", sentence)
        if verdict.good:
            logger.info("every budget was kept")
        if self.options.report:
            logger.info("report: %s", Path(self.options.report) / "report.html")


def total_rows(windows: list[Window]) -> dict[str, int]:
    """Return how many requests each row had in all windows."""
    counts: dict[str, int] = {}
    for window in windows:
        for name, tally in window.rows.items():
            counts[name] = counts.get(name, 0) + tally.requests
    return counts
