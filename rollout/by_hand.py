"""What a person decides: all traffic to a version, everything back, or old versions gone."""

import time
from collections.abc import Collection

from rollout import weights as percent
from rollout.cluster import Cluster
from rollout.errors import CannotRollOut
from rollout.helm import Release, without_versions
from rollout.journal import UNFINISHED, Journals, Move, State
from rollout.steps import back
from rollout.weights import ALL, Weights


def promote(release: Release, cluster: Cluster, journals: Journals, version: str) -> Weights:
    """Give a version all the traffic.

    Raises:
        CannotRollOut: It is none, or has no ready pod.
    """
    release.recover()
    weights = release.weights()
    if version not in weights:
        raise CannotRollOut(f"{version} is no version of the release ({percent.shown(weights)})")
    if not any(pod.version == version and pod.ready and not pod.ending for pod in cluster.pods()):
        raise CannotRollOut(f"{version} has no ready pod: nothing was changed")
    promoted = percent.moved(weights, version, ALL)
    why = f"rollout: {version} promoted by hand"
    release.set_weights(promoted, why)
    _note_in(journals, State.PROMOTED, promoted, why)
    return promoted


def abort(release: Release, journals: Journals) -> Weights:
    """Put the weights back to where they were before the last rollout, in one revision.

    Raises:
        CannotRollOut: There was none.
    """
    release.recover()
    journal = journals.load()
    if journal is None:
        raise CannotRollOut("no rollout is known: set the weights with helm upgrade")
    weights = back(journal, release.weights())
    why = f"rollout: {journal.version} aborted"
    release.set_weights(weights, why)
    _note_in(journals, State.ABORTED, weights, why)
    return weights


def prune(release: Release, journals: Journals, keep: Collection[str]) -> list[str]:
    """Take out the versions at weight 0 that are no shadow, and return them.

    Raises:
        CannotRollOut: A rollout is under way, and could need one of them.
    """
    release.recover()
    journal = journals.load()
    if journal is not None and journal.state in UNFINISHED:
        raise CannotRollOut(f"a rollout of {journal.version} is under way: run it on, or abort it, first")
    values = release.values()
    weights = release.weights()
    if unknown := sorted(set(keep) - set(weights)):
        raise CannotRollOut(f"--keep {unknown[0]}: it is no version of the release ({percent.shown(weights)})")
    kept = {*keep, values.get("shadow")}
    gone = sorted(version for version, weight in weights.items() if not weight and version not in kept)
    if gone:
        why = f"rollout: {', '.join(gone)} taken out, without traffic"
        release.upgrade(lambda now: without_versions(now, frozenset(gone)), why)
    return gone


def _note_in(journals: Journals, state: State, weights: Weights, why: str) -> None:
    journal = journals.load()
    if journal is None:
        return
    journal.moves.append(Move(time.time(), weights, why))
    journal.state, journal.reason = state, "by hand"
    journals.save(journal)
