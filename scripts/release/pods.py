"""Waits until all pods of a release run an image: python -m scripts.release.pods NAMESPACE RELEASE IMAGE.

Exits with 1 if they do not within five minutes.
"""

import json
import subprocess
import sys
import time
from collections.abc import Sequence
from typing import Any

PATIENCE_S = 300
CONTAINER = "transformer-container"


def reason_to_wait(deployments: Sequence[dict[str, Any]], versions: int, image: str) -> str | None:
    """Return what is not as it should be yet, or None.

    Args:
        deployments: As the API server tells them.
        versions: How many there must be.
        image: What their transformers must run.
    """
    if len(deployments) < versions:
        return f"{len(deployments)} of {versions} versions have a Deployment"
    for each in deployments:
        name, status, spec = each["metadata"]["name"], each.get("status", {}), each["spec"]
        images = [c["image"] for c in spec["template"]["spec"]["containers"] if c["name"] == CONTAINER]
        if images != [image]:
            return f"{name} is of {', '.join(images)}"
        wanted = spec.get("replicas", 1)
        if status.get("observedGeneration", 0) < each["metadata"]["generation"]:
            return f"{name} is not seen yet"
        if (
            not status.get("updatedReplicas", 0)
            == status.get("availableReplicas", 0)
            == status.get("replicas")
            == wanted
        ):
            return f"{name} has {status.get('availableReplicas', 0)} of {wanted} pods"
    return None


def main() -> None:
    """Wait."""
    namespace, release, image = sys.argv[1:]
    selector = f"app.kubernetes.io/instance={release},app.kubernetes.io/component=version"
    deadline_s = time.monotonic() + PATIENCE_S

    def get(kind: str) -> list[dict[str, Any]]:
        command = ["kubectl", "get", kind, "--namespace", namespace, "--selector", selector, "--output", "json"]
        found = subprocess.run(command, capture_output=True, text=True, check=False)
        if found.returncode:
            sys.exit(f"kubectl get {kind}: {found.stderr.strip()}")
        items: list[dict[str, Any]] = json.loads(found.stdout)["items"]
        return items

    while reason := reason_to_wait(get("deployments"), len(get("inferenceservices")), image):
        if time.monotonic() > deadline_s:
            sys.exit(f"error: after {PATIENCE_S} s {reason}")
        time.sleep(2)


if __name__ == "__main__":
    main()
