"""Load on the service, its answers checked, its budgets held: ``locust -f loadtest --host ... [Scenario]``.

Locust reads every file of this folder, each as a locustfile of its own; this one alone does something when read.
docs/loadtest.md says what there is to choose from.
"""

import http.client
import json
import logging
import math
import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from locust import events
from locust.argument_parser import LocustArgumentParser
from locust.env import Environment
from locust.runners import MasterRunner, WorkerRunner

from flights.errors import InvalidBundle
from loadtest import options as given
from loadtest.kit import Kit, authorization
from loadtest.run import Run
from loadtest.scenarios import Scenario, Steady
from loadtest.shapes import SPAWN_RATE
from loadtest.users import KITS

logger = logging.getLogger(__name__)

_RUN_TIME_S = 60
_USERS_RATE = 5.0  # of each user: with more, users would fall behind a service that is slow and still keeps up
_ANSWER_LIMIT_S = 10.0


class _CannotRun(Exception):
    """Why nothing was sent, as one sentence."""


def declare_options(parser: LocustArgumentParser) -> None:
    """Add ours to Locust's."""
    given.add_to(parser)


def prepare(environment: Environment, **_: Any) -> None:
    """Choose the scenario, and make what its users share."""
    try:
        _prepare(environment)
    except (_CannotRun, InvalidBundle, ValueError) as error:
        logger.error(error)
        sys.exit(1)


def _prepare(environment: Environment) -> None:
    options = environment.parsed_options
    assert options is not None
    scenario = _chosen(environment)
    if options.headless and not options.worker and not environment.host:
        raise _CannotRun("--host is not set: it must be a URL such as http://127.0.0.1:8080")
    if options.report and not options.worker:
        _check_place(Path(options.report))
    options.rate = options.rate or scenario.rate
    if options.num_users is None:
        options.num_users = max(scenario.users, math.ceil(options.rate / _USERS_RATE))
    options.users_at_rate = options.num_users
    options.spawn_rate = options.spawn_rate or min(float(options.num_users), SPAWN_RATE)
    options.run_time = options.run_time or (_RUN_TIME_S if options.headless or scenario.load != "steady" else None)
    environment.stop_timeout = environment.stop_timeout or options.late_s
    environment.user_classes = [scenario]
    KITS[environment] = Kit(options, scenario.sizes)
    if environment.host:
        options.grpc_host = options.grpc_host or given.grpc_host(environment.host)
        if options.headless and not options.worker:
            _check_there(environment.host, f"/v2/models/{options.model}", authorization(options))
    if isinstance(environment.runner, WorkerRunner):
        _follow_master(environment, scenario)
    else:
        _judge(environment, Run(environment, scenario))


def _chosen(environment: Environment) -> type[Scenario]:
    """Return the scenario that was named, by its class or by its tag; steady if none was."""
    options = environment.parsed_options
    assert options is not None
    scenarios: list[type[Scenario]] = environment.user_classes  # type: ignore[assignment]
    if options.tags:
        scenarios = [each for each in scenarios if each.__name__.lower() in options.tags]
    elif not options.user_classes:
        scenarios = [each for each in scenarios if each.__name__ == Steady.__name__]
    if len(scenarios) != 1:
        raise _CannotRun("name one scenario, as in: locust -f loadtest Steady, or with --tags steady")
    return scenarios[0]


def _check_place(folder: Path) -> None:
    """Make sure that the report has a place before the run, and not after it."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _CannotRun(f"--report {folder} cannot be written, {error.strerror}: nothing was sent") from None


def _check_there(host: str, path: str, headers: dict[str, str]) -> None:
    """Make sure that somebody serves the model, so that a wrong address is told at once."""
    parts = urlsplit(host)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(parts.netloc, timeout=_ANSWER_LIMIT_S)
    try:
        connection.request("GET", parts.path + path, headers=headers)
        answer = connection.getresponse()
        body = answer.read()
    except (OSError, http.client.HTTPException) as error:
        raise _CannotRun(f"{host} does not answer, {error}: nothing was sent") from None
    finally:
        connection.close()
    if answer.status != 200:
        raise _CannotRun(f"{host}{path} answered {answer.status}: nothing was sent")
    try:
        logger.info("%s serves %s, versions %s", host, path, ", ".join(json.loads(body)["versions"]))
    except (ValueError, KeyError, TypeError):
        raise _CannotRun(f"{host}{path} does not describe a model: nothing was sent") from None


def _judge(environment: Environment, run: Run) -> None:
    """Have the run watched, and its verdict decide on the exit code."""

    def decide(**_: Any) -> None:
        environment.process_exit_code = 0 if run.stop().good else 1

    environment.shape_class = run.shape
    environment.events.test_start.add_listener(lambda **_: run.start())
    options = environment.parsed_options
    if not (isinstance(environment.runner, MasterRunner) and options is not None and options.headless):
        environment.events.test_stop.add_listener(lambda **_: run.stop())  # else workers' last figures would be missed
    environment.events.quitting.add_listener(decide)
    environment.events.worker_report.add_listener(lambda data, **_: run.add_golden(data["golden"]))


def _follow_master(environment: Environment, scenario: type[Scenario]) -> None:
    """Take the master's options, and tell it which golden flights were checked since the last report."""

    def follow(**_: Any) -> None:
        options = environment.parsed_options
        assert options is not None
        KITS[environment] = Kit(options, scenario.sizes)

    def report(data: dict[str, Any], **_: Any) -> None:
        data["golden"] = KITS[environment].checker.take_checked()

    environment.events.test_start.add_listener(follow)
    environment.events.report_to_master.add_listener(report)


events.init_command_line_parser.add_listener(declare_options)
events.init.add_listener(prepare)
