"""The release through a Helm that is a script: it keeps revisions in a file, and can be made to fail."""

import json
import sys
import time
from pathlib import Path

import pytest
import yaml

from rollout import helm as helms
from rollout.errors import CannotRollOut
from rollout.helm import Release, with_version, without_versions

HELM = """#!{python}
import json, pathlib, sys
kept = pathlib.Path({file!r})
state = json.loads(kept.read_text())
revisions = state["revisions"]
verb = sys.argv[1]
assert sys.argv[sys.argv.index("--namespace") + 1] == "flights"
if verb == "get":
    print(json.dumps(state["values"][str(revisions[-1]["revision"])]))
elif verb == "history":
    print(json.dumps(revisions))
elif verb == "upgrade":
    if state["busy"]:
        state["busy"] -= 1
        kept.write_text(json.dumps(state))
        sys.exit("Error: UPGRADE FAILED: another operation (install/upgrade/rollback) is in progress")
    if state["refuses"]:
        sys.exit("WARNING: something\\nError: UPGRADE FAILED: " + state["refuses"])
    number = str(len(revisions) + 1)
    state["values"][number] = json.load(sys.stdin)  # YAML would leave it to Helm what the text 1e5 is
    revisions.append({{**revisions[-1], "revision": int(number), "status": "deployed",
                      "description": sys.argv[sys.argv.index("--description") + 1]}})
    kept.write_text(json.dumps(state))
elif verb == "rollback":
    target = sys.argv[3]
    revisions[-1]["status"] = "superseded"
    revisions.append({{**revisions[-1], "revision": len(revisions) + 1, "status": "deployed",
                      "description": f"Rollback to {{target}}"}})
    state["values"][str(len(revisions))] = state["values"][target]
    kept.write_text(json.dumps(state))
"""

VALUES = {"versions": {"a": {"bundle": "gs://b/a", "weight": 100}, "b": {"bundle": "gs://b/b", "weight": 0}}}


class Fake:
    """The state behind the script."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "state.json"
        revision = {
            "revision": 1,
            "status": "deployed",
            "chart": "flight-delay-0.1.0",
            "description": "Install complete",
            "updated": "2026-01-01T00:00:00.5Z",
        }
        self.write(revisions=[revision], values={"1": VALUES}, busy=0, refuses="")
        script = folder / "helm"
        script.write_text(HELM.format(python=sys.executable, file=str(self._file)))
        script.chmod(0o755)

    def write(self, **changes: object) -> None:
        state = json.loads(self._file.read_text()) if self._file.exists() else {}
        self._file.write_text(json.dumps({**state, **changes}))

    @property
    def revisions(self) -> list[dict[str, object]]:
        return json.loads(self._file.read_text())["revisions"]


@pytest.fixture
def fake(tmp_path, monkeypatch) -> Fake:
    monkeypatch.setenv("PATH", str(tmp_path))
    return Fake(tmp_path)


@pytest.fixture
def release(fake) -> Release:
    return Release("flight-delay", "flights", "chart")


def test_a_change_of_weights_is_one_revision_that_says_why(release, fake):
    release.set_weights({"a": 95, "b": 5}, "rollout: b to 5 %")
    assert release.weights() == {"a": 95, "b": 5}
    assert release.values()["versions"]["b"]["bundle"] == "gs://b/b"
    assert [each["description"] for each in fake.revisions] == ["Install complete", "rollout: b to 5 %"]


def test_a_shadow_that_gets_traffic_is_none_any_more(release, fake):
    fake.write(values={"1": {**VALUES, "shadow": "b"}})
    release.set_weights({"a": 100, "b": 0}, "nothing")
    assert release.shadow() == "b"
    release.set_weights({"a": 95, "b": 5}, "more")
    assert release.shadow() is None


def test_other_values_stay_as_they_are(release, fake):
    fake.write(values={"1": {**VALUES, "routes": {"grpc": False}}})
    release.set_weights({"a": 50, "b": 50}, "half")
    assert release.values()["routes"] == {"grpc": False}


def test_what_the_chart_refuses_is_told_in_its_own_sentence(release, fake):
    fake.write(refuses="the weights of versions add up to 105")
    with pytest.raises(CannotRollOut, match=r"^helm upgrade: UPGRADE FAILED: the weights of versions add up to 105$"):
        release.set_weights({"a": 100, "b": 5}, "too much")


def test_a_release_that_is_busy_for_a_moment_is_waited_for(release, fake, monkeypatch):
    monkeypatch.setattr(time, "sleep", lambda _s: None)
    fake.write(busy=2)
    release.set_weights({"a": 95, "b": 5}, "in the end")
    assert release.weights()["b"] == 5


def test_a_revision_left_half_made_is_rolled_back(release, fake):
    half = {**fake.revisions[0], "revision": 2, "status": "pending-upgrade"}
    changed = {**VALUES, "shadow": "b"}
    fake.write(revisions=[fake.revisions[0], half], values={"1": VALUES, "2": changed})
    notes: list[str] = []
    Release("flight-delay", "flights", "chart", note=notes.append).recover()
    assert [each["status"] for each in fake.revisions][-1] == "deployed"
    assert release.shadow() is None
    assert notes == ["revision 2 was left pending-upgrade: back to revision 1"]


def test_a_whole_revision_is_left_alone(release, fake):
    release.recover()
    assert len(fake.revisions) == 1


def test_another_chart_is_told(fake, tmp_path):
    (tmp_path / "Chart.yaml").write_text(yaml.safe_dump({"name": "flight-delay", "version": "0.2.0"}))
    notes: list[str] = []
    Release("flight-delay", "flights", str(tmp_path), note=notes.append).check_chart()
    (note,) = notes
    assert "made by chart flight-delay-0.1.0: the next revision will be of flight-delay-0.2.0" in note


def test_a_release_of_another_chart_is_refused(release, fake):
    fake.write(values={"1": {"replicas": 3}})
    with pytest.raises(CannotRollOut, match="has no versions: it is no release of this chart"):
        release.weights()


def test_a_missing_helm_is_named(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(helms.sys, "executable", str(tmp_path / "python"))
    with pytest.raises(CannotRollOut, match="helm is not on PATH"):
        Release("flight-delay", "flights", "chart")


def test_versions_come_and_go_with_their_shadow():
    more = with_version({**VALUES, "shadow": "c"}, "c", {"bundle": "gs://b/c", "weight": 0})
    assert set(more["versions"]) == {"a", "b", "c"}
    less = without_versions(more, frozenset({"c"}))
    assert (set(less["versions"]), less["shadow"]) == ({"a", "b"}, None)
    assert without_versions(more, frozenset({"b"}))["shadow"] == "c"
