"""Waits until all pods of a release run an image: python -m scripts.release.pods NAMESPACE RELEASE IMAGE SECONDS.

Exits with 1 if they do not in that time, and tells what their containers said last.
"""

import json
import subprocess
import sys
import time
from collections.abc import Sequence
from typing import Any

from kubernetes.client import ApiException
from urllib3.exceptions import HTTPError

from rollout.cluster import Cluster
from rollout.errors import CannotRollOut
from rollout.helm import Release

PAUSE_S = 2.0
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
            of_others = status.get("replicas", 0) - status.get("updatedReplicas", 0)
            new = max(0, status.get("availableReplicas", 0) - of_others)
            return f"{name} has {new} of {wanted} pods of it available"
    return None


class CannotAsk(Exception):
    """The cluster did not answer."""


def said_last(namespace: str, name: str) -> str:
    """Return a line for each version: what KServe says of it, and its containers that are not ready."""
    try:
        cluster = Cluster(name, Release(name, namespace, chart="").fullname, namespace)
        reasons = {version: cluster.why_not_ready(version) for version in cluster.services()}
    except (CannotRollOut, ApiException, HTTPError) as error:
        return f"\nwhy cannot be told: {error}"
    return "".join(f"\n{version}: {reason}" for version, reason in sorted(reasons.items()))


def main() -> None:
    """Wait."""
    namespace, release, image, seconds = sys.argv[1:]
    selector = f"app.kubernetes.io/instance={release},app.kubernetes.io/component=version"
    deadline_s = time.monotonic() + float(seconds)
    told = None

    def get(kind: str) -> list[dict[str, Any]]:
        command = ["kubectl", "get", kind, "--namespace", namespace, "--selector", selector, "--output", "json"]
        found = subprocess.run(command, capture_output=True, text=True, check=False)
        if found.returncode:
            raise CannotAsk(f"kubectl get {kind}: {found.stderr.strip()}")
        items: list[dict[str, Any]] = json.loads(found.stdout)["items"]
        return items

    while True:
        try:
            reason = reason_to_wait(get("deployments"), len(get("inferenceservices")), image)
        except CannotAsk as error:  # it may answer next time
            reason = str(error)
        if reason is None:
            return
        if time.monotonic() > deadline_s:
            sys.exit(f"error: after {seconds} s {reason}{said_last(namespace, release)}")
        if reason != told:
            print(f"release: {reason}", file=sys.stderr)
            told = reason
        time.sleep(PAUSE_S)


if __name__ == "__main__":
    main()
