"""The versions' pods and InferenceServices, as the API server knows them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import yaml
from kubernetes import client, config
from kubernetes.stream import stream
from urllib3.exceptions import HTTPError

from rollout.errors import CannotRollOut

VERSION_LABEL = "app.kubernetes.io/version"
SERVICES = ("serving.kserve.io", "v1beta1", "inferenceservices")
GATEWAYS = ("gateway.networking.k8s.io", "v1", "gateways")
TRANSFORMER = "transformer-container"
NOT_YET = ("PodInitializing", "ContainerCreating")
TIMEOUT_S = 10


@dataclass(frozen=True, slots=True)
class Pod:
    """A pod of a version.

    Attributes:
        name: Its name.
        version: The version that it serves.
        ready: Whether it gets traffic.
        ending: Whether it is about to end.
        began_s: When its transformer last started, in seconds since the epoch; None: it does not run.
        restarts: How often its containers started again.
    """

    name: str
    version: str
    ready: bool
    ending: bool
    began_s: float | None
    restarts: int


@dataclass(frozen=True, slots=True)
class Service:
    """A version's InferenceService.

    Attributes:
        ready: Whether KServe calls it Ready.
        fault: What KServe says is wrong with it; empty if nothing.
        created_s: When it was made, in seconds since the epoch.
    """

    ready: bool
    fault: str
    created_s: float


class Cluster:
    """What a rollout asks of the cluster about one release.

    Args:
        release: The release's name.
        fullname: The name of what it has once.
        namespace: Its namespace.
        context: Context of the kubeconfig; None: the current one, or the pod's own account.

    Raises:
        CannotRollOut: There is no configuration to reach a cluster with.
    """

    def __init__(self, release: str, fullname: str, namespace: str, context: str | None = None) -> None:
        _configure(context)
        self.namespace = namespace
        self._fullname = fullname
        self._selector = f"app.kubernetes.io/instance={release},app.kubernetes.io/component=version"
        self.core = client.CoreV1Api()
        self.leases = client.CoordinationV1Api()
        self._custom = client.CustomObjectsApi()

    @staticmethod
    def streams() -> client.CoreV1Api:
        """Return an API to open one stream with: meanwhile the client library alters the ApiClient behind it."""
        return client.CoreV1Api(client.ApiClient())

    def pods(self) -> list[Pod]:
        """Return the pods of all versions."""
        listed: Any = self.core.list_namespaced_pod(
            self.namespace, label_selector=self._selector, _request_timeout=TIMEOUT_S
        )
        services = {f"{self._fullname}-{version}": version for version in self.services()}
        found = []
        for pod in listed.items:
            version = services.get(pod.metadata.labels.get("serving.kserve.io/inferenceservice"))
            if version is not None:
                found.append(_pod(pod, version))
        return found

    def services(self) -> dict[str, Service]:
        """Return the InferenceServices of all versions, by version."""
        group, version, plural = SERVICES
        selector = self._selector
        listed: Any = self._custom.list_namespaced_custom_object(
            group, version, self.namespace, plural, label_selector=selector, _request_timeout=TIMEOUT_S
        )
        return {each["metadata"]["labels"][VERSION_LABEL]: _service(each) for each in listed["items"]}

    def why_not_ready(self, version: str) -> str:
        """Return what KServe says of a version, and what its containers said last."""
        service = self.services().get(version)
        parts = [service.fault] if service and service.fault else []
        selector = f"serving.kserve.io/inferenceservice={self._fullname}-{version}"
        listed: Any = self.core.list_namespaced_pod(self.namespace, label_selector=selector)
        for pod in listed.items:
            statuses = [*(pod.status.init_container_statuses or ()), *(pod.status.container_statuses or ())]
            for status in statuses:
                done = status.state.terminated and status.state.terminated.exit_code == 0
                if not (status.ready or done) and (line := self._last_line(pod.metadata.name, status)):
                    parts.append(f"{status.name}: {line}")
            if not statuses:
                parts += [condition.message for condition in pod.status.conditions or () if condition.message]
        return "; ".join(dict.fromkeys(parts)) or "nothing is known of it"

    def _last_line(self, pod: str, status: Any) -> str:
        for previous in (False, True) if status.restart_count else (False,):
            try:
                log = self.core.read_namespaced_pod_log(
                    pod, self.namespace, container=status.name, tail_lines=5, previous=previous
                )
            except client.ApiException:
                continue  # it has not started, or its log is gone
            if lines := [line for line in log.splitlines() if line.strip()]:
                return str(lines[-1])
        waiting = status.state.waiting
        if waiting is None or waiting.reason in NOT_YET:
            return ""
        return str(waiting.message or waiting.reason)

    def golden_file(self, version: str) -> bytes:
        """Return the golden flights of the bundle that a version's pod has loaded.

        Raises:
            CannotRollOut: No ready pod of it can be asked.
        """
        ready = [pod.name for pod in self.pods() if pod.version == version and pod.ready and not pod.ending]
        if not ready:
            raise CannotRollOut(f"{version} has no ready pod to read its golden flights from")
        try:
            text = stream(
                self.streams().connect_get_namespaced_pod_exec,
                ready[0],
                self.namespace,
                container=TRANSFORMER,
                command=["cat", "/mnt/models/golden/flights.json"],
                stdout=True,
                stderr=False,
                stdin=False,
                tty=False,
                _request_timeout=TIMEOUT_S,
                _preload_content=False,
            )
            text.run_forever(timeout=TIMEOUT_S)
            content = text.read_stdout(timeout=1) if text.peek_stdout() else ""
            text.close()
        except (client.ApiException, HTTPError, OSError) as error:
            raise CannotRollOut(f"the golden flights of {version} cannot be read in {ready[0]}: {error}") from error
        return content.encode() if isinstance(content, str) else bytes(content)

    def gateway(self, values: Mapping[str, Any]) -> str:
        """Return the address of the release's Gateway for REST, such as ``http://10.0.0.1``.

        Args:
            values: The release's own values.

        Raises:
            CannotRollOut: It has no address.
        """
        own = values.get("gateway") or {}
        name, namespace = own.get("name") or self._fullname, own.get("namespace") or self.namespace
        group, version, plural = GATEWAYS
        gateway: Any = self._custom.get_namespaced_custom_object(group, version, namespace, plural, name)
        addresses = gateway.get("status", {}).get("addresses") or []
        if not addresses:
            raise CannotRollOut(f"Gateway {name} in {namespace} has no address yet: name one with --gateway")
        wanted = (own.get("http") or {}).get("listener") or "http"
        listener = next((each for each in gateway["spec"]["listeners"] if each["name"] == wanted), None)
        if listener is None:
            raise CannotRollOut(f"Gateway {name} in {namespace} has no listener {wanted}: name one with --gateway")
        scheme = "https" if listener["protocol"] == "HTTPS" else "http"
        return f"{scheme}://{addresses[0]['value']}:{listener['port']}"


def _configure(context: str | None) -> None:
    try:
        config.load_kube_config(context=context)
    except (yaml.YAMLError, OSError, TypeError, ValueError, LookupError, AttributeError) as error:
        why = " ".join(str(error).split())
        raise CannotRollOut(f"the kubeconfig {config.KUBE_CONFIG_DEFAULT_LOCATION} cannot be read: {why}") from error
    except config.ConfigException as error:
        try:
            if context is not None:
                raise
            config.load_incluster_config()
        except config.ConfigException:
            raise CannotRollOut(f"no cluster can be reached: {error}") from error


def _pod(pod: Any, version: str) -> Pod:
    statuses = pod.status.container_statuses or ()
    running = [each.state.running for each in statuses if each.name == TRANSFORMER and each.state.running]
    return Pod(
        name=pod.metadata.name,
        version=version,
        ready=any(each.type == "Ready" and each.status == "True" for each in pod.status.conditions or ()),
        ending=pod.metadata.deletion_timestamp is not None,
        began_s=running[0].started_at.timestamp() if running else None,
        restarts=sum(each.restart_count for each in statuses),
    )


def _service(service: Mapping[str, Any]) -> Service:
    status = service.get("status", {})
    conditions = {each["type"]: each for each in status.get("conditions", [])}
    failure = status.get("modelStatus", {}).get("lastFailureInfo", {})
    faults = [f"{failure.get('reason', '')}: {failure['message']}" if failure.get("message") else ""]
    faults += [each.get("message", "") for each in conditions.values() if each["status"] == "False"]
    return Service(
        ready=conditions.get("Ready", {}).get("status") == "True",
        fault="; ".join(dict.fromkeys(" ".join(fault.split()) for fault in faults if fault)),
        created_s=datetime.fromisoformat(service["metadata"]["creationTimestamp"]).timestamp(),
    )
