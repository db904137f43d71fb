"""Users that ask at their times and check every answer, over REST."""

import json
import time
from collections.abc import Mapping
from typing import Any
from weakref import WeakKeyDictionary

import gevent
from locust import FastHttpUser, User
from locust.contrib.fasthttp import ResponseContextManager, RestResponseContextManager
from locust.env import Environment

from loadtest.answers import Answer
from loadtest.failures import Failed, NoAnswer, Refused
from loadtest.kit import Kit
from loadtest.pacing import Pacing
from loadtest.traffic import Request

KITS: WeakKeyDictionary[Environment, Kit] = WeakKeyDictionary()
"""What the users of an environment share; it is there before the first of them starts."""

_LONGEST_SENTENCE = 160


class PacedUser(User):
    """Sends its requests when they are due, and has their latency counted from then."""

    abstract = True

    def __init__(self, environment: Environment) -> None:
        self.kit = KITS[environment]  # first: the class below asks it for the limit of an answer
        super().__init__(environment)
        phase = self.kit.next_phase()
        self._at = int(phase * len(self.kit.requests))
        self._pacing = Pacing.starting(time.perf_counter(), self.kit.interval_s, phase)

    def wait_time(self) -> float:
        """Do not wait between tasks: each waits for its own time."""
        return 0.0

    def wait_until_due(self) -> float:
        """Wait for the time of the next request, and return it on ``time.perf_counter``'s clock."""
        now_s = time.perf_counter()
        due_s = self._pacing.due(now_s)
        gevent.sleep(max(0.0, due_s - now_s))
        return due_s if self.kit.interval_s else time.perf_counter()

    def next_request(self) -> int:
        """Return the place of the next request in the kit's."""
        self._at = (self._at + 1) % len(self.kit.requests)
        return self._at

    def check_in_time(self, due_s: float, now_s: float) -> None:
        """Make sure that an answer came in time.

        Raises:
            NoAnswer: It did not.
        """
        if now_s - due_s > self.kit.late_s:
            raise NoAnswer(f"no answer within {self.kit.late_s:g} s of its time")


class RestUser(PacedUser, FastHttpUser):
    """Asks over REST."""

    abstract = True
    connection_timeout: float
    network_timeout: float

    def __init__(self, environment: Environment) -> None:
        self.connection_timeout = self.network_timeout = KITS[environment].late_s
        super().__init__(environment)

    def row(self, _request: Request, _answer: Answer | None) -> str:
        """Return the row of Locust's statistics that a request belongs to, once it is answered or has failed."""
        return "infer"

    def post(self, body: bytes, headers: Mapping[str, str]) -> ResponseContextManager:
        """Send a body, and return the answer to be judged in a ``with`` block."""
        told: Any = body  # Locust declares text alone
        return self.client.post(self.kit.infer_path, data=told, headers=dict(headers), catch_response=True)

    def ask(self) -> None:
        """Send the next request when it is due, and check the answer."""
        due_s = self.wait_until_due()
        place = self.next_request()
        request, body = self.kit.requests[place], self.kit.bodies[place]
        answer = None
        with self.post(body, self.kit.headers) as response:
            now_s = time.perf_counter()
            try:
                self.check_in_time(due_s, now_s)
                answer = Answer.from_json(accepted(response), request.count)
                self.kit.checker.check(request, answer)
            except Failed as failure:
                response.failure(failure)
            else:
                response.success()
            response.request_meta["response_time"] = (now_s - due_s) * 1e3
            response.request_meta["name"] = self.row(request, answer)


def accepted(response: RestResponseContextManager) -> bytes:
    """Return the body of an answer with status 200.

    Raises:
        NoAnswer: There was no whole answer.
        Refused: It had another status.
    """
    if response.status_code == 200:
        return bytes(response.content)
    if response.status_code == 0:
        raise NoAnswer(f"no answer: {type(response.error).__name__}")
    raise Refused(f"status {response.status_code}: {_sentence(response.content)}")


def _sentence(body: bytes | None) -> str:
    try:
        told = json.loads(body or b"")["error"]
    except (ValueError, KeyError, TypeError):
        told = (body or b"").decode(errors="replace").partition("\n")[0]
    return str(told)[:_LONGEST_SENTENCE]
