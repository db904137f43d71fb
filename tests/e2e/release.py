"""A release of the chart in a namespace of its own, and what a test asks of the cluster about it."""

import http
import json
import subprocess
import time
from collections.abc import Callable, Mapping
from typing import Any

import yaml
from kubernetes import client

from tests.chart.rendering import CHART, merged, program

GATEWAYS = ("gateway.networking.k8s.io", "v1", "gateways")
SERVICES = ("serving.kserve.io", "v1beta1", "inferenceservices")

NAME = "flight-delay"

_FEW = {"resources": {"requests": {"cpu": "10m", "memory": "64Mi"}}}
_SMALL = {"transformer": _FEW, "runtime": _FEW}
"""Several releases are installed at once, and a node of two CPUs has to have room for all their pods."""


class Namespace:
    """A namespace that enforces Pod Security "restricted"; ``delete`` ends everything in it.

    Args:
        name: Unique to the test run.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.core = client.CoreV1Api()
        self._custom = client.CustomObjectsApi()

    def create(self) -> None:
        """Make it."""
        labels = {"pod-security.kubernetes.io/enforce": "restricted"}
        self.core.create_namespace(client.V1Namespace(metadata=client.V1ObjectMeta(name=self.name, labels=labels)))

    def delete(self) -> None:
        """Delete it if it is there, without waiting for the end."""
        try:
            self.core.delete_namespace(self.name)
        except client.ApiException as error:
            if error.status != http.HTTPStatus.NOT_FOUND:
                raise

    def all(self, kind: tuple[str, str, str]) -> list[dict[str, Any]]:
        """Return every custom object of a kind: its group, version and plural."""
        group, version, plural = kind
        return self._custom.list_namespaced_custom_object(group, version, self.name, plural)["items"]

    def wait(self, what: str, condition: Callable[[], Any], *, seconds: float, pause_s: float = 0.5) -> Any:
        """Return the condition's first true value.

        Raises:
            AssertionError: It had none in time; with the namespace's conditions, events and logs.
        """
        deadline_s = time.monotonic() + seconds
        while not (value := condition()):
            assert time.monotonic() < deadline_s, f"{what} did not come in {seconds} s\n{self.report()}"
            time.sleep(pause_s)
        return value

    def report(self) -> str:
        """Return what a person would look at: conditions, events, and the last lines of the logs."""
        lines = [
            f"{each['kind']} {each['metadata']['name']}: {json.dumps(each.get('status', {}))}"
            for kind in (GATEWAYS, SERVICES)
            for each in self.all(kind)
        ]
        events = self.core.list_namespaced_event(self.name).items
        lines += [f"event {event.reason}: {event.message}" for event in events]
        for pod in self.core.list_namespaced_pod(self.name).items:
            for container in (*(pod.spec.init_containers or ()), *pod.spec.containers):
                lines.append(f"log of {pod.metadata.name} {container.name}:\n{self._log(pod, container)}")
        return "\n".join(lines)

    def _log(self, pod: Any, container: Any, *, previous: bool = False) -> str:
        try:
            text = self.core.read_namespaced_pod_log(
                pod.metadata.name, self.name, container=container.name, tail_lines=20, previous=previous
            )
        except client.ApiException as error:
            return f"none: {error.reason}"
        return text or ""  # the client has None for a log without a line

    def service(self, version: str) -> dict[str, Any]:
        """Return the InferenceService of a version."""
        (service,) = [each for each in self.all(SERVICES) if each["metadata"]["name"] == f"{NAME}-{version}"]
        return service

    def is_ready(self, version: str) -> bool:
        """Tell whether KServe calls a version Ready."""
        return _is_ready(self.service(version))

    def log(self, version: str) -> str:
        """Return what the transformers of a version said last, before they ended if they have."""
        selector = f"serving.kserve.io/inferenceservice={NAME}-{version}"
        pods = self.core.list_namespaced_pod(self.name, label_selector=selector).items
        return "\n".join(
            self._log(pod, container, previous=previous)
            for pod in pods
            for container in pod.spec.containers
            for previous in (False, True)
        )

    def metrics(self, pod: str) -> str:
        """Return a pod's metrics, asked through the API server; empty while it does not answer."""
        try:
            return self.core.connect_get_namespaced_pod_proxy_with_path(f"{pod}:8080", self.name, "metrics")
        except client.ApiException:
            return ""

    def helm(self, verb: str, *arguments: str, values: Mapping[str, Any] | None = None) -> str:
        """Run Helm on the release and return what it prints."""
        stdin = None if values is None else yaml.safe_dump(merged((_SMALL, values)))
        extra = () if values is None else ("--values", str(CHART / "values-local.yaml"), "--values", "-")
        run = subprocess.run(
            [program("helm"), verb, NAME, *arguments, "--namespace", self.name, *extra],
            input=stdin,
            capture_output=True,
            text=True,
            timeout=180,
        )
        assert run.returncode == 0, f"{run.stdout}{run.stderr}\n{self.report()}"
        return run.stdout

    def wait_until_ready(self, *, seconds: float = 180) -> None:
        """Wait until every version is Ready."""

        def ready() -> bool:
            services = self.all(SERVICES)
            return bool(services) and all(map(_is_ready, services))

        self.wait("Ready", ready, seconds=seconds)

    def gateway(self) -> str:
        """Return the address of the release's Gateway, when it has one."""

        def address() -> str | None:
            (gateway,) = self.all(GATEWAYS)
            addresses = gateway.get("status", {}).get("addresses") or [{}]
            return addresses[0].get("value")

        return self.wait("the Gateway's address", address, seconds=60)


def _is_ready(service: Mapping[str, Any]) -> bool:
    conditions = service.get("status", {}).get("conditions", [])
    return any(condition["type"] == "Ready" and condition["status"] == "True" for condition in conditions)
