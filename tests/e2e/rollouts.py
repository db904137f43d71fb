"""A release whose versions come and go, and what Helm, the routes and the journal say about it."""

import json
from collections.abc import Mapping

from rollout.journal import ConfigMapJournals, Journal, State
from tests.chart.rendering import CHART
from tests.e2e.asking import MODEL, ask
from tests.e2e.release import NAME, Namespace


def install(namespace: Namespace, versions: Mapping[str, Mapping[str, object]], runtime: str | None = None) -> None:
    """Install a release with one pod for each version, and return when the Gateway answers for it."""
    few = {"resources": {"requests": {"cpu": "50m"}}}
    values = {
        "versions": versions,
        "runtime": few if runtime is None else {"name": runtime, **few},
        "autoscaling": {"mode": "none"},
        "transformer": few,
    }
    namespace.helm("install", str(CHART), values=values)
    namespace.wait_until_ready()
    namespace.wait("an answer", lambda: ask(namespace.gateway(), f"{MODEL}/ready")[0] == 200, seconds=60)


def weights(namespace: Namespace) -> dict[str, int]:
    """Return what Helm says."""
    values = json.loads(namespace.helm("status", "--output", "json"))["config"]
    return {version: own["weight"] for version, own in values["versions"].items()}


def routed(namespace: Namespace) -> dict[str, dict[str, int]]:
    """Return what the routes say."""
    found = {}
    for kind in ("httproutes", "grpcroutes"):
        routes = namespace.all(("gateway.networking.k8s.io", "v1", kind))
        (route,) = [each for each in routes if each["metadata"]["name"] == NAME]
        found[kind] = {
            backend["name"].removeprefix(f"{NAME}-").removesuffix("-predictor"): backend["weight"]
            for backend in route["spec"]["rules"][0]["backendRefs"]
        }
    return found


def journal_of(namespace: Namespace) -> Journal:
    """Return the journal of the last rollout; there must have been one."""
    journal = ConfigMapJournals(namespace.core, namespace.name, f"{NAME}-rollout").load()
    assert journal is not None
    return journal


def state_of(namespace: Namespace) -> State:
    return journal_of(namespace).state


def reached(namespace: Namespace, version: str) -> int | None:
    """Return the weight that a rollout of this version has last noted."""
    journal = ConfigMapJournals(namespace.core, namespace.name, f"{NAME}-rollout").load()
    return journal.moves[-1].weights[version] if journal is not None and journal.version == version else None


def wait_for_half_a_revision(namespace: Namespace) -> None:
    """Wait until Helm has begun a revision and not ended it."""
    pending = "owner=helm,status=pending-upgrade"
    namespace.wait(
        "a revision under way",
        lambda: namespace.core.list_namespaced_secret(namespace.name, label_selector=pending).items,
        seconds=30,
        pause_s=0.02,
    )


def assert_consistent(namespace: Namespace, expected: Mapping[str, int]) -> None:
    """Helm and both routes have these weights, and no revision is half made."""
    assert weights(namespace) == expected
    assert routed(namespace) == {"httproutes": expected, "grpcroutes": expected}
    assert json.loads(namespace.helm("status", "--output", "json"))["info"]["status"] == "deployed"
