"""``python -m scripts.dashboard``: writes Grafana's dashboard into the chart from the list of its panels.

Every query looks at the transformer's own metrics, and at no recording rule, so that the dashboard works without them.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from string import ascii_uppercase
from typing import Any

FILE = Path(__file__).parents[1] / "helm/flight-delay/files/dashboard.json"
UID = "flight-delay"
DATASOURCE = {"type": "prometheus", "uid": "${datasource}"}

Json = dict[str, Any]

IN = 'namespace=~"$namespace",model_version=~"$version"'
FINE = "200|OK"
CALLERS = "4..|INVALID_ARGUMENT|NOT_FOUND|UNIMPLEMENTED|RESOURCE_EXHAUSTED|OUT_OF_RANGE|FAILED_PRECONDITION"


def rate(metric: str, *by: str, where: str = "", window: str = "$__rate_interval") -> str:
    """Return the query of a counter's rate, summed by version and these labels."""
    selector = f"{IN},{where}" if where else IN
    return f"sum by ({', '.join(('model_version', *by))}) (rate({metric}{{{selector}}}[{window}]))"


def quantile(share: float, histogram: str) -> str:
    """Return the query of a histogram's quantile by version."""
    return f"histogram_quantile({share}, {rate(f'{histogram}_bucket', 'le')})"


def mean(histogram: str) -> str:
    """Return the query of a histogram's mean by version."""
    return f"{rate(f'{histogram}_sum')} / {rate(f'{histogram}_count')}"


def share(part: str, whole: str) -> str:
    """Return the query of a part's share of a whole, both by version."""
    return f"{part} / on (model_version) group_left () {whole}"


def live_shares(window: str) -> str:
    """Return the query of the share of the answers in each band, by version."""
    answers = f"increase(flight_delay_probability_band_total{{{IN}}}[{window}])"
    return share(f"sum by (model_version, band) ({answers})", f"(sum by (model_version) ({answers}) > 0)")


def psi(window: str) -> str:
    """Return the query of the population stability index against training, by version; see files/rules.yaml."""
    live = f"clamp_min({live_shares(window)}, 0.001)"
    return f"sum by (model_version) (({live} - {TRAINING}) * ln({live} / {TRAINING}))"


TRAINING = f"max by (model_version, band) (flight_delay_training_band_share{{{IN}}})"
REQUESTS = rate("flight_delay_requests_total")
OURS = f'status!~"{FINE}|{CALLERS}"'
FAULTS = rate("flight_delay_requests_total", where=OURS)
FAULTS_OF_30_DAYS = rate("flight_delay_requests_total", where=OURS, window="30d")
REQUESTS_OF_30_DAYS = rate("flight_delay_requests_total", window="30d")
CALLERS_FAULTS = rate("flight_delay_requests_total", where=f'status=~"{CALLERS}"')
FLIGHTS = rate("flight_delay_flights_total")
CALLS = rate("flight_delay_predictor_call_seconds_count")
PODS = f"count by (model_version) (flight_delay_ready{{{IN}}})"
READY = f"sum by (model_version) (flight_delay_ready{{{IN}}})"
CPU = "rate(process_cpu_seconds_total[$__rate_interval])"
OF_VERSION = f"on (namespace, pod) group_left (model_version) flight_delay_build_info{{{IN}}}"
BY_VERSION = "{{model_version}}"


@dataclass(frozen=True)
class Query:
    """A query, and what its result is called: a legend, or in a table the heading of its column."""

    expression: str
    name: str = BY_VERSION
    unit: str = ""


@dataclass(frozen=True)
class Panel:
    """A panel.

    Attributes:
        title: What it shows.
        queries: What of.
        unit: Grafana's name of the unit.
        description: What is worth knowing about it.
        kind: Grafana's name of the kind of panel.
        width: Of the page's 24 columns.
        limit: A line that the values are not to cross.
    """

    title: str
    queries: Sequence[Query]
    unit: str = "short"
    description: str = ""
    kind: str = "timeseries"
    width: int = 8
    limit: float | None = None


