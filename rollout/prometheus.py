"""The pods' counters out of a Prometheus that scrapes them."""

import http.client
import json
import time
import urllib.parse
import urllib.request
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from rollout import address
from rollout.errors import CannotRollOut
from rollout.exposition import FAMILIES, LABELS, STARTED, Sample, counts_by_version
from rollout.tally import Container, Reading

TIMEOUT_S = 10
SCRAPED_S = 90
"""What was not scraped for so long is not scraped: intervals go up to a minute."""


@dataclass(frozen=True, slots=True)
class _Series:
    """One series of an answer, with its value at the moment of the question."""

    labels: Mapping[str, str]
    value: float


class PrometheusSource:
    """Reads counters as they are: differences are taken here, so that nothing is extrapolated.

    Args:
        url: Its address, such as ``http://prometheus:9090``.
        namespace: The pods' namespace, which their series must have as the label ``namespace``.
        fullname: The name that the pods' names begin with: another release in the namespace may serve the same version.
    """

    def __init__(self, url: str, namespace: str, fullname: str) -> None:
        self._url = address.checked("--prometheus", url)
        self._namespace = namespace
        self._fullname = fullname

    def read(self) -> Reading:
        """Read all versions.

        Raises:
            CannotRollOut: Prometheus does not answer, or knows nothing of these pods.
        """
        names = "|".join((*FAMILIES, STARTED))
        asked_s = time.time()
        by_pod: dict[str, list[Sample]] = defaultdict(list)
        began: dict[str, float] = {}
        for series in self._query(f'{{__name__=~"{names}", namespace="{self._namespace}", pod!=""}}'):
            name, pod = series.labels.get("__name__", ""), series.labels.get("pod", "")
            if name == STARTED:
                began[pod] = max(series.value, began.get(pod, 0.0))
            else:
                by_pod[pod].append(Sample(name, series.labels, series.value))
        counted = {
            Container(version, pod, began.get(pod, 0.0)): counts
            for pod, found in by_pod.items()
            for version, counts in counts_by_version(_once(found)).items()
            if pod.startswith(f"{self._fullname}-{version}-")
        }
        if not counted:
            raise CannotRollOut(
                f"{self._url} has no series flight_delay_* of {self._fullname} in namespace {self._namespace}: "
                "does it scrape these pods?"
            )
        return Reading(asked_s, counted)

    def read_now(self) -> Reading:
        """Read all versions, once each pod was scraped after the call.

        Raises:
            CannotRollOut: As ``read``; or a pod was not scraped for long.
        """
        selected = f'{STARTED}{{namespace="{self._namespace}", pod!=""}}'
        now_s = max((each.value for each in self._query("vector(time())")), default=0.0)  # by its own clock
        deadline_s = time.monotonic() + SCRAPED_S
        while True:
            scraped: dict[str, float] = {}
            for each in self._query(f"timestamp({selected})"):
                pod = each.labels.get("pod", "")
                scraped[pod] = max(each.value, scraped.get(pod, 0.0))
            behind = sorted(pod for pod, at_s in scraped.items() if at_s < now_s)
            if not behind:
                return self.read()
            if time.monotonic() > deadline_s:
                raise CannotRollOut(f"{self._url} has not scraped {behind[0]} for {SCRAPED_S} s")
            time.sleep(0.5)

    def _query(self, query: str) -> list[_Series]:
        url = f"{self._url}/api/v1/query?{urllib.parse.urlencode({'query': query})}"
        try:
            with urllib.request.urlopen(url, timeout=TIMEOUT_S) as answer:
                content = answer.read()
        except (OSError, http.client.HTTPException, ValueError) as error:
            why = " ".join(str(error).split())  # a redirect's has line breaks
            raise CannotRollOut(f"Prometheus at {self._url} cannot be asked: {why}") from error
        try:
            found = json.loads(content)["data"]["result"]
            return [_Series(dict(each["metric"]), float(each["value"][1])) for each in found]
        except (ValueError, LookupError, TypeError, RecursionError) as error:
            raise CannotRollOut(
                f"{self._url} does not answer as Prometheus does: {content[:100].decode(errors='replace')!r}"
            ) from error


def _once(samples: Iterable[Sample]) -> list[Sample]:
    """Return every counter once: a pod may be scraped by two jobs, which tell it apart by labels of their own."""
    newest: dict[tuple[str, ...], Sample] = {}
    for sample in samples:
        own = (sample.name, *(sample.labels.get(label, "") for label in LABELS))
        if own not in newest or sample.value > newest[own].value:  # a counter grows: the larger one is the later
            newest[own] = sample
    return list(newest.values())
