"""A version's pods and golden flights, on the cluster."""

from flights.golden import GoldenFlights
from rollout import golden_file
from rollout.cluster import Cluster
from rollout.errors import CannotRollOut
from rollout.gateway import Gateway


class ClusterExaminer:
    """Looks at them.

    Args:
        cluster: Where the pods are.
        gateway: The way for golden flights.
    """

    def __init__(self, cluster: Cluster, gateway: Gateway) -> None:
        self._cluster = cluster
        self._gateway = gateway
        self._golden: dict[str, GoldenFlights] = {}

    def pods(self, version: str) -> tuple[int, int]:
        """Return how many pods are ready, and how often containers of those that are there started again."""
        pods = [pod for pod in self._cluster.pods() if pod.version == version and not pod.ending]
        return sum(pod.ready for pod in pods), sum(pod.restarts for pod in pods)

    def golden(self, version: str) -> GoldenFlights:
        """Return the golden flights of a version's bundle; a bundle never changes.

        Raises:
            CannotRollOut: No pod of it can be asked.
        """
        if version not in self._golden:
            self._golden[version] = golden_file.decode(self._cluster.golden_file(version))
        return self._golden[version]

    def golden_fault(self, version: str) -> str | None:
        """Return what is wrong with a version's golden flights, sent through the gateway."""
        try:
            golden = self.golden(version)
        except CannotRollOut as error:
            return str(error)
        return self._gateway.golden_fault(version, golden)
