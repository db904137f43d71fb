from dataclasses import replace

import numpy as np
import pytest

from rollout import simulation
from rollout.counts import Histogram
from rollout.errors import CannotRollOut
from rollout.journal import Journal, Observation
from rollout.judge import Health, Look, Ruling, judge
from rollout.simulation import SECONDS
from tests.unit.rollout.counted import ALL_WELL, LAST_LOOK, RULES, make_counts

STABLE = make_counts(100_000, server_faults=20, caller_faults=900, unseen=500)
GOOD = {"server_faults": 1, "caller_faults": 45, "unseen": 25}


def ruled(verdict, criterion: str) -> Ruling:
    (finding,) = [each for each in verdict.findings if each.criterion == criterion]
    return finding.ruling


def test_a_version_as_good_as_stable_goes_on():
    verdict = judge(make_counts(5_000, **GOOD), STABLE, ALL_WELL, LAST_LOOK, RULES)
    assert verdict.ruling == Ruling.GO_ON, verdict.findings


@pytest.mark.parametrize(
    ("criterion", "changes"),
    [
        ("5xx", {"server_faults": 60}),
        ("4xx", {"caller_faults": 200}),
        ("unseen categories", {"unseen": 500}),
        ("latency", {"slower": 2}),
        ("psi", {"drifted": 3}),
    ],
)
def test_a_fault_rolls_back_and_is_named_with_its_numbers(criterion, changes):
    verdict = judge(make_counts(5_000, **GOOD | changes), STABLE, ALL_WELL, LAST_LOOK, RULES)
    assert verdict.ruling == Ruling.ROLL_BACK
    found = [each.criterion for each in verdict.findings if each.ruling == Ruling.ROLL_BACK]
    assert found == ([criterion] if "slower" not in changes else ["median ratio", "p95 ratio"])
    assert "more than" in verdict.reason


def test_a_fault_rolls_back_at_a_look_that_may_not_go_on():
    verdict = judge(make_counts(5_000, server_faults=200), STABLE, ALL_WELL, Look(1, 0), RULES)
    assert verdict.ruling == Ruling.ROLL_BACK


def test_a_good_version_waits_at_a_look_that_may_not_go_on():
    assert judge(make_counts(5_000, **GOOD), STABLE, ALL_WELL, Look(1, 0), RULES).ruling == Ruling.WAIT


@pytest.mark.parametrize("faults", [0, 20], ids=["all well", "all failed"])
def test_twenty_requests_are_no_reason_for_a_verdict(faults):
    verdict = judge(make_counts(20, server_faults=faults), STABLE, ALL_WELL, LAST_LOOK, RULES)
    assert verdict.ruling == Ruling.WAIT
    assert "200 of each are needed" in verdict.reason


@pytest.mark.parametrize("beyond", ["both", "canary"])
def test_durations_beyond_the_last_bucket_are_judged_and_noted(beyond):
    counts = make_counts(5_000, **GOOD)
    slow = replace(counts, seconds=Histogram(SECONDS, (*(0.0 for _ in SECONDS), 5_000.0)))
    verdict = judge(slow, slow if beyond == "both" else STABLE, ALL_WELL, LAST_LOOK, RULES)
    assert verdict.ruling == {"both": Ruling.WAIT, "canary": Ruling.ROLL_BACK}[beyond]
    assert "p95 more than 7500 ms beside" in verdict.reason
    journal = Journal("scl-1", {}, (5,), 0.0)
    journal.observe(Observation(1.0, 0.0, 5, verdict.ruling, tuple(verdict.findings), slow, STABLE))
    assert Journal.decode(journal.encode()) == journal


def test_counts_of_different_buckets_are_an_error_in_a_sentence():
    other = replace(STABLE, probabilities=Histogram((0.5, 1.0), (50_000.0, 50_000.0, 0.0)))
    with pytest.raises(CannotRollOut, match="both versions must have the same transformer image"):
        judge(make_counts(5_000, **GOOD), other, ALL_WELL, LAST_LOOK, RULES)


def test_requests_without_an_answer_are_no_evidence_of_probabilities_or_categories():
    random = np.random.default_rng(1)
    mostly_refused = simulation.Drawing(replace(simulation.GOOD, caller_faults=0.85), random)
    rulings = [
        ruled(judge(*(mostly_refused.counts(each) for each in (1_000, 20_000)), ALL_WELL, LAST_LOOK, RULES), "psi")
        for _ in range(300)
    ]
    assert Ruling.ROLL_BACK not in rulings


def test_one_fault_in_three_hundred_is_a_blip_that_is_waited_out():
    verdict = judge(make_counts(300, server_faults=1, caller_faults=3), STABLE, ALL_WELL, LAST_LOOK, RULES)
    assert verdict.ruling == Ruling.WAIT
    assert ruled(verdict, "5xx") == Ruling.WAIT


def test_later_looks_ask_for_more_evidence():
    counts = make_counts(2_000, server_faults=16, caller_faults=18)
    assert ruled(judge(counts, STABLE, ALL_WELL, Look(1, 0), RULES), "5xx") == Ruling.ROLL_BACK
    assert ruled(judge(counts, STABLE, ALL_WELL, Look(500, 400), RULES), "5xx") == Ruling.WAIT


def test_the_parts_of_all_looks_add_up_to_one():
    assert sum(Look.part(number) for number in range(1, 100_000)) == pytest.approx(1, abs=1e-4)


@pytest.mark.parametrize(
    ("health", "reason"),
    [
        (Health(0), "no ready pod"),
        (Health(2, restarts=1), "started again"),
        (Health(2, golden_fault="golden flight 3 is wrong"), "golden flight 3 is wrong"),
    ],
    ids=["no pod", "a restart", "golden flights"],
)
def test_what_is_no_matter_of_chance_needs_no_sample(health, reason):
    verdict = judge(make_counts(0), make_counts(0), health, Look(1, 0), RULES)
    assert verdict.ruling == Ruling.ROLL_BACK
    assert reason in verdict.reason


def test_a_simulation_tells_good_from_bad():
    traffic = simulation.Traffic(requests_per_second=300, interval_s=60)
    rows = {row.scenario: row for row in simulation.run(15, traffic, RULES, 5)}
    assert {name: row.wrong for name, row in rows.items()} == dict.fromkeys(simulation.SCENARIOS, 0)


def test_giving_up_is_wrong_for_a_good_version_alone():
    row = simulation.Row("as good as stable", 10, rolled_back=1, undecided=2, requests=0)
    assert row.wrong == 3
    assert replace(row, scenario="twice as slow").wrong == 7
