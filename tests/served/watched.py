"""A pair under a mixed load, and a Prometheus that scrapes it and evaluates the chart's rules."""

import json
import math
import re
import threading
import urllib.parse
from itertools import cycle

import yaml

from scripts import watch
from tests.chart.rendering import only, render
from tests.served.pair import make_body
from tests.served.running import get, post

WINDOW = "10s"
"""What the variables for time stand for; several scrapes long."""

KNOWN = {"Fecha-I": "2017-03-17 10:00", "Des-I": "KMIA", "Emp-I": "LAN", "TIPOVUELO": "I"}


def flights(count=1, **changes):
    return make_body({name: [value] * count for name, value in (KNOWN | changes).items()})


REQUESTS = (
    flights(),
    flights(30, **{"Fecha-I": "2017-09-18 23:30"}),
    flights(**{"Emp-I": "QTR"}),  # no table has it
    flights(**{"Des-I": "XXXX", "TIPOVUELO": "N"}),
    flights(**{"Fecha-I": "tomorrow"}),  # is refused
)


class MixedLoad:
    """Keeps asking a pair for good flights, bad ones and such as training never saw, from a thread."""

    def __init__(self, port):
        self._port = port
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._ask)
        self.statuses = set()

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._ended.set()
        self._thread.join()

    def _ask(self):
        for body in cycle(REQUESTS):
            if self._ended.wait(0.01):
                return
            self.statuses.add(post(self._port, "/v2/models/flight-delay/infer", body).status)


class Prometheus:
    """A running Prometheus."""

    def __init__(self, port):
        self._port = port
        self.url = f"http://127.0.0.1:{port}"

    @classmethod
    def start(cls, start, folder, port, *scraped):
        rules = folder / "rules.yml"
        values = {"monitoring": {"mode": "podMonitor", "rules": {"enabled": True}}}
        spec = only(render(values), "PrometheusRule")["spec"]
        for group in spec["groups"]:
            group["interval"] = "1s"
        rules.write_text(yaml.safe_dump(spec))
        (folder / "prometheus.yml").write_text(json.dumps(watch.prometheus_config(scraped, rules)))
        start(*watch.prometheus_arguments(folder, port), executable="prometheus", until=(port, "/-/ready"))
        return cls(port)

    def ask(self, path, **parameters):
        answer = get(self._port, f"/api/v1/{path}?{urllib.parse.urlencode(parameters)}").json()
        assert answer["status"] == "success", f"{parameters}: {answer['error']}"
        return answer["data"]

    def numbers(self, expression):
        """Return the finite numbers that a query's series have now."""
        found = [float(series["value"][1]) for series in self.ask("query", query=expression)["result"]]
        return [number for number in found if math.isfinite(number)]


def without_variables(expression):
    """Return a panel's query with Grafana's variables filled in, for all versions."""
    known = {"__rate_interval": WINDOW, "__range": WINDOW, "namespace": ".+", "version": ".+", "objective": "99.9"}
    return re.sub(r"\$([a-z_]+)", lambda match: known[match.group(1)], expression)
