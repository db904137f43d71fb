"""The Gateway, asked as any client asks it: golden flights to one named version."""

import http.client
import json
import time
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus

from flights.errors import PredictorNonsense
from flights.fields import FIELD_BY_NAME
from flights.golden import TOLERANCE, GoldenFlights
from rollout import address

TIMEOUT_S = 10
UNREACHED_S = 10.0
"""A version that is asked and cannot be reached is asked again for so long: proxies need a moment for a new pod."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a version says of n flights.

    Attributes:
        version: The version that says so.
        probabilities: Of each flight.
        delayed: Whether each counts as delayed.
    """

    version: str
    probabilities: tuple[float, ...]
    delayed: tuple[bool, ...]


class Gateway:
    """The release's Gateway.

    Args:
        url: Its address, such as ``http://10.0.0.1``.
        model_name: Name of the model.
        token: Bearer token, where the Gateway asks for one.
        host: Host name of the route, where it has one.
    """

    def __init__(self, url: str, model_name: str, token: str | None = None, host: str | None = None) -> None:
        self._url = f"{address.checked('--gateway', url)}/v2/models/{model_name}/infer"
        self._headers = {"content-type": "application/json"}
        if token:
            self._headers["authorization"] = f"Bearer {token}"
        if host:
            self._headers["host"] = host

    def ask(self, version: str, columns: Mapping[str, Sequence[object]]) -> Answer:
        """Ask one version for n flights.

        Raises:
            ConnectionError: Nobody answers, or not with 200.
        """
        body = json.dumps({"inputs": [_tensor(name, column) for name, column in columns.items()]}).encode()
        request = urllib.request.Request(self._url, body, {**self._headers, "x-model-version": version})
        try:
            with urllib.request.urlopen(request, timeout=TIMEOUT_S) as response:
                answer = json.load(response)
            outputs = {output["name"]: output["data"] for output in answer["outputs"]}
            probabilities, delayed = outputs["delay_probability"], outputs["delayed"]
            if len(probabilities) != len(delayed):
                raise ValueError("one of the outputs is cut")
            return Answer(str(answer["model_version"]), tuple(map(float, probabilities)), tuple(map(bool, delayed)))
        except urllib.error.HTTPError as error:
            raise ConnectionError(f"status {error.code}: {_sentence(error)}") from error
        except (OSError, http.client.HTTPException) as error:
            raise ConnectionError(f"no answer: {error}") from error
        except (ValueError, LookupError, TypeError, RecursionError) as error:
            raise ConnectionError("what comes back is not a version's answer") from error

    def golden_fault(self, version: str, golden: GoldenFlights, patience_s: float = UNREACHED_S) -> str | None:
        """Send a version its own golden flights; return what is wrong with its answer, in a sentence."""
        deadline_s = time.monotonic() + patience_s
        while True:
            try:
                return _fault(version, golden, self.ask(version, golden.columns))
            except ConnectionError as error:
                if time.monotonic() > deadline_s:
                    return f"its golden flights get no answer through the gateway ({error})"
            time.sleep(0.5)


def _fault(version: str, golden: GoldenFlights, answer: Answer) -> str | None:
    if answer.version != version:
        return f"version {answer.version} answers where {version} was asked"
    try:
        differences = abs(golden.differences(answer.probabilities))
    except PredictorNonsense as error:
        return str(error)
    worst = int(differences.argmax())
    if differences[worst] <= TOLERANCE:
        return None
    return (
        f"golden flight {worst} ({golden.notes[worst]}) has the probability {answer.probabilities[worst]:.6f} "
        f"where training had {golden.probabilities[worst]:.6f}"
    )


def _tensor(name: str, column: Sequence[object]) -> dict[str, object]:
    return {"name": name, "shape": [len(column)], "datatype": FIELD_BY_NAME[name].datatype, "data": [*column]}


def _sentence(error: urllib.error.HTTPError) -> str:
    try:
        text = error.read().decode(errors="replace")
    except (OSError, http.client.HTTPException):
        text = ""
    try:
        return str(json.loads(text)["error"])
    except (ValueError, LookupError, TypeError, RecursionError):
        return text[:200].strip() or HTTPStatus(error.code).phrase
