"""Sends a version the flight that it gives as an example: python golden_flight.py VERSION ADDRESS MODEL."""

import json
import sys
import time
import urllib.request

PATIENCE_S = 30


def ask(url: str, body: bytes | None = None) -> dict:
    """Return the JSON behind an address, which a pod that is new may refuse for a moment."""
    deadline_s = time.monotonic() + PATIENCE_S
    while True:
        try:
            request = urllib.request.Request(url, body, {"content-type": "application/json"})
            with urllib.request.urlopen(request, timeout=5) as answer:
                return json.load(answer)
        except OSError as error:
            if time.monotonic() > deadline_s:
                sys.exit(f"{url}: {error}")
            time.sleep(1)


def main() -> None:
    """Exit with 1 unless the version answers the flight, and says that it is the version."""
    version, address, model = sys.argv[1:]
    url = f"http://{address}/v2/models/{model}"
    ask(f"{url}/ready")  # the golden flights come back right
    answer = ask(f"{url}/infer", json.dumps(ask(f"{url}/sample-request.json")).encode())
    probability = next(output for output in answer["outputs"] if output["name"] == "delay_probability")["data"][0]
    print(f"{answer['model_version']} says {probability:.4f}")
    if answer["model_version"] != version or not 0 < probability < 1:
        sys.exit(f"{url} should be version {version}, with a probability between 0 and 1")


main()
