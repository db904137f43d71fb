"""The dashboard and the rules, on what a real pair under load tells a real Prometheus."""

import io
import json
import re
import shutil

import matplotlib.pyplot as plt
import pytest

from scripts import dashboard, draw_dashboard
from scripts.ports import free_ports
from tests.served.running import get, listens, wait_until
from tests.served.watched import MixedLoad, Prometheus, without_variables

pytestmark = [pytest.mark.served, pytest.mark.prometheus]

DASHBOARD = json.loads(dashboard.FILE.read_text())
PANELS = [panel for panel in DASHBOARD["panels"] if panel["type"] != "row"]
QUERIES = [(panel["title"], target["expr"]) for panel in PANELS for target in panel["targets"]]


@pytest.fixture(scope="module")
def watched(start_shared, start_pair, bundle, tmp_path_factory):
    """A Prometheus that has seen a pair under load for as long as the panels' windows."""
    pair = start_pair(start_shared, bundle, "--payload_share", 1, "--payload_most_flights", 1)
    (port,) = free_ports(1)
    prometheus = Prometheus.start(start_shared, tmp_path_factory.mktemp("prometheus"), port, pair.http_port)
    with MixedLoad(pair.http_port) as load:
        last = "version:flight_delay_probability:psi7d"  # is made of a record that is made of two scrapes
        wait_until(lambda: prometheus.numbers(last), f"a value of {last}")
        yield prometheus
    assert load.statuses == {200, 400}


@pytest.mark.parametrize(("title", "expression"), QUERIES, ids=[f"{title}-{n}" for n, (title, _) in enumerate(QUERIES)])
def test_each_query_of_each_panel_has_data(watched, title, expression):
    query = without_variables(expression)
    wait_until(lambda: watched.numbers(query), f"data for {title}: {query}", limit_s=20)


def test_every_rule_is_evaluated_and_every_record_has_data(watched):
    groups = watched.ask("rules")["groups"]
    rules = [rule for group in groups for rule in group["rules"]]
    assert {rule["name"] for rule in rules} >= {"version:flight_delay_probability:psi7d", "FlightDelayDrift"}
    assert [rule["lastError"] for rule in rules if rule["health"] == "err"] == []
    for rule in rules:
        if rule["type"] == "recording":
            wait_until(lambda rule=rule: watched.numbers(rule["name"]), f"a value of {rule['name']}", limit_s=20)


def test_every_metric_in_a_query_or_a_rule_is_one_that_is_scraped(watched):
    scraped = set(watched.ask("label/__name__/values"))
    expressions = [expression for _, expression in QUERIES]
    expressions += [rule["query"] for group in watched.ask("rules")["groups"] for rule in group["rules"]]
    named = {name for each in expressions for name in re.findall(r"(?<![\w:])(?:flight_delay|process)_\w+", each)}
    assert named - scraped == set()


def test_answers_are_compared_with_training_band_by_band(watched, bundle):
    shares = watched.ask("query", query="flight_delay_training_band_share")["result"]
    assert sum(float(series["value"][1]) for series in shares) == pytest.approx(1)
    live = watched.ask("query", query="version:flight_delay_probability_band:share7d")["result"]
    assert {series["metric"]["band"] for series in live} == {series["metric"]["band"] for series in shares}


def test_unseen_airlines_and_destinations_are_the_share_that_was_asked(watched):
    # 5 requests in turn: 32 flights are encoded, of them each of the two is one
    (airlines,) = watched.numbers('version:flight_delay_unseen_categories:ratio_rate1h{field="airline"}')
    assert airlines == pytest.approx(1 / 33, rel=0.5)


def test_without_grafana_the_panels_are_drawn(start, tmp_path):
    (tmp_path / "prometheus").symlink_to(shutil.which("prometheus"))
    ports = dict(zip(("PROMETHEUS_PORT", "GRAFANA_PORT"), free_ports(2), strict=True))
    page = ports["GRAFANA_PORT"]
    environment = {name: str(port) for name, port in ports.items()} | {"PATH": str(tmp_path)}
    watching = start("-m", "scripts.watch", until=(page, "/"), env=environment)
    assert f"http://127.0.0.1:{page}/" in watching.stdout
    assert 'src="dashboard.png"' in get(page, "/").body.decode()
    picture = plt.imread(io.BytesIO(get(page, "/dashboard.png").body))
    assert picture.shape[0] > 1000
    assert get(page, "/favicon.ico").status == 404
    assert watching.stop() == 0
    assert not [port for port in ports.values() if listens(port)]


def test_a_prometheus_that_is_away_is_told(start):
    port, nobody = free_ports(2)
    start("-m", "scripts.draw_dashboard", f"http://127.0.0.1:{nobody}", "--port", port, until=(port, "/"))
    answer = get(port, "/dashboard.png")
    assert answer.status == 503
    assert f"http://127.0.0.1:{nobody} does not answer" in answer.body.decode()


def test_every_panel_is_drawn_with_what_it_shows(watched, tmp_path, monkeypatch):
    said = []
    monkeypatch.setattr(draw_dashboard.Axes, "text", lambda *arguments, **_: said.append(arguments[3]))
    draw_dashboard.draw(draw_dashboard.Prometheus(watched.url, 1), tmp_path / "dashboard.png")
    assert "No data" not in said
    assert said
