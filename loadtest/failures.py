"""What a request can end in besides a right answer. Locust groups failures by their sentence, so it names no row.

::

    Failed
    ├── WrongAnswer   an answer that must not be; one is enough to fail a run
    ├── NoAnswer      the connection broke, or nothing came in time
    └── Refused       a status other than 2xx
"""


class Failed(Exception):
    """The root of all. Its text is one sentence for a person."""

    def __repr__(self) -> str:
        """Return the sentence: Locust shows and groups by what ``repr`` says."""
        return str(self)


class WrongAnswer(Failed):
    """The service answered something else than it must."""

    PREFIX = "wrong answer: "
    """Begins the sentence; across processes, nothing else tells the kind."""

    def __init__(self, sentence: str) -> None:
        super().__init__(self.PREFIX + sentence)


class NoAnswer(Failed):
    """There was no whole answer in time."""


class Refused(Failed):
    """The service said that it would not answer."""