def heatmap(title: str, histogram: str, unit: str, description: str) -> Panel:
    """Return the panel of a histogram over time, all chosen versions together."""
    expression = f"sum by (le) (increase({histogram}_bucket{{{IN}}}[$__rate_interval]))"
    return Panel(title, [Query(expression, "{{le}}")], unit, description, "heatmap")


ROWS: dict[str, Sequence[Panel]] = {
    "Versions side by side": [
        Panel(
            "Versions",
            [
                Query(READY, "Ready pods"),
                Query(REQUESTS, "Requests/s", "reqps"),
                Query(f"{REQUESTS} / on () group_left () sum({REQUESTS})", "Traffic", "percentunit"),
                Query(f"{FAULTS} / {REQUESTS}", "Our faults", "percentunit"),
                Query(f"{CALLERS_FAULTS} / {REQUESTS}", "Callers' faults", "percentunit"),
                Query(quantile(0.5, "flight_delay_request_seconds"), "p50", "s"),
                Query(quantile(0.95, "flight_delay_request_seconds"), "p95", "s"),
                Query(quantile(0.99, "flight_delay_request_seconds"), "p99", "s"),
                Query(mean("flight_delay_probability"), "Mean probability", "percentunit"),
                Query(f"{rate('flight_delay_delayed_flights_total')} / {FLIGHTS}", "Delayed", "percentunit"),
                Query(psi("1d"), "PSI, 1 d"),
                Query(f"{rate('flight_delay_unseen_categories_total')} / {FLIGHTS}", "Unseen", "percentunit"),
            ],
            kind="table",
            width=19,
            description="A shadow has traffic too: its answers are thrown away.",
        ),
        Panel(
            "Error budget left",
            [Query(f"1 - ({FAULTS_OF_30_DAYS} / {REQUESTS_OF_30_DAYS}) / (1 - $objective / 100)")],
            "percentunit",
            "Of 30 days. The objective above is the chart's monitoring.rules.availabilityPercent.",
            "stat",
            5,
        ),
    ],
    "Traffic": [
        Panel("Requests", [Query(REQUESTS)], "reqps"),
        Panel("Flights", [Query(FLIGHTS)], "short", "A second. A request may hold thousands."),
        Panel(
            "Answers by status",
            [
                Query(
                    f"sum by (protocol, status) (rate(flight_delay_requests_total{{{IN}}}[$__rate_interval])) > 0",
                    "{{protocol}} {{status}}",
                )
            ],
            "reqps",
            "hung_up: the caller did not wait for its answer.",
        ),
    ],
    "Errors": [
        Panel(
            "Our faults", [Query(f"{FAULTS} / {REQUESTS}")], "percentunit", "5xx, gRPC's like, and callers who hung up."
        ),
        Panel("Callers' faults", [Query(f"{CALLERS_FAULTS} / {REQUESTS}")], "percentunit", "4xx and gRPC's like."),
        Panel(
            "Predictor faults",
            [Query(rate("flight_delay_predictor_faults_total", "kind"), BY_VERSION + " {{kind}}")],
            "cps",
            "Calls that failed, and requests that were late before theirs.",
        ),
    ],
    "Latency": [
        Panel(
            "From a request's last byte to its answer",
            [
                Query(quantile(part, "flight_delay_request_seconds"), f"{BY_VERSION} p{part * 100:g}")
                for part in (0.5, 0.95, 0.99)
            ],
            "s",
        ),
        heatmap("Requests by duration", "flight_delay_request_seconds", "s", "All chosen versions together."),
        Panel(
            "Where the time goes",
            [
                Query(quantile(0.95, "flight_delay_queue_seconds"), BY_VERSION + " waiting p95"),
                Query(quantile(0.95, "flight_delay_predictor_call_seconds"), BY_VERSION + " predictor p95"),
            ],
            "s",
            "Waiting far above the predictor's call: more is asked than the runtime can do.",
        ),
    ],
    "Saturation": [
        Panel(
            "Requests in flight",
            [Query(f"sum by (model_version) (flight_delay_requests_in_flight{{{IN}}}) / {PODS}")],
            "short",
            "Of one pod, on average. KEDA scales on it.",
        ),
        Panel(
            "Predictor calls under way",
            [Query(f"{rate('flight_delay_predictor_call_seconds_sum')} / {PODS}")],
            "short",
            "Of one pod, on average. At 1 its runtime is always busy; more than 2 is not sent to it.",
            limit=1,
        ),
        Panel(
            "CPU of the transformers",
            [Query(f"sum by (model_version) ({CPU} * {OF_VERSION}) / {PODS}")],
            "short",
            "Cores, of one pod, on average. The runtime's own are not in it.",
        ),
        Panel(
            "Memory of the transformers",
            [Query(f"max by (model_version) (process_resident_memory_bytes * {OF_VERSION})")],
            "bytes",
            "Resident set of the largest.",
        ),
        Panel("Pods", [Query(PODS, BY_VERSION + " scraped"), Query(READY, BY_VERSION + " ready")], "short"),
        Panel(
            "Payload log",
            [
                Query(
                    f"sum by (outcome) (rate(flight_delay_payload_events_total{{{IN}}}[$__rate_interval]))",
                    "{{outcome}}",
                )
            ],
            "cps",
            "Events of the payload log, where it is on.",
        ),
    ],
    "Coalescing": [
        Panel(
            "Flights in a predictor call", [Query(mean("flight_delay_predictor_call_flights"))], "short", "On average."
        ),
        Panel(
            "Requests for one predictor call",
            [Query(f"{rate('flight_delay_queue_seconds_count')} / {CALLS}")],
            "short",
            "1: each request has a call of its own. The busier, the more.",
        ),
        heatmap(
            "Predictor calls by flights",
            "flight_delay_predictor_call_flights",
            "short",
            "All chosen versions together.",
        ),
    ],
    "Answers": [
        heatmap(
            "Answers by delay probability", "flight_delay_probability", "percentunit", "All chosen versions together."
        ),
        Panel(
            "Answers and training by band",
            [
                Query(
                    f"{live_shares('$__range')}"
                    f' or label_replace({TRAINING}, "model_version", "$1 in training", "model_version", "(.*)")'
                )
            ],
            "percentunit",
            "Over the time that is shown. A band holds at least 5 % of training's flights.",
            "barchart",
        ),
        Panel(
            "Population stability index against training",
            [Query(psi("1d"), BY_VERSION + " 1 d"), Query(psi("7d"), BY_VERSION + " 7 d")],
            "short",
            "The alert looks at a week. Days and seasons have flights of their own: see the runbook for training's.",
            limit=0.75,
        ),
        Panel(
            "Mean probability, and share answered as delayed",
            [
                Query(mean("flight_delay_probability"), BY_VERSION + " mean"),
                Query(f"{rate('flight_delay_delayed_flights_total')} / {FLIGHTS}", BY_VERSION + " delayed"),
            ],
            "percentunit",
            width=12,
        ),
        Panel(
            "Unseen categories",
            [Query(share(rate("flight_delay_unseen_categories_total", "field"), FLIGHTS), BY_VERSION + " {{field}}")],
            "percentunit",
            "Share of the flights whose airline or destination training did not know. They are answered as rare ones.",
            width=12,
        ),
    ],
}


