"""Requests to a Gateway, as any client would send them."""

import http.client
import json

from flights import bundle as bundles
from tests.chart.rendering import ROOT
from transformer.samples import request_of

SHIPPED = ROOT / "bundles/scl"
BUNDLE = bundles.decode(SHIPPED)
MODEL = "/v2/models/flight-delay"
GOLDEN = request_of(BUNDLE.golden.columns)


def ask(address: str, path: str, body: object = None, **headers: str) -> tuple[int, dict[str, str], bytes]:
    """Return status, headers and body of a GET, or of a POST if there is a body; status 0 if nobody answers."""
    connection = http.client.HTTPConnection(address, timeout=10)
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    try:
        if body is None:
            connection.request("GET", path, headers=sent)
        else:
            connection.request("POST", path, json.dumps(body), {"content-type": "application/json", **sent})
        answer = connection.getresponse()
        return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()
    except (OSError, http.client.HTTPException):
        return 0, {}, b""
    finally:
        connection.close()


def worst_difference(answer: bytes) -> float:
    """Return the largest distance of an answer to the golden flights from their probabilities."""
    outputs = {output["name"]: output["data"] for output in json.loads(answer)["outputs"]}
    return abs(BUNDLE.golden.differences(outputs["delay_probability"])).max()
