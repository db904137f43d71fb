"""Prints the chart's values for a build in Google's cloud: values-gke.yaml with cloudbuild.yaml's substitutions.

python -m scripts.cloud_values >build/values.yaml
"""

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

VALUES = Path("helm/flight-delay/values-gke.yaml")


def values(gke: dict[str, Any], substitutions: Mapping[str, str]) -> dict[str, Any]:
    """Return the chart's values.

    Args:
        gke: What values-gke.yaml holds; it is not changed.
        substitutions: By their names, ``_HOSTNAME`` and so on.

    Raises:
        ValueError: The caller's fault: one is missing or no number, named in a sentence.
    """

    def text(name: str) -> str:
        if not substitutions.get(name):
            raise ValueError(f"{name} is not set: cloudbuild.yaml says what it is")
        return substitutions[name]

    def number(name: str) -> int:
        if not (text(name).isascii() and text(name).isdecimal() and int(text(name)) > 0):
            raise ValueError(f"{name} is {text(name)!r}: it must be a whole number above 0")
        return int(text(name))

    size = {"cpu": text("_CPU"), "memory": text("_MEMORY")}
    without_image = {key: value for key, value in gke["transformer"].items() if key != "image"}  # the chart brings it
    return gke | {
        "transformer": without_image
        | {"mostRowsWaiting": number("_MOST_ROWS_WAITING"), "resources": {"requests": size, "limits": size}},
        "serviceAccount": {"annotations": {"iam.gke.io/gcp-service-account": text("_SERVING_ACCOUNT")}},
        "routes": gke["routes"] | {"hostnames": [text("_HOSTNAME")]},
        "autoscaling": gke["autoscaling"]
        | {"minReplicas": number("_MIN_REPLICAS"), "maxReplicas": number("_MAX_REPLICAS")},
    }


def main() -> None:
    """Print them."""
    try:
        print(yaml.safe_dump(values(yaml.safe_load(VALUES.read_text()), os.environ)), end="")
    except ValueError as error:
        sys.exit(f"error: {error}")


if __name__ == "__main__":
    main()
