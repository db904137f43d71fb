"""Versions come and go by numbers, under load from outside, and no answer is lost or wrong.

The tests follow one another, as rollouts of a release do: the shipped version, then a second one, then faulty ones.
"""

import json
import os
import time
from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import pytest
from scipy import stats

from rollout.journal import State
from rollout.judge import Ruling
from tests.chart.rendering import CHART
from tests.e2e import faulty_runtime, rollouts, second_bundle
from tests.e2e.asking import BUNDLE, GOLDEN, MODEL, SHIPPED, ask
from tests.e2e.flight_load import FlightLoad
from tests.e2e.release import Namespace
from tests.e2e.rollout_command import RolloutCommand, kill
from tests.e2e.rollouts import assert_consistent, journal_of, state_of, wait_for_half_a_revision, weights

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(400)]

FIRST, SECOND = BUNDLE.version, "scl-second"
CLIENTS = 24
EFFECT_S = 3.0
"""From Helm's return until proxies know the weights for sure."""


@pytest.fixture(scope="module")
def known(tmp_path_factory) -> Mapping[str, Sequence[float]]:
    """Golden probabilities of both good versions."""
    folder = tmp_path_factory.mktemp("bundles") / SECOND
    return {FIRST: BUNDLE.golden.probabilities, SECOND: second_bundle.write(folder, SECOND)}


@pytest.fixture(scope="module")
def bundles(bucket, known, tmp_path_factory) -> Mapping[str, str]:
    """Where every version's bundle is; the faulty ones have the second's, under their own names."""
    folder = tmp_path_factory.mktemp("uploaded")
    for version in (SECOND, *faulty_runtime.FAULTS):
        second_bundle.write(folder / version, version)
    uploaded = {version: bucket.upload(folder / version, version) for version in (SECOND, *faulty_runtime.FAULTS)}
    return {FIRST: bucket.upload(SHIPPED, FIRST), **uploaded}


@pytest.fixture(scope="module")
def release(namespace: Namespace, bundles) -> Namespace:
    """A release with the first version, its proxies knowing it."""
    faulty_runtime.create(namespace)
    rollouts.install(namespace, {FIRST: {"bundle": bundles[FIRST], "weight": 100}}, faulty_runtime.SOUND)
    return namespace


@pytest.fixture(scope="module")
def address(release: Namespace) -> str:
    return release.gateway()


@pytest.fixture(scope="module")
def rollout(release: Namespace) -> RolloutCommand:
    return RolloutCommand(release)


@pytest.fixture
def load(address, known) -> Iterator[FlightLoad]:
    """Load for the whole test, of which nothing may be lost or wrong."""
    with FlightLoad(address, known, clients=CLIENTS) as load:
        time.sleep(1)
        yield load
    assert not load.faults, load.faults
    assert load.count > 100


@pytest.fixture
def pinned(release, address, known) -> Iterator[FlightLoad]:
    """Load that names the second version for the whole test, and never has another one's answer."""
    with FlightLoad(address, known, clients=6, grpc_clients=3, pause_s=0.002, pin=SECOND) as load:
        yield load
        time.sleep(EFFECT_S)
        release.wait("enough answers", lambda: load.rest().total() > 500 and load.grpc().total() > 100, seconds=60)
    assert not load.faults, load.faults


def test_the_two_versions_cannot_be_mixed_up_unseen(known):
    mixed = second_bundle.mixed_up()
    assert min(abs(mixed - np.array(known[version])).min() for version in (FIRST, SECOND)) > 1e-3


def test_a_version_comes_in_without_traffic(release, rollout, bundles, load):
    run = rollout("start", SECOND, "--bundle", bundles[SECOND])
    assert run.returncode == 0, run.stdout + run.stderr
    assert "its golden flights came back right" in run.stdout
    assert set(load.rest()) == {FIRST}
    assert ask(release.gateway(), f"{MODEL}/versions/{SECOND}/infer", GOLDEN)[0] == 200


def test_a_good_version_goes_from_nothing_to_everything(release, rollout, address, known, tmp_path):
    page = tmp_path / "rollout.html"
    with FlightLoad(address, known, clients=40, grpc_clients=4) as load:
        run = rollout("run", SECOND, "--interval", "12", "--wait", "150", "--out", str(page), seconds=300)
        assert run.returncode == 0, run.stdout + run.stderr
        missing = 20_000 - load.count
        if missing > 0:
            release.wait("20,000 answers", lambda: load.count >= 20_000, seconds=60)
    assert not load.faults, load.faults
    assert load.count >= 20_000
    assert_consistent(release, {FIRST: 0, SECOND: 100})
    journal = journal_of(release)
    assert [each.step for each in journal.observations if each.ruling == Ruling.GO_ON] == [5, 25, 50, 100]
    decided_s = {each.step: each.at_s for each in journal.observations}  # the next weights come after that
    for move in journal.moves[1:]:
        step = move.weights[SECOND]
        for answers in (each(move.at_s + EFFECT_S, decided_s[step]) for each in (load.rest, load.grpc)):
            least, most = stats.binom.interval(0.999, answers.total(), step / 100)
            assert answers.total() > 50
            assert least <= answers[SECOND] <= most, (step, answers)
    assert "every step passed" in page.read_text()


def test_status_says_what_goes_on(rollout, load):
    run = rollout("status", "--window", "4")
    assert run.returncode == 0, run.stderr
    (row,) = [line for line in run.stdout.splitlines() if SECOND in line and "100 %" in line]
    assert "1/1" in row
    assert "0.00%" in row


