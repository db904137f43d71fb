"""What training is doing, told on standard error: a spinner on a terminal, plain lines elsewhere."""

from collections.abc import Iterator
from contextlib import contextmanager
from time import perf_counter

from rich.console import Console


class Stages:
    """Announces the stages of a run.

    Args:
        console: Where to.
    """

    def __init__(self, console: Console) -> None:
        self._console = console

    @contextmanager
    def stage(self, text: str) -> Iterator[None]:
        """Announce what the body does, and on a terminal how long it took."""
        if not self._console.is_terminal:
            self.note(text)
            yield
            return
        started = perf_counter()
        with self._console.status(text):
            yield
        self.note(f"{text} ({perf_counter() - started:.1f} s)")

    def note(self, text: str) -> None:
        """Say something that is worth keeping on the screen."""
        self._console.print(text, markup=False, highlight=False, soft_wrap=True)
