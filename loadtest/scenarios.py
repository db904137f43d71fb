"""The scenarios, each a class of users: ``locust -f loadtest Steady`` or ``--tags steady``."""

import random
import time
from typing import ClassVar

from locust import tag, task

from loadtest import traffic
from loadtest.answers import Answer, is_clean_refusal
from loadtest.bad_requests import BAD_REQUESTS
from loadtest.budgets import Budgets
from loadtest.failures import Failed, WrongAnswer
from loadtest.over_grpc import GrpcUser
from loadtest.traffic import Request
from loadtest.users import PacedUser, RestUser, accepted
from loadtest.windows import BAD

_CALLERS_FAULT_OR_NONE = frozenset(range(100, 500)) - {429}
"""Statuses that are wrong for a bad request unless it is cleanly refused; 429 and 5xx are failures to answer."""


class Scenario(PacedUser):
    """What a scenario says of itself; options override it.

    Attributes:
        users: How many users ask.
        rate: Requests a second that they send together; 0 for as many as are answered.
        budgets: What it must keep. ``min_rps`` is a share of the rate here.
        sizes: How many flights each request asks about.
        load: How the number of users goes over the run: "steady", "ramp" or "spike".
    """

    abstract = True
    users: ClassVar[int] = 20
    rate: ClassVar[float] = 200.0
    budgets: ClassVar[Budgets] = Budgets(p95_ms=100, p99_ms=250, error_rate=0.0, min_rps=0.9)
    sizes: ClassVar[traffic.Sizes] = traffic.mostly_one
    load: ClassVar[str] = "steady"


class Steady(Scenario, RestUser):
    """A fixed rate."""

    @tag("steady")
    @task
    def send(self) -> None:
        """Ask at the next time."""
        self.ask()


class Ramp(Scenario, RestUser):
    """More and more users: finds the highest rate that keeps the budget."""

    load = "ramp"
    budgets = Budgets(p95_ms=100, p99_ms=250, error_rate=0.0, min_rps=None)

    @tag("ramp")
    @task
    def send(self) -> None:
        """Ask at the next time."""
        self.ask()


class Stress(Scenario, RestUser):
    """The old service's test: 500 users, each asking again as soon as it is answered, within 2 s."""

    users = 500
    rate = 0.0
    budgets = Budgets(p95_ms=2000, p99_ms=2000, error_rate=0.0, min_rps=None)
    sizes = traffic.one

    @tag("stress")
    @task
    def send(self) -> None:
        """Ask again."""
        self.ask()


class Spike(Scenario, RestUser):
    """A fixed rate, several times as much for a while, and back: the budget holds again soon after."""

    load = "spike"

    @tag("spike")
    @task
    def send(self) -> None:
        """Ask at the next time."""
        self.ask()


class Batch(Scenario, RestUser):
    """1 to 1,000 flights in a request."""

    users = 10
    rate = 20.0
    sizes = traffic.any_size
    budgets = Budgets(p95_ms=250, p99_ms=500, error_rate=0.0, min_rps=0.9)

    @tag("batch")
    @task
    def send(self) -> None:
        """Ask at the next time."""
        self.ask()

    def row(self, request: Request, _answer: Answer | None) -> str:
        """Name the order of magnitude."""
        return next(f"infer, up to {most} flights" for most in (1, 10, 100, 1000) if request.count <= most)


class Grpc(Scenario, GrpcUser):
    """A fixed rate over gRPC, to --grpc-host."""

    rate = 100.0

    @tag("grpc")
    @task
    def send(self) -> None:
        """Ask at the next time."""
        self.ask()


class Canary(Scenario, RestUser):
    """A fixed rate; share, errors and latency of each ``model_version``."""

    @tag("canary")
    @task
    def send(self) -> None:
        """Ask at the next time."""
        self.ask()

    def row(self, _request: Request, answer: Answer | None) -> str:
        """Name the version that answered."""
        return f"infer, version {answer.version}" if answer else "infer, no version answered"


class Abuse(Scenario, RestUser):
    """A share of bad requests, which must all be refused cleanly while good ones keep their budget."""

    @tag("abuse")
    @task
    def send(self) -> None:
        """Ask at the next time, or send something bad."""
        options = self.environment.parsed_options
        assert options is not None
        if self._dice.random() < options.bad_share:
            self._send_bad()
        else:
            self.ask()

    def on_start(self) -> None:
        """Take a dice of one's own."""
        self._dice = random.Random(self.next_request())

    def _send_bad(self) -> None:
        due_s = self.wait_until_due()
        bad = self._dice.choice(BAD_REQUESTS)
        headers = {**self.kit.headers, "Content-Type": bad.content_type}
        with self.post(bad.body, headers) as response:
            now_s = time.perf_counter()
            try:
                self.check_in_time(due_s, now_s)
                if not is_clean_refusal(response.status_code, response.content or b""):
                    if response.status_code in _CALLERS_FAULT_OR_NONE:
                        raise WrongAnswer(f"a bad request ({bad.fault}) got status {response.status_code}")
                    accepted(response)
            except Failed as failure:
                response.failure(failure)
            else:
                response.success()
            response.request_meta["response_time"] = (now_s - due_s) * 1e3
            response.request_meta["name"] = BAD + bad.fault