def test_prometheus_and_the_pods_say_the_same(rollout, load):
    time.sleep(15)  # what Prometheus has scraped is as old as its interval
    sources = (), ("--prometheus", os.environ["PROMETHEUS_URL"])
    both = [rollout.begin("status", "--window", "10", *source) for source in sources]  # over the same seconds
    rates = []
    for running in both:
        printed, _ = running.communicate(timeout=90)
        assert running.returncode == 0, printed
        (row,) = [line for line in printed.splitlines() if SECOND in line and "100 %" in line]
        rates.append(float(row.split("│")[4]))
    assert rates[1] == pytest.approx(rates[0], rel=0.6)


def test_one_that_never_becomes_ready_is_taken_out_and_gets_no_traffic(release, rollout, bucket, load):
    run = rollout("start", "scl-missing", "--bundle", f"gs://{bucket.name}/missing", "--ready", "20s")
    assert run.returncode == 1, run.stdout
    assert "was not Ready after 20 s" in run.stderr
    assert "missing" in run.stderr
    assert weights(release) == {FIRST: 0, SECOND: 100}
    assert set(load.rest()) == {SECOND}


def test_others_come_in_unseen_by_who_names_a_version(release, bundles, pinned):
    values = json.loads(release.helm("status", "--output", "json"))["config"]
    for fault in faulty_runtime.FAULTS:  # all with one revision, to save time
        values["versions"][fault] = {"bundle": bundles[fault], "weight": 0, "runtime": {"name": fault}}
    release.helm("upgrade", str(CHART), values=values)
    release.wait_until_ready()


@pytest.mark.parametrize(
    ("fault", "reason", "source"),
    [
        ("errors", "5xx", ()),
        ("slow", "median", ()),
        ("drifts", "population stability index", ("--prometheus", os.environ.get("PROMETHEUS_URL", ""))),
    ],
    ids=["errors", "twice as slow", "drifts, by Prometheus' numbers"],
)
def test_a_faulty_version_is_rolled_back_without_hands(release, rollout, address, known, fault, reason, source):
    before = weights(release)
    with FlightLoad(address, {**known, fault: known[SECOND]}, clients=CLIENTS) as load:
        run = rollout("run", fault, "--steps", "25,50,100", "--interval", "10", "--wait", "80", *source)
        rolled_back_s = time.time()
        time.sleep(EFFECT_S)
    assert run.returncode == 1, run.stdout + run.stderr
    assert reason in run.stderr
    assert_consistent(release, before)
    assert load.last(fault) < rolled_back_s
    assert load.rest()[SECOND] > 100
    assert not [seen for seen in load.faults if SECOND in seen or FIRST in seen], load.faults


def test_killed_while_it_rolls_back_it_goes_on_with_that(release, rollout, address, known):
    """The version forgets its golden flights; the kill falls within Helm's upgrade, which is repaired first."""
    before = weights(release)
    arguments = ("run", "forgets", "--steps", "25,50,100", "--interval", "10", "--wait", "80")
    with FlightLoad(address, {**known, "forgets": known[SECOND]}, clients=CLIENTS) as load:
        running = rollout.begin(*arguments)
        release.wait(
            "a decision",
            lambda: running.poll() is not None or state_of(release) == State.ROLLING_BACK,
            seconds=90,
            pause_s=0.05,
        )
        wait_for_half_a_revision(release)
        printed = kill(running)
        assert "25 %: roll back" in printed
        run = rollout(*arguments)
    assert run.returncode == 1, run.stdout + run.stderr
    assert "golden flight" in run.stderr
    assert "was left pending-upgrade" in run.stdout
    assert_consistent(release, before)
    assert not [seen for seen in load.faults if SECOND in seen or FIRST in seen], load.faults


def test_versions_without_traffic_are_pruned_unseen_by_who_names_another(release, rollout, pinned):
    run = rollout("prune", "--keep", FIRST)
    assert run.returncode == 0, run.stderr
    assert "taken out: drifts, errors, forgets, slow" in run.stdout
    assert_consistent(release, {FIRST: 0, SECOND: 100})


def test_a_shadow_sees_the_traffic_and_clients_see_stable_alone(release, rollout, bundles, load):
    run = rollout("start", FIRST, "--bundle", bundles[FIRST], "--shadow")
    assert run.returncode == 0, run.stdout + run.stderr
    shown = rollout("status", "--window", "6").stdout
    (shadow,) = [line for line in shown.splitlines() if FIRST in line and "shadow" in line]
    (stable,) = [line for line in shown.splitlines() if SECOND in line and "100 %" in line]
    seen, served = (float(row.split("│")[4]) for row in (shadow, stable))
    assert seen == pytest.approx(served, rel=0.1)
    assert set(load.rest()) == set(load.grpc()) == {SECOND}


def test_a_good_version_is_promoted_by_prometheus_numbers(release, rollout, load):
    steps = ("--steps", "50,100", "--interval", "4", "--wait", "150")  # looks are closer together than scrapes
    run = rollout("run", FIRST, *steps, "--prometheus", os.environ["PROMETHEUS_URL"], seconds=330)
    assert run.returncode == 0, run.stdout + run.stderr
    assert_consistent(release, {FIRST: 100, SECOND: 0})


def test_abort_takes_over_and_is_in_effect_within_ten_seconds(release, rollout, load):
    running = rollout.begin("run", SECOND, "--steps", "50,100", "--interval", "600")
    release.wait("half", lambda: load.rest(time.time() - 1)[SECOND] > 0, seconds=60)
    began_s = time.time()
    run = rollout("abort")
    assert run.returncode == 0, run.stderr
    time.sleep(EFFECT_S)
    assert load.last(SECOND) - began_s < 10
    printed, _ = running.communicate(timeout=30)  # its next look was minutes away
    assert running.returncode == 2, printed
    assert "has taken over" in printed or "somebody else has changed the weights" in printed
    assert_consistent(release, {FIRST: 100, SECOND: 0})
