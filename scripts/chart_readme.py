"""``python -m scripts.chart_readme``: writes each chart's table of values from the comments in values.yaml."""

import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import yaml

CHARTS = [file.parent for file in sorted(Path(__file__).parents[1].glob("helm/*/Chart.yaml"))]
BEGIN, END = "<!-- values: written by make manifests -->\n", "<!-- end of values -->\n"


@dataclass(frozen=True)
class Value:
    """A value that can be set.

    Attributes:
        key: Its place, with dots between.
        default: As JSON, on one line.
        comment: What values.yaml says above it, after ``# --``; empty if it says nothing.
    """

    key: str
    default: str
    comment: str


def values(text: str) -> Iterator[Value]:
    """Return every commented key of values.yaml, and every leaf below keys without a comment."""
    yield from _below(yaml.compose(text, yaml.SafeLoader), text.splitlines(), "")


def _below(mapping: yaml.MappingNode, lines: list[str], path: str) -> Iterator[Value]:
    for key, node in mapping.value:
        comment = _comment(lines, key.start_mark.line)
        here = f"{path}{key.value}"
        if comment or not isinstance(node, yaml.MappingNode) or not node.value:
            default = yaml.safe_load(yaml.serialize(node))
            yield Value(here, json.dumps(default, ensure_ascii=False), comment)
        else:
            yield from _below(node, lines, f"{here}.")


def _comment(lines: list[str], line: int) -> str:
    above: list[str] = []
    while line > 0 and lines[line - 1].lstrip().startswith("#"):
        line -= 1
        above.insert(0, lines[line].strip().removeprefix("#").strip())
        if above[0].startswith("-- "):
            return " ".join(above).removeprefix("-- ")
    return ""


def with_table(readme: str, text: str) -> str:
    """Return the README with the table of values.yaml's text."""
    before, _, rest = readme.partition(BEGIN)
    _, _, after = rest.partition(END)
    rows = [f"| `{value.key}` | `{value.default}` | {value.comment} |\n" for value in values(text)]
    return "".join([before, BEGIN, "| value | default | what it is |\n| --- | --- | --- |\n", *rows, END, after])


def main() -> int:
    """Write the READMEs."""
    for chart in CHARTS:
        readme = chart / "README.md"
        readme.write_text(with_table(readme.read_text(), (chart / "values.yaml").read_text()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
