"""Whether an answer is right: its shape, its range, its version, its golden flights, and that it stays the same."""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flights.bundle import Bundle
from flights.golden import TOLERANCE
from loadtest.failures import WrongAnswer
from loadtest.traffic import Request


@dataclass(frozen=True, slots=True)
class Answer:
    """What the service said, whatever the protocol.

    Attributes:
        version: Its ``model_version``.
        probabilities: Its ``delay_probability``, n numbers.
        delayed: Its ``delayed``, n truth values.
    """

    version: str
    probabilities: Sequence[float]
    delayed: Sequence[bool]

    @classmethod
    def from_json(cls, body: bytes, count: int) -> "Answer":
        """Read the answer to a request for so many flights.

        Raises:
            WrongAnswer: It is not of the contract's form.
        """
        try:
            document = json.loads(body)
            outputs = {output["name"]: output for output in document["outputs"]}
            probabilities, delayed = outputs["delay_probability"], outputs["delayed"]
            answer = cls(document["model_version"], probabilities["data"], delayed["data"])
            told = [(each["datatype"], each["shape"]) for each in (probabilities, delayed)]
        except (ValueError, KeyError, TypeError):
            raise WrongAnswer("it has not the form of the contract") from None
        if told != [("FP32", [count]), ("BOOL", [count])]:
            raise WrongAnswer("datatype or shape of an output is another than asked for")
        return answer


class Checker:
    """Holds answers against what is known.

    Args:
        bundles: What may be known of versions; answers of others are held against the contract alone.

    Attributes:
        checked: Golden flights that were compared, by version.
    """

    def __init__(self, bundles: Sequence[Bundle]) -> None:
        self._thresholds = {bundle.version: bundle.threshold for bundle in bundles}
        self._first: dict[tuple[Request, str], Sequence[float]] = {}
        self.checked: dict[str, int] = {}

    def check(self, request: Request, answer: Answer) -> None:
        """Check the answer to a request.

        Raises:
            WrongAnswer: It is wrong.
        """
        _check_form(request.count, answer)
        self._check_golden(request, answer)
        self._check_threshold(answer)
        # one request's answer given to another is right in form and range
        first = self._first.setdefault((request, answer.version), answer.probabilities)
        if first is not answer.probabilities and not all(map(_close, first, answer.probabilities)):
            raise WrongAnswer("the same flights were answered otherwise before, by the same version")

    def take_checked(self) -> dict[str, int]:
        """Return how many golden flights were compared since the last time, by version."""
        checked, self.checked = self.checked, {}
        return checked

    def _check_golden(self, request: Request, answer: Answer) -> None:
        for row, known in request.known.items():
            if known.version == answer.version:
                self.checked[known.version] = self.checked.get(known.version, 0) + 1
                if not _close(answer.probabilities[row], known.probability):
                    right = f"{known.probability:.6g} for its golden flight {known.note!r}"
                    raise WrongAnswer(f"version {known.version} must answer {right}")

    def _check_threshold(self, answer: Answer) -> None:
        threshold = self._thresholds.get(answer.version)
        if threshold is None:
            return
        for probability, delayed in zip(answer.probabilities, answer.delayed, strict=True):
            # one that lies on the threshold, as far as FP32 can tell, may fall to either side
            if (probability >= threshold) != delayed and not _close(probability, threshold):
                raise WrongAnswer(f"delayed does not follow version {answer.version}'s threshold")


def _close(one: float, other: float) -> bool:
    return abs(one - other) <= TOLERANCE


def _check_form(count: int, answer: Answer) -> None:
    if not isinstance(answer.version, str) or not answer.version:
        raise WrongAnswer("it names no model_version")
    for values in (answer.probabilities, answer.delayed):
        if not isinstance(values, Sequence) or len(values) != count:
            raise WrongAnswer("it has not one value for each flight")
    if not all(map(_is_probability, answer.probabilities)):
        raise WrongAnswer("a delay_probability is no number from 0 to 1")
    if not all(isinstance(each, bool) for each in answer.delayed):
        raise WrongAnswer("a value of delayed is neither true nor false")


def _is_probability(value: Any) -> bool:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return number and math.isfinite(value) and 0 <= value <= 1


def is_clean_refusal(status: int, body: bytes) -> bool:
    """Tell whether a bad request was refused as the contract says: a status of 4xx and a sentence."""
    if not 400 <= status < 500:
        return False
    try:
        document = json.loads(body)
    except ValueError:
        return False
    sentence = document.get("error") if isinstance(document, Mapping) else None
    return isinstance(sentence, str) and bool(sentence) and "Traceback" not in sentence
