"""One command at a time, on leases in memory."""

import copy
import time

import pytest
from kubernetes import client

from rollout import lock as locks
from rollout.errors import CannotRollOut, LockLost
from rollout.lock import Lock


class Leases:
    """The one lease, with versions as the API server keeps them."""

    def __init__(self) -> None:
        self.lease = None
        self._version = 0

    def read_namespaced_lease(self, name, namespace):
        if self.lease is None:
            raise client.ApiException(status=404)
        return copy.deepcopy(self.lease)

    def create_namespaced_lease(self, namespace, lease):
        if self.lease is not None:
            raise client.ApiException(status=409)
        self._keep(lease)

    def replace_namespaced_lease(self, name, namespace, lease):
        if lease.metadata.resource_version != self.lease.metadata.resource_version:
            raise client.ApiException(status=409)
        self._keep(lease)

    def _keep(self, lease) -> None:
        self._version += 1
        self.lease = copy.deepcopy(lease)
        self.lease.metadata.resource_version = str(self._version)


@pytest.fixture(autouse=True)
def fast(monkeypatch):
    monkeypatch.setattr(locks, "DURATION_S", 2)
    monkeypatch.setattr(locks, "RENEWAL_S", 0.2)


@pytest.fixture
def leases() -> Leases:
    return Leases()


def make_lock(leases: Leases, what: str, **options: object) -> Lock:
    return Lock(leases, "flights", "rollout", what, **options)


def check_for_a_while(lock: Lock) -> None:
    deadline_s = time.monotonic() + 10
    while time.monotonic() < deadline_s:
        lock.check()
        time.sleep(0.05)


def test_the_second_of_two_refuses_and_names_the_first(leases):
    with make_lock(leases, "run a"), pytest.raises(CannotRollOut, match="another rollout command is at work: run a on"):
        make_lock(leases, "run b").__enter__()


def test_it_is_free_again_at_once_when_the_first_ends(leases):
    with make_lock(leases, "run a"):
        pass
    began_s = time.monotonic()
    with make_lock(leases, "run b") as lock:
        lock.check()
    assert time.monotonic() - began_s < locks.DURATION_S


def test_a_killed_holder_is_waited_out(leases):
    killed = make_lock(leases, "run a")
    killed._take()  # and never renewed
    with make_lock(leases, "run b") as lock:
        lock.check()
        assert leases.lease.spec.holder_identity.startswith("run b")


def test_a_holder_that_was_overruled_stops(leases):
    with make_lock(leases, "run") as run, make_lock(leases, "abort", force=True) as abort:
        with pytest.raises(LockLost, match=r"abort on .* has taken over"):
            check_for_a_while(run)
        abort.check()


def test_a_holder_that_was_overruled_pauses_no_longer(leases):
    with make_lock(leases, "run") as run, make_lock(leases, "abort", force=True):
        began_s = time.monotonic()
        run.pause(30)
        assert time.monotonic() - began_s < 20
        with pytest.raises(LockLost, match=r"abort on .* has taken over"):
            run.check()


def test_a_holder_that_nobody_overruled_pauses_as_long_as_it_was_told(leases):
    with make_lock(leases, "run") as run:
        began_s = time.monotonic()
        run.pause(0.5)
        assert time.monotonic() - began_s >= 0.5


def test_a_lease_that_cannot_be_renewed_is_no_lock(leases, monkeypatch):
    with make_lock(leases, "run") as lock:

        def away(*_):
            raise client.ApiException(status=500)

        monkeypatch.setattr(leases, "read_namespaced_lease", away)
        with pytest.raises(LockLost, match="could not be renewed in time"):
            check_for_a_while(lock)
        monkeypatch.undo()
