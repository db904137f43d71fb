"""What ends a benchmark.

::

    BenchError
    ├── CannotMeasure   something is missing, or a server does not come up: exit code 2
    │   └── CannotInstall   a variant's own environment cannot be made: it is left out
    └── WrongAnswer     a variant answered something else than the booster: exit code 1
"""


class BenchError(Exception):
    """The root of both. Its text is one sentence for a person."""


class CannotMeasure(BenchError):
    """There is nothing to measure with, or nothing to measure."""


class CannotInstall(CannotMeasure):
    """What a variant is made of is not to be had."""


class WrongAnswer(BenchError):
    """A variant is not worth measuring: its answers are wrong."""
