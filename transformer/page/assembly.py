"""Puts a page together from its sources: one HTML document that loads nothing, and the policy that holds it to that."""

import base64
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

_SOURCES = Path(__file__).parent / "sources"


@dataclass(frozen=True, slots=True)
class Page:
    """A page that is put together.

    Attributes:
        html: The document.
        policy: Its Content-Security-Policy: nothing but its own style and script, and requests to where it came from.
    """

    html: str
    policy: str


def put_together(
    template: str, *, styles: Sequence[str], scripts: Sequence[str] = (), filled: Mapping[str, str]
) -> Page:
    """Fill a template.

    Args:
        template: Name of the source with the places ``<!--style-->``, ``<!--script-->`` and those of ``filled``.
        styles: Names of the style sheets, in order.
        scripts: Names of the scripts, in order; together they are one module.
        filled: HTML for each further place, by the place's name.
    """
    style, script = "\n".join(map(_source, styles)), "\n".join(map(_source, scripts))
    places = {
        **filled,
        "style": f"<style>{style}</style>",
        "script": f'<script type="module">{script}</script>' if scripts else "",
    }
    before, *parts = _source(template).split("<!--")
    html = [before]
    for part in parts:
        name, _, rest = part.partition("-->")
        html += [places[name], rest]
    return Page("".join(html), _policy(style, script))


def json_element(content: object) -> str:
    """Return JSON that may stand in a script element: nothing in it can end the element."""
    return json.dumps(content, ensure_ascii=False).replace("<", "\\u003c")


def _policy(style: str, script: str) -> str:
    directives = {
        "default-src": "'none'",
        "style-src": _hash(style),
        "script-src": _hash(script) if script else "'none'",
        "connect-src": "'self'" if script else "'none'",
        "img-src": "data:",  # the icon
        "base-uri": "'none'",
        "form-action": "'none'",
        "frame-ancestors": "'none'",
        "require-trusted-types-for": "'script'",
        "trusted-types": "'none'",
    }
    return "; ".join(f"{directive} {value}" for directive, value in directives.items())


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _source(name: str) -> str:
    return (_SOURCES / name).read_text(encoding="utf-8")
