"""The pods' counters out of a Prometheus that scrapes them."""

import http.client
import json
import time
import urllib.parse
import urllib.request
from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from rollout.errors import CannotRollOut
from rollout.exposition import FAMILIES, STARTED, Sample, counts_by_version
from rollout.tally import Container, Reading

TIMEOUT_S = 10
SCRAPED_S = 90
"""What was not scraped for so long is not scraped: intervals go up to a minute."""


class PrometheusSource:
    """Reads counters as they are: differences are taken here, so that nothing is extrapolated.

    Args:
        url: Its address, such as ``http://prometheus:9090``.
        namespace: The pods' namespace, which their series must have as the label ``namespace``.
    """

    def __init__(self, url: str, namespace: str) -> None:
        if not url.startswith(("http://", "https://")):
            raise CannotRollOut(f"--prometheus {url!r}: it must begin with http:// or https://")
        self._url = url.rstrip("/")
        self._namespace = namespace

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
            labels = series["metric"]
            sample = Sample(labels["__name__"], labels, _number(series))
            if sample.name == STARTED:
                began[labels["pod"]] = max(sample.value, began.get(labels["pod"], 0.0))
            else:
                by_pod[labels["pod"]].append(sample)
        if not by_pod:
            raise CannotRollOut(
                f"{self._url} has no series flight_delay_* of namespace {self._namespace}: does it scrape these pods?"
            )
        return Reading(
            asked_s,
            {
                Container(version, pod, began.get(pod, 0.0)): counts
                for pod, series in by_pod.items()
                for version, counts in counts_by_version(series).items()
            },
        )

    def read_now(self) -> Reading:
        """Read all versions, once each pod was scraped after the call.

        Raises:
            CannotRollOut: As ``read``; or a pod was not scraped for long.
        """
        selected = f'{STARTED}{{namespace="{self._namespace}", pod!=""}}'
        (now,) = self._query("vector(time())")  # by its own clock
        deadline_s = time.monotonic() + SCRAPED_S
        while True:
            scraped = {each["metric"]["pod"]: _number(each) for each in self._query(f"timestamp({selected})")}
            behind = sorted(pod for pod, at_s in scraped.items() if at_s < _number(now))
            if not behind:
                return self.read()
            if time.monotonic() > deadline_s:
                raise CannotRollOut(f"{self._url} has not scraped {behind[0]} for {SCRAPED_S} s")
            time.sleep(0.5)

    def _query(self, query: str) -> list[dict[str, Any]]:
        url = f"{self._url}/api/v1/query?{urllib.parse.urlencode({'query': query})}"
        try:
            with urllib.request.urlopen(url, timeout=TIMEOUT_S) as answer:
                found = json.load(answer)["data"]["result"]
        except (OSError, http.client.HTTPException, ValueError, KeyError) as error:
            raise CannotRollOut(f"Prometheus at {self._url} cannot be asked: {error}") from error
        return list(found)


def _number(series: Mapping[str, Any]) -> float:
    return float(series["value"][1])