def dashboard() -> Json:
    """Return the dashboard as Grafana reads it."""
    return {
        "uid": UID,
        "title": "Flight delay",
        "tags": ["flight-delay", "kserve"],
        "schemaVersion": 39,
        "editable": True,
        "graphTooltip": 1,
        "refresh": "30s",
        "time": {"from": "now-3h", "to": "now"},
        "templating": {"list": list(_variables())},
        "panels": list(_placed(ROWS)),
    }


def _variables() -> Iterator[Json]:
    yield {"name": "datasource", "label": "Prometheus", "type": "datasource", "query": "prometheus"}
    for name, label, query in (
        ("namespace", "namespace", "label_values(flight_delay_build_info, namespace)"),
        ("version", "model_version", 'label_values(flight_delay_build_info{namespace=~"$namespace"}, model_version)'),
    ):
        yield {
            "name": name,
            "label": name.capitalize(),
            "type": "query",
            "datasource": DATASOURCE,
            "query": {"query": query, "refId": label},
            "refresh": 2,
            "sort": 1,
            "multi": True,
            "includeAll": True,
            "current": {"text": "All", "value": "$__all"},
        }
    objective = {"text": "99.9", "value": "99.9"}
    yield {"name": "objective", "label": "Objective, %", "type": "textbox", "query": "99.9", "current": objective}


