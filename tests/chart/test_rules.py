"""The recording and alert rules: what Prometheus makes of them, and what an operator finds about each."""

import re
import shutil
import subprocess
from http import HTTPStatus
from pathlib import Path
from typing import Any

import grpc
import pytest
import yaml

from rollout.exposition import fault_of
from tests.chart.rendering import OTHER, ROOT, VERSION, Object, Values, only, render
from transformer.metrics import HUNG_UP

ALERT_TESTS = Path(__file__).with_name("alerts.yml")
RUNBOOK = ROOT / "docs/operations.md"


def with_rules(**more: Any) -> Values:
    return {"monitoring": {"mode": "podMonitor", "rules": {"enabled": True, **more}}}


def groups(*values: Values) -> list[Object]:
    two_pods = {"versions": {VERSION: {"autoscaling": {"minReplicas": 1, "maxReplicas": 2}}}}
    spec: list[Object] = only(render(with_rules(), two_pods, *values), "PrometheusRule")["spec"]["groups"]
    return spec


def alerts(*values: Values) -> list[Object]:
    return [rule for group in groups(*values) for rule in group["rules"] if "alert" in rule]


def named(name: str, *values: Values) -> Object:
    (found,) = [alert for alert in alerts(*values) if alert["alert"] == name]
    return found


@pytest.fixture
def rule_file(tmp_path: Path) -> Path:
    file = tmp_path / "rules.yml"
    file.write_text(yaml.safe_dump({"groups": groups()}))
    return file


def promtool(*arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["promtool", *map(str, arguments)], capture_output=True, text=True, timeout=150)


@pytest.mark.prometheus
def test_promtool_has_nothing_to_say_about_the_rules(rule_file: Path) -> None:
    run = promtool("check", "rules", "--lint=all", "--lint-fatal", rule_file)
    assert run.returncode == 0, run.stdout + run.stderr


@pytest.mark.prometheus
def test_each_alert_fires_when_it_should_and_does_not_when_it_should_not(rule_file: Path) -> None:
    shutil.copy(ALERT_TESTS, rule_file.parent)
    run = promtool("test", "rules", rule_file.parent / ALERT_TESTS.name)
    assert run.returncode == 0, run.stdout + run.stderr


def test_each_alert_has_a_test_that_fires_and_one_that_does_not() -> None:
    cases = [case for test in yaml.safe_load(ALERT_TESTS.read_text())["tests"] for case in test["alert_rule_test"]]
    names = {alert["alert"] for alert in alerts()}
    assert {case["alertname"] for case in cases if case["exp_alerts"]} == names
    assert {case["alertname"] for case in cases if not case["exp_alerts"]} == names


def test_each_alert_has_its_heading_in_the_runbook() -> None:
    headings = re.findall(r"^### (FlightDelay\w+)$", RUNBOOK.read_text(), re.MULTILINE)
    assert sorted(headings) == sorted({alert["alert"] for alert in alerts()})
    assert {alert["annotations"]["runbook_url"] for alert in alerts()} == {
        f"docs/operations.md#{heading.lower()}" for heading in headings
    }


def test_each_alert_says_what_is_wrong_and_how_bad_it_is() -> None:
    for alert in alerts():
        assert set(alert["annotations"]) == {"summary", "description", "runbook_url"}
        assert "{{ $labels.model_version }} in {{ $labels.namespace }}" in alert["annotations"]["summary"]
        assert alert["labels"]["severity"] in ("critical", "warning")


def test_a_fault_of_ours_is_what_a_rollout_takes_for_one() -> None:
    (patterns,) = {
        tuple(re.findall(r'status!~"([^"]+)"', alert["expr"])) for alert in alerts() if "status" in str(alert)
    }
    (pattern,) = set(patterns)
    statuses = [
        str(status.value) for status in HTTPStatus if status >= 200 and status // 100 != 3 and status // 100 != 2
    ]
    for status in ["200", *statuses, HUNG_UP, *(code.name for code in grpc.StatusCode)]:
        assert (re.fullmatch(pattern, status) is None) == (fault_of(status) == "server_faults"), status


def test_both_kinds_of_prometheus_get_the_same_groups() -> None:
    googles = only(render(with_rules(), {"monitoring": {"mode": "podMonitoring"}}), "Rules")
    operators = only(render(with_rules()), "PrometheusRule")
    assert googles["spec"]["groups"] == operators["spec"]["groups"]


def test_they_look_at_the_releases_own_namespace_and_model_alone() -> None:
    model = {"modelName": "late"}
    for rule in (rule for group in groups(model) for rule in group["rules"]):
        selectors = re.findall(r"\b(?:flight_delay_\w+|version:\w+:\w+)(\{.*?\})?", rule["expr"])
        assert selectors
        assert all(each.startswith('{namespace="flights",model_name="late"') for each in selectors), rule


def test_the_limits_are_the_values() -> None:
    assert (
        "> 14.4 * (1 - 99.5 / 100)"
        in named("FlightDelayErrorBudgetBurnsFast", with_rules(availabilityPercent=99.5))["expr"]
    )
    assert named("FlightDelaySlow", with_rules(p95Seconds=0.25))["expr"].endswith("> 0.25")
    assert "> 0.4\n" in named("FlightDelayDrift", with_rules(psi=0.4))["expr"]
    assert "> 7 / 100" in named("FlightDelayUnseenCategories", with_rules(unseenPercent=7))["expr"]
    assert "> 3 / 100" in named("FlightDelayPredictorFaults", with_rules(predictorFaultsPercent=3))["expr"]


def test_each_version_is_missed_and_has_its_own_maximum() -> None:
    values: Values = {
        "versions": {OTHER: {"bundle": "gs://b/o", "weight": 0, "autoscaling": {"minReplicas": 3, "maxReplicas": 7}}}
    }
    found = [(each["alert"], each["expr"]) for each in alerts(values) if OTHER in each["expr"]]
    assert [name for name, _ in found] == ["FlightDelayVersionAbsent", "FlightDelayAtMaximum"]
    assert found[1][1].endswith(">= 7")


@pytest.mark.parametrize(
    "values",
    [{"autoscaling": {"mode": "none"}}, {"versions": {VERSION: {"autoscaling": {"minReplicas": 2}}}}],
    ids=["nothing scales", "there is nothing to scale to"],
)
def test_no_maximum_is_reached_where(values: Values) -> None:
    assert "FlightDelayAtMaximum" not in {alert["alert"] for alert in alerts(values)}
