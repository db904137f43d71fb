"""What a rollout can fail with; the text of each is one sentence for a person.

::

    RolloutError
    ├── CannotRollOut     nothing is to be decided: a wrong argument, a cluster that does not answer; exit code 2
    │   └── LockLost      another command has taken over
    └── RolledBack        the version did not pass, and has no traffic any more; exit code 1
"""


class RolloutError(Exception):
    """The root."""


class CannotRollOut(RolloutError):
    """The command cannot do what it was asked for; the weights are as they were."""


class LockLost(CannotRollOut):
    """Another command holds the lock now: this one must not change anything any more."""


class RolledBack(RolloutError):
    """The version did not pass; all traffic is where it was before."""
