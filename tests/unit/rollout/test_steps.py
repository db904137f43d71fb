"""A rollout from step to step, on a cluster of plain numbers."""

from contextlib import nullcontext
from dataclasses import replace

import pytest

from rollout.counts import Counts
from rollout.errors import CannotRollOut, LockLost, RolledBack
from rollout.journal import Journal, State
from rollout.judge import Ruling
from rollout.simulation import GOOD
from rollout.steps import Pace
from tests.unit.rollout.played import CANARY, STABLE, Killed, Played

STEPS = (5, 25, 50, 100)
BAD = replace(GOOD, server_faults=0.05)
ALL_BACK = {STABLE: 100, CANARY: 0}


def test_a_good_version_goes_through_every_step_and_is_promoted():
    played = Played()
    journal = played.rollout().run(CANARY, STEPS)
    assert [weights[CANARY] for weights, _ in played.changes] == list(STEPS)
    assert played.live == {STABLE: 0, CANARY: 100}
    assert journal.state == State.PROMOTED
    assert [each.ruling for each in journal.observations].count(Ruling.GO_ON) == len(STEPS)


def test_every_change_says_why():
    played = Played()
    played.rollout().run(CANARY, STEPS)
    assert [why for _, why in played.changes] == [f"rollout: {CANARY} to {step} %" for step in STEPS]


def test_at_all_the_traffic_it_is_compared_with_what_stable_did_before():
    journal = Played().rollout().run(CANARY, STEPS)
    half = [each for each in journal.observations if each.step == 50][-1]
    full = [each for each in journal.observations if each.step == 100][-1]
    assert full.stable == half.stable
    assert full.stable.requests > 0


def test_a_bad_version_is_rolled_back_at_the_first_step_with_the_reason():
    played = Played(canary=BAD)
    with pytest.raises(RolledBack, match=f"{CANARY} was rolled back at 5 %: 5xx"):
        played.rollout().run(CANARY, STEPS)
    assert played.live == ALL_BACK
    assert [weights[CANARY] for weights, _ in played.changes] == [5, 0]
    assert played.load().state == State.ROLLED_BACK
    assert "5xx" in played.changes[-1][1]


@pytest.mark.parametrize(
    ("change", "reason"),
    [({"ready": 0}, "no ready pod"), ({"restarts": 2}, "started again"), ({"fault": "wrong"}, "wrong")],
    ids=["pods gone", "a restart", "golden flights"],
)
def test_what_breaks_in_the_middle_rolls_back(change, reason):
    played = Played()

    def on_sleep() -> None:
        if played.live[CANARY] == 25:
            for name, value in change.items():
                setattr(played, name, value)

    played.on_sleep = on_sleep
    with pytest.raises(RolledBack, match=f"at 25 %.*{reason}"):
        played.rollout().run(CANARY, STEPS)
    assert played.live == ALL_BACK


def test_too_few_requests_for_a_verdict_are_waited_for_and_in_the_end_given_up():
    played = Played(requests_per_second=1)
    with pytest.raises(RolledBack, match=r"no verdict after 600 s: .* of each are needed"):
        played.rollout().run(CANARY, STEPS)
    assert played.now_s - 1_000_000 == 600
    assert played.live == ALL_BACK


def test_a_step_below_all_the_traffic_is_held():
    played = Played()
    assert played.rollout().run(CANARY, (5, 25)).state == State.HOLDING
    assert played.live == {STABLE: 75, CANARY: 25}


@pytest.mark.parametrize("canary", [GOOD, BAD], ids=["good", "bad"])
def test_killed_anywhere_and_run_again_it_ends_as_if_nothing_had_been(canary):
    killed_at, ends = 0, 0
    while ends < 3:  # beyond the last call nothing is killed any more
        killed_at += 1
        played = Played(canary=canary, killed_at=killed_at)
        try:
            run(played)
            ends += 1
        except Killed:
            assert sum(played.live.values()) == 100
            run(played)
        played.killed_at = None
        assert played.live == ({STABLE: 0, CANARY: 100} if canary is GOOD else ALL_BACK), killed_at
        assert played.load().state == (State.PROMOTED if canary is GOOD else State.ROLLED_BACK), killed_at
    assert killed_at > 20


def run(played: Played) -> None:
    """Run it; a version that is through already, or was rolled back a moment before the kill, is no error."""
    if played.live[CANARY] == 100 and played.saved and Journal.decode(played.saved).state == State.PROMOTED:
        return
    with nullcontext() if played.canary is GOOD else pytest.raises(RolledBack):
        played.rollout().run(CANARY, STEPS)


