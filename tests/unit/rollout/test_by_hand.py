"""What comes in and goes out, on a release of plain values."""

from collections.abc import Callable
from types import SimpleNamespace

import numpy as np
import pytest

from flights.golden import GoldenFlights
from rollout import by_hand, start
from rollout.cluster import Pod, Service
from rollout.errors import CannotRollOut, RolledBack
from rollout.gateway import Answer
from rollout.helm import Release
from rollout.journal import Journal, State
from rollout.start import NewVersion, Start, differences
from tests.unit.rollout.played import CANARY, STABLE

GOLDEN = GoldenFlights(("early", "late"), {"Fecha-I": ["2017-01-01 23:30", "2017-01-02 23:30"]}, (0.1, 0.6))


class Plain(Release):
    """A release whose values are a dictionary."""

    def __init__(self, **weights: int) -> None:
        names = weights if weights else {STABLE: 100}
        self.kept = {"versions": {name: {"bundle": f"gs://b/{name}", "weight": each} for name, each in names.items()}}
        self.whys: list[str] = []
        self.name = "flight-delay"

    def values(self):
        return self.kept

    def recover(self) -> None:
        pass

    def upgrade(self, change: Callable, why: str) -> None:
        self.kept = change(self.kept)
        self.whys.append(why)


class Memory:
    """Journals of one."""

    def __init__(self, journal: Journal | None = None) -> None:
        self.journal = journal

    def load(self):
        return self.journal

    def save(self, journal) -> None:
        self.journal = journal


def pod(version: str, *, ready: bool = True) -> Pod:
    return Pod(f"{version}-1", version, ready, False, 0.0, 0)


def cluster(*pods: Pod, **services: Service):
    return SimpleNamespace(
        pods=lambda: list(pods), services=lambda: services, why_not_ready=lambda version: "no such bucket"
    )


def test_a_version_is_promoted_in_one_revision():
    release = Plain(**{"a": 60, "b": 40, "c": 0})
    by_hand.promote(release, cluster(pod("c")), Memory(), "c")
    assert release.weights() == {"a": 0, "b": 0, "c": 100}
    assert release.whys == ["rollout: c promoted by hand"]


@pytest.mark.parametrize(
    ("version", "pods", "sentence"),
    [("d", (), "is no version of the release"), ("c", (pod("c", ready=False),), "has no ready pod")],
)
def test_what_cannot_serve_is_not_promoted(version, pods, sentence):
    release = Plain(**{"a": 100, "c": 0})
    with pytest.raises(CannotRollOut, match=sentence):
        by_hand.promote(release, cluster(*pods), Memory(), version)
    assert release.whys == []


def test_abort_puts_back_what_was_before_the_rollout():
    release = Plain(**{"a": 30, "b": 20, "c": 50})
    journals = Memory(Journal("c", {"a": 60, "b": 40, "c": 0}, (50, 100), 0.0))
    by_hand.abort(release, journals)
    assert release.weights() == {"a": 60, "b": 40, "c": 0}
    assert journals.journal.state == State.ABORTED


def test_abort_makes_do_with_the_versions_that_are_left():
    release = Plain(**{"a": 50, "c": 50})
    by_hand.abort(release, Memory(Journal("c", {"a": 60, "b": 40, "c": 0}, (50, 100), 0.0)))
    assert release.weights() == {"a": 100, "c": 0}


def test_abort_without_a_rollout_is_refused():
    with pytest.raises(CannotRollOut, match="no rollout is known"):
        by_hand.abort(Plain(), Memory())


def test_prune_takes_out_what_has_no_traffic_but_the_shadow_and_those_to_keep():
    release = Plain(**{"a": 100, "b": 0, "c": 0, "d": 0})
    release.kept["shadow"] = "b"
    assert by_hand.prune(release, Memory(), ["d"]) == ["c"]
    assert set(release.weights()) == {"a", "b", "d"}
    assert by_hand.prune(release, Memory(), ["d"]) == []
    assert len(release.whys) == 1


