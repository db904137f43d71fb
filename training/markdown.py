"""Tables in Markdown."""

from collections.abc import Iterable


def head(*headings: str) -> list[str]:
    """Return the first two lines of a table."""
    return [row(headings), "|" + " --- |" * len(headings)]


def row(cells: Iterable[str]) -> str:
    """Return one line of a table."""
    return f"| {' | '.join(cells)} |"