def test_killed_between_verdict_and_roll_back_it_rolls_back_without_another_look():
    played = Played(canary=BAD)
    with pytest.raises(RolledBack):
        played.rollout().run(CANARY, STEPS)
    journal = played.load()
    journal.state = State.ROLLING_BACK
    played.save(journal)
    played.live = {STABLE: 95, CANARY: 5}
    before_s = played.now_s
    with pytest.raises(RolledBack, match="5xx"):
        played.rollout().run(CANARY, STEPS)
    assert (played.live, played.now_s) == (ALL_BACK, before_s)


def test_weights_that_somebody_else_changed_are_left_alone():
    played = Played()

    def on_sleep() -> None:
        if played.live[CANARY] == 25:
            played.live = {STABLE: 60, CANARY: 40}

    played.on_sleep = on_sleep
    with pytest.raises(LockLost, match=f"changed the weights to {CANARY} 40 %"):
        played.rollout().run(CANARY, STEPS)
    assert played.live == {STABLE: 60, CANARY: 40}


def test_a_lock_that_is_lost_stops_it_before_the_next_change():
    played = Played()

    def check_lock() -> None:
        if played.live[CANARY] == 25:
            raise LockLost("abort has taken over")

    with pytest.raises(LockLost):
        played.rollout(check_lock=check_lock).run(CANARY, STEPS)
    assert played.live[CANARY] == 25


def test_a_look_that_fails_is_told_and_the_next_one_goes_on(monkeypatch):
    played, notes = Played(), []
    fault = iter([None, ConnectionError("the API server is away")])  # the first is asked before the rollout

    def golden_fault(version: str) -> None:
        if error := next(fault, None):
            raise error

    monkeypatch.setattr(played, "golden_fault", golden_fault)
    journal = played.rollout(note=notes.append).run(CANARY, STEPS)
    assert "this look failed: the API server is away" in notes
    assert journal.state == State.PROMOTED


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"live": {STABLE: 100}}, "is no version of the release: start it first"),
        ({"live": {STABLE: 0, CANARY: 100}}, "has all the traffic already"),
        ({"ready": 0}, "has no ready pod: nothing was changed"),
        ({"fault": "golden flight 1 is wrong"}, "golden flight 1 is wrong: nothing was changed"),
    ],
    ids=["unknown", "promoted", "no pods", "golden flights"],
)
def test_what_cannot_begin_changes_nothing(change, sentence):
    played = Played()
    for name, value in change.items():
        setattr(played, name, value)
    with pytest.raises(CannotRollOut, match=sentence):
        played.rollout().run(CANARY, STEPS)
    assert played.changes == []
    assert played.saved is None


def test_a_rollout_of_another_version_goes_first():
    played = Played(killed_at=12)
    with pytest.raises(Killed):
        played.rollout().run(CANARY, STEPS)
    played.live["scl-third"] = 0
    with pytest.raises(CannotRollOut, match=f"a rollout of {CANARY} is under way"):
        played.rollout().run("scl-third", STEPS)


def test_looks_come_often_at_first_and_then_at_every_interval_until_the_limit():
    moments = list(Pace(interval_s=60, wait_s=240, looks=4).moments())
    assert [moment for moment, _ in moments] == [15, 30, 45, 60, 120, 180, 240]
    assert [look.deciding for _, look in moments] == [0, 0, 0, 1, 2, 3, 4]
    assert [look.number for _, look in moments] == list(range(1, 8))


@pytest.mark.parametrize("scrape_s", [0, 5, 15, 60], ids="scraped every {} s".format)
def test_golden_flights_are_nobody_s_traffic_however_counters_are_read(scrape_s):
    played = Played(golden=Counts(requests=5_000, caller_faults=5_000), scrape_s=scrape_s)
    assert played.rollout().run(CANARY, STEPS).state == State.PROMOTED


def test_no_step_takes_longer_than_it_may_where_looks_take_longer_than_they_are_apart():
    played = Played(scrape_s=60, requests_per_second=0)
    began_s = played.now_s
    with pytest.raises(RolledBack, match="no verdict after 300 s"):
        played.rollout(pace=Pace(interval_s=4, wait_s=300)).run(CANARY, STEPS)
    assert 300 <= played.now_s - began_s <= 300 + 2 * 60


@pytest.mark.parametrize("interval_s", [4, 20, 60])
@pytest.mark.parametrize("scrape_s", [0, 5, 15, 60])
def test_every_look_has_something_to_count_however_rarely_counters_are_known(scrape_s, interval_s):
    played = Played(scrape_s=scrape_s)
    journal = played.rollout(pace=Pace(interval_s=interval_s, wait_s=1800, looks=4)).run(CANARY, STEPS)
    assert journal.state == State.PROMOTED
    assert all(each.canary.requests for each in journal.observations)