def _placed(rows: dict[str, Sequence[Panel]]) -> Iterator[Json]:
    """Lay the panels out from left to right, each row under its heading."""
    y, number = 0, 0
    for heading, panels in rows.items():
        number += 1
        place = {"h": 1, "w": 24, "x": 0, "y": y}
        yield {"id": number, "type": "row", "title": heading, "collapsed": False, "gridPos": place, "panels": []}
        y, x = y + 1, 0
        for panel in panels:
            if x + panel.width > 24:
                y, x = y + 8, 0
            number += 1
            yield _panel(panel) | {"id": number, "gridPos": {"h": 8, "w": panel.width, "x": x, "y": y}}
            x += panel.width
        y += 8


def _panel(panel: Panel) -> Json:
    return {
        "title": panel.title,
        "description": panel.description,
        "type": panel.kind,
        "datasource": DATASOURCE,
        "targets": list(_targets(panel)),
        "fieldConfig": {"defaults": {"unit": panel.unit} | _line(panel), "overrides": list(_units(panel))},
        "options": _OPTIONS.get(panel.kind, {}),
        "transformations": _transformations(panel),
    }


def _targets(panel: Panel) -> Iterator[Json]:
    for letter, query in zip(ascii_uppercase, panel.queries, strict=False):
        kind = {"heatmap": "heatmap", "table": "table", "barchart": "table"}.get(panel.kind, "time_series")
        yield {
            "refId": letter,
            "datasource": DATASOURCE,
            "expr": query.expression,
            "legendFormat": query.name,
            "format": kind,
            "instant": panel.kind in ("table", "barchart", "stat"),
            "range": panel.kind not in ("table", "barchart", "stat"),
        }


def _line(panel: Panel) -> Json:
    if panel.limit is None:
        return {"custom": {"fillOpacity": 8}} if panel.kind == "timeseries" else {}
    steps = [{"color": "green", "value": None}, {"color": "red", "value": panel.limit}]
    return {"custom": {"thresholdsStyle": {"mode": "line"}}, "thresholds": {"mode": "absolute", "steps": steps}}


_OPTIONS: dict[str, Json] = {
    "heatmap": {
        "calculate": False,
        "yAxis": {"unit": "short"},
        "cellGap": 1,
        "color": {"mode": "scheme", "scheme": "Blues"},
    },
    "barchart": {"showValue": "never", "xTickLabelRotation": -45},
    "stat": {"reduceOptions": {"calcs": ["lastNotNull"]}, "textMode": "value_and_name"},
}


def _units(panel: Panel) -> Iterable[Json]:
    for query in panel.queries if panel.kind == "table" else ():
        matcher = {"id": "byName", "options": query.name}
        properties = [{"id": "unit", "value": query.unit or "short"}, {"id": "decimals", "value": 2}]
        yield {"matcher": matcher, "properties": properties}


def _transformations(panel: Panel) -> list[Json]:
    """Bring the results into rows: one for each version, or for each band."""
    if panel.kind == "table":
        names = {f"Value #{letter}": query.name for letter, query in zip(ascii_uppercase, panel.queries, strict=False)}
        rename = {"excludeByName": {"Time": True}, "renameByName": {"model_version": "Version"} | names}
        return [{"id": "merge", "options": {}}, {"id": "organize", "options": rename}]
    if panel.kind == "barchart":
        matrix = {"rowField": "band", "columnField": "model_version", "valueField": "Value"}
        return [{"id": "groupingToMatrix", "options": matrix}]
    return []


def text() -> str:
    """Return the file."""
    return json.dumps(dashboard(), indent=1, ensure_ascii=False) + "\n"


def main() -> None:
    """Write the file."""
    FILE.write_text(text())


if __name__ == "__main__":
    main()
