"""The dashboard in the words of Grafana's own schema, of which its SDK is made: Grafana itself is not needed."""

import copy
import json
from collections.abc import Iterator

import pytest
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.cog.plugins import register_default_plugins
from grafana_foundation_sdk.models.dashboard import Dashboard

from scripts.dashboard import FILE, Json

SHIPPED: Json = json.loads(FILE.read_text())


def unknown(ours: object, known: object, path: str = "") -> Iterator[str]:
    """Return where Grafana's schema has dropped or changed something."""
    match ours, known:
        case dict(), dict():
            for name, value in ours.items():
                if name in known:
                    yield from unknown(value, known[name], f"{path}.{name}")
                else:
                    yield f"{path}.{name}"
        case list(), list() if len(ours) == len(known):
            for position, (one, other) in enumerate(zip(ours, known, strict=True)):
                yield from unknown(one, other, f"{path}[{position}]")
        case _ if ours != known:
            yield path


def unknown_to_grafana(document: Json) -> list[str]:
    register_default_plugins()
    read = Dashboard.from_json(copy.deepcopy(document))
    return list(unknown(document, json.loads(JSONEncoder().encode(read))))


def test_grafana_knows_every_field_of_it() -> None:
    assert unknown_to_grafana(SHIPPED) == []


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("options", ".panels[1].options.misspelt"),
        ("fieldConfig", ".panels[1].fieldConfig.misspelt"),
        ("gridPos", ".panels[1].gridPos.misspelt"),
    ],
)
def test_a_field_that_it_does_not_know_is_found(name: str, path: str) -> None:
    document = copy.deepcopy(SHIPPED)
    document["panels"][1][name]["misspelt"] = 1
    assert unknown_to_grafana(document) == [path]
