"""One command at a time: a Lease that its holder renews, and that others may take once it is not renewed.

As in Kubernetes' own leader election, clocks are not compared: a holder is gone when its lease has not changed for
as long as it said, by the clock of the one who watches.
"""

import os
import socket
import threading
import time
import uuid
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from http import HTTPStatus
from types import TracebackType
from typing import Any, Self

from kubernetes import client
from urllib3.exceptions import HTTPError

from rollout.errors import CannotRollOut, LockLost

DURATION_S = 15
RENEWAL_S = 4


class Lock:
    """Holds the lease for as long as its ``with`` block lasts.

    Args:
        api: The cluster.
        namespace: The release's namespace.
        name: The lease's name.
        what: What the holder does, for those who find the lease taken.
        force: Take it from a living holder, who then notices.
        note: Where to say that the end of another is waited for.
    """

    def __init__(
        self,
        api: client.CoordinationV1Api,
        namespace: str,
        name: str,
        what: str,
        *,
        force: bool = False,
        note: Callable[[str], None] = lambda _text: None,
    ) -> None:
        self._api = api
        self._namespace = namespace
        self._name = name
        self._identity = f"{what} on {socket.gethostname()}, process {os.getpid()}, {uuid.uuid4().hex[:6]}"
        self._force = force
        self._note = note
        self._over = threading.Event()
        self._lost = threading.Event()
        self._renewed_s = 0.0
        self._lost_to: str | None = None
        self._thread = threading.Thread(target=self._keep, daemon=True, name="lease")

    def __enter__(self) -> Self:
        self._take()
        self._thread.start()
        return self

    def __exit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _: TracebackType | None
    ) -> None:
        self._over.set()
        self._thread.join()
        if self._lost_to is None:
            with suppress(client.ApiException, HTTPError):  # then it ends by itself
                self._release()

    def pause(self, seconds: float) -> None:
        """Wait; no longer than until the lease is seen to be lost, which ``check`` then tells."""
        self._lost.wait(seconds)

    def check(self) -> None:
        """Do nothing while the lease is held.

        Raises:
            LockLost: It is not, or nobody knows.
        """
        with suppress(client.ApiException, HTTPError):
            self._renew()  # now: the thread may notice a few seconds later that another has taken over
        if self._lost_to is not None:
            raise LockLost(f"{self._lost_to} has taken over: nothing more is changed here")
        if time.monotonic() - self._renewed_s > DURATION_S:
            raise LockLost("the lease could not be renewed in time: nothing more is changed here")

    def _take(self) -> None:
        lease = self._read()
        if lease is None:
            lease = client.V1Lease(metadata=client.V1ObjectMeta(name=self._name), spec=client.V1LeaseSpec())
            try:
                self._api.create_namespaced_lease(self._namespace, self._filled(lease))
                self._renewed_s = time.monotonic()
                return
            except client.ApiException as error:
                if error.status != HTTPStatus.CONFLICT:
                    raise
                lease = self._read()
        holder = lease and lease.spec.holder_identity
        if holder and not self._force:
            self._wait_for_its_end(lease)
            lease = self._read()
        if lease is None:  # deleted meanwhile
            self._take()
            return
        try:
            self._api.replace_namespaced_lease(self._name, self._namespace, self._filled(lease))
        except client.ApiException as error:
            if error.status != HTTPStatus.CONFLICT:
                raise
            raise CannotRollOut("another rollout command was a moment faster: try again when it has ended") from None
        self._renewed_s = time.monotonic()

    def _wait_for_its_end(self, lease: Any) -> None:
        holder, version = lease.spec.holder_identity, lease.metadata.resource_version
        seconds = lease.spec.lease_duration_seconds or DURATION_S
        self._note(f"the lock is held by {holder}: seeing for up to {seconds} s whether it is alive")
        deadline_s = time.monotonic() + seconds
        while time.monotonic() < deadline_s:
            time.sleep(0.5)
            lease = self._read()
            if lease is None or not lease.spec.holder_identity:
                return
            if lease.metadata.resource_version != version:
                raise CannotRollOut(f"another rollout command is at work: {lease.spec.holder_identity}")

    def _keep(self) -> None:
        while not self._lost.is_set() and not self._over.wait(RENEWAL_S):
            with suppress(client.ApiException, HTTPError):  # away for a moment; check() tells when it was too long
                self._renew()

    def _renew(self) -> None:
        lease = self._read()
        holder = lease and lease.spec.holder_identity
        if holder != self._identity:
            self._lost_to = holder or "nobody that is known"
            self._lost.set()
            return
        self._api.replace_namespaced_lease(self._name, self._namespace, self._filled(lease))
        self._renewed_s = time.monotonic()

    def _release(self) -> None:
        lease = self._read()
        if lease is not None and lease.spec.holder_identity == self._identity:
            lease.spec.holder_identity = ""
            self._api.replace_namespaced_lease(self._name, self._namespace, lease)

    def _filled(self, lease: Any) -> Any:
        lease.spec.holder_identity = self._identity
        lease.spec.lease_duration_seconds = DURATION_S
        lease.spec.renew_time = datetime.now(UTC)
        return lease

    def _read(self) -> Any:
        try:
            return self._api.read_namespaced_lease(self._name, self._namespace)
        except client.ApiException as error:
            if error.status == HTTPStatus.NOT_FOUND:
                return None
            raise