def test_prune_waits_for_the_end_of_a_rollout():
    with pytest.raises(CannotRollOut, match="a rollout of b is under way"):
        by_hand.prune(Plain(**{"a": 100, "b": 0}), Memory(Journal("b", {"a": 100, "b": 0}, (5,), 0.0)), [])


def test_a_new_version_has_no_weight_and_a_runtime_of_its_own_where_it_is_asked_for():
    values = NewVersion("b", "gs://b/b", "special", shadow=True).added(Plain().kept)
    assert values["versions"]["b"] == {"bundle": "gs://b/b", "weight": 0, "runtime": {"name": "special"}}
    assert values["shadow"] == "b"
    assert values["versions"][STABLE]["weight"] == 100


def test_a_start_that_was_killed_goes_on():
    added = NewVersion("b", "gs://b/b").added(Plain().kept)
    assert NewVersion("b", "gs://b/b").added(added) == added


@pytest.mark.parametrize(
    ("new", "sentence"),
    [
        (NewVersion(STABLE, "gs://b/another"), f"is a version of the release already, with gs://b/{STABLE}"),
        (NewVersion(STABLE, f"gs://b/{STABLE}"), "has 100 % of the traffic already"),
    ],
)
def test_a_version_that_is_there_is_not_replaced(new, sentence):
    with pytest.raises(CannotRollOut, match=sentence):
        new.added(Plain().kept)


@pytest.fixture
def started(monkeypatch):
    """Start a canary on a cluster that calls it Ready or not, and whose gateway finds a fault or none."""
    monkeypatch.setattr(start.time, "sleep", lambda _s: None)

    def started(release: Release, *, ready: bool = True, fault: str | None = None):
        service = Service(ready, "" if ready else "no such bucket", 0.0)
        examiner = SimpleNamespace(pods=lambda version: (1, 0), golden=lambda version: GOLDEN)
        answers = {
            STABLE: Answer(STABLE, (0.1, 0.4), (False, False)),
            CANARY: Answer(CANARY, (0.1, 0.6), (False, True)),
        }
        gateway = SimpleNamespace(golden_fault=lambda *_: fault, ask=lambda version, _: answers[version])
        begun = Start(release, cluster(**{CANARY: service}), examiner, gateway, lambda: None, lambda _text: None)  # type: ignore[arg-type]
        return begun.run(NewVersion(CANARY, "gs://b/c"), 0.0)

    return started


def test_a_version_that_starts_is_in_at_zero_and_what_differs_is_told(started):
    release = Plain()
    (difference,) = started(release)
    assert release.weights() == {STABLE: 100, CANARY: 0}
    assert (difference.note, difference.current, difference.new) == ("late", (0.4, False), (0.6, True))


@pytest.mark.parametrize(
    ("failure", "sentence"),
    [({"ready": False}, "was not Ready after 0 s: no such bucket"), ({"fault": "golden flight 1"}, "golden flight 1")],
)
def test_a_version_that_does_not_start_is_taken_out_again(started, failure, sentence):
    release = Plain()
    with pytest.raises(RolledBack, match=f"{sentence}.*taken out again and got no traffic"):
        started(release, **failure)
    assert release.weights() == {STABLE: 100}
    assert len(release.whys) == 2


def test_small_differences_are_not_told_unless_a_flight_counts_as_delayed_for_one_alone():
    one = Answer("a", (0.1, 0.499), (False, False))
    assert differences(GOLDEN, one, Answer("b", (0.105, 0.499), (False, False))) == []
    assert [each.note for each in differences(GOLDEN, one, Answer("b", (0.1, 0.5), (False, True)))] == ["late"]
    assert np.isclose(differences(GOLDEN, one, Answer("b", (0.3, 0.45), (False, False)))[0].new[0], 0.3)
