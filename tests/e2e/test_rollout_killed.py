"""A rollout that is killed at each of its steps, run again each time, ends where it would have ended."""

import pytest

from rollout.journal import State
from tests.e2e import rollouts, second_bundle
from tests.e2e.asking import BUNDLE, SHIPPED
from tests.e2e.flight_load import FlightLoad
from tests.e2e.rollout_command import RolloutCommand, kill
from tests.e2e.rollouts import assert_consistent, reached, state_of

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(900)]

FIRST, SECOND = BUNDLE.version, "scl-second"
AT_ONCE = ("--interval", "10", "--least-requests", "20", "--refuse-5xx", "50%", "--refuse-4xx", "50%")
AT_ONCE += ("--refuse-unseen", "50%", "--allow-p95-ratio", "20", "--refuse-p95-ratio", "50", "--allow-psi", "10")
AT_ONCE += ("--refuse-psi", "50", "--allow-median-ratio", "20", "--refuse-median-ratio", "50")
"""Nearly no limits: this is about what a killed command leaves, and others use the cluster meanwhile.

A step lasts for its interval at least: that is how long the test has to see that it is there.
"""


@pytest.fixture(scope="module")
def known(tmp_path_factory):
    """Golden probabilities of both versions."""
    folder = tmp_path_factory.mktemp("bundles") / SECOND
    return {FIRST: BUNDLE.golden.probabilities, SECOND: second_bundle.write(folder, SECOND)}


@pytest.fixture(scope="module")
def release(namespace, bucket, known, tmp_path_factory):
    """A release with the first version, and the second one without traffic."""
    folder = tmp_path_factory.mktemp("uploaded") / SECOND
    second_bundle.write(folder, SECOND)
    versions = {
        FIRST: {"bundle": bucket.upload(SHIPPED, FIRST), "weight": 100},
        SECOND: {"bundle": bucket.upload(folder, SECOND), "weight": 0},
    }
    rollouts.install(namespace, versions)
    return namespace


@pytest.fixture
def load(release, known):
    """Load for the whole test, of which nothing may be lost or wrong; little enough for those beside it."""
    with FlightLoad(release.gateway(), known, clients=6, pause_s=0.04) as load:
        yield load
    assert not load.faults, load.faults
    assert load.count > 100


def test_killed_at_each_step_and_run_again_it_ends_promoted(release, load):
    rollout = RolloutCommand(release)
    arguments = ("run", SECOND, "--steps", "5,25,50,100", *AT_ONCE)
    running = rollout.begin(*arguments)
    for step in (5, 25, 50, 100):
        release.wait(
            f"{step} %",
            lambda step=step, running=running: running.poll() is not None or reached(release, SECOND) == step,
            seconds=150,
            pause_s=0.1,
        )
        assert running.poll() is None, running.communicate()
        if step == 25:
            second = rollout("run", SECOND)
            assert second.returncode == 2
            assert second.stderr.count("\n") == 1
            assert "another rollout command is at work: run" in second.stderr
        kill(running)
        assert state_of(release) == State.RUNNING
        running = rollout.begin(*arguments)
    printed, _ = running.communicate(timeout=150)
    assert running.returncode == 0, printed
    assert "picking up at 100 %" in printed
    assert_consistent(release, {FIRST: 0, SECOND: 100})
    assert state_of(release) == State.PROMOTED
