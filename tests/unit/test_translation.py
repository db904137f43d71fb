"""README.es.md says what README.md says: same headings, same commands, same links; the prose is the translator's."""

import re
from itertools import zip_longest
from pathlib import Path

import pytest

BLOCK = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)


def prose(text: str) -> str:
    return BLOCK.sub("", text)


def headings(text: str) -> list[str]:
    """The levels; what they say is translated."""
    return re.findall(r"^#+(?= )", prose(text), re.MULTILINE)


def blocks(text: str) -> list[str]:
    return BLOCK.findall(text)


def code(text: str) -> list[str]:
    """Names and commands within sentences; their order is the language's."""
    return sorted(re.findall(r"`[^`\n]+`", prose(text)))


def links(text: str) -> list[str]:
    """Where links and pictures lead; each page names the other one first."""
    found = re.findall(r"\]\(([^)]+)\)|src=\"([^\"]+)\"", prose(text))
    return sorted(address for pair in found for address in pair if address and not re.match(r"README", address))


def table_rows(text: str) -> list[int]:
    """How many cells each row has."""
    return [line.count("|") for line in prose(text).splitlines() if line.startswith("|")]


def numbers(text: str) -> list[str]:
    """Figures, without what separates thousands and decimals."""
    plain = re.sub(r"`[^`\n]+`|\]\([^)]+\)", "", prose(text))
    return sorted(re.sub(r"[.,]", "", each) for each in re.findall(r"\d[\d.,]*", plain))


@pytest.mark.parametrize("part", [headings, blocks, code, links, table_rows, numbers], ids=lambda part: part.__name__)
def test_both_readmes_have_the_same(part):
    pairs = zip_longest(part(Path("README.md").read_text()), part(Path("README.es.md").read_text()))
    for place, (english, spanish) in enumerate(pairs, start=1):
        assert english == spanish, f"{part.__name__} {place}: README.md has {english!r}, README.es.md {spanish!r}"


def test_each_readme_leads_to_the_other():
    assert "](README.es.md)" in Path("README.md").read_text()
    assert "](README.md)" in Path("README.es.md").read_text()
