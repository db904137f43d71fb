"""The counters of every pod, read through the API server.

The way is a port-forward, not the API server's proxy: it ends inside the pod, so no NetworkPolicy has to be opened
for it, on GKE as little as anywhere else; see docs/decisions/0007.
"""

import http.client
import logging
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from kubernetes import client
from kubernetes.stream import portforward

from rollout.cluster import Cluster, Pod
from rollout.counts import Counts
from rollout.errors import CannotRollOut
from rollout.exposition import counts_by_version, samples
from rollout.tally import Container, Reading

PORT = 8080
TIMEOUT_S = 5

logger = logging.getLogger(__name__)


class PodSource:
    """Reads ``/metrics`` of every pod that runs.

    Args:
        cluster: The release's cluster.
        fetch: Returns a pod's page of metrics; None: through the API server.
    """

    def __init__(self, cluster: Cluster, fetch: Callable[[str], str] | None = None) -> None:
        self._cluster = cluster
        self._fetch = fetch or self._forwarded

    def read(self) -> Reading:
        """Read all versions. A pod that does not answer is left out: it may be about to end.

        Raises:
            CannotRollOut: A pod answers something else than the transformer's metrics.
        """
        asked_s = time.time()
        pods = [pod for pod in self._cluster.pods() if pod.began_s is not None]
        with ThreadPoolExecutor(max_workers=4) as threads:
            pages = list(threads.map(self._page, pods))
        counts: dict[Container, Counts] = {}
        for pod, page in zip(pods, pages, strict=True):
            try:
                found = counts_by_version(samples(page))
            except CannotRollOut as error:
                raise CannotRollOut(f"the metrics of {pod.name} cannot be read: {error}") from error
            for version, counted in found.items():
                counts[Container(version, pod.name, pod.began_s or 0.0)] = counted
        return Reading(asked_s, counts)

    def read_now(self) -> Reading:
        """Read all versions: the pods count as they answer."""
        return self.read()

    def _page(self, pod: Pod) -> str:
        try:
            return self._fetch(pod.name)
        except (client.ApiException, OSError, http.client.HTTPException) as error:
            logger.info("the metrics of %s cannot be read: %s", pod.name, error)
            return ""

    def _forwarded(self, pod: str) -> str:
        forward = portforward(
            self._cluster.streams().connect_get_namespaced_pod_portforward,
            pod,
            self._cluster.namespace,
            ports=str(PORT),
        )
        socket: Any = forward.socket(PORT)
        socket.settimeout(TIMEOUT_S)
        connection = http.client.HTTPConnection("localhost", PORT, timeout=TIMEOUT_S)
        connection.sock = socket
        try:
            connection.request("GET", "/metrics", headers={"connection": "close"})
            answer = connection.getresponse()
            page = answer.read().decode()
            if answer.status != http.HTTPStatus.OK:
                raise ConnectionError(f"/metrics answers {answer.status}: {forward.error(PORT) or ''}")
            return page
        finally:
            connection.close()
