"""An OpenAPI document as a page to read: static HTML, for which the browser needs neither a script nor a request.

Swagger UI, Redoc and RapiDoc would each bring a megabyte or more of script to every pod, and style their elements
inline, which a policy without ``unsafe-inline`` forbids; what they add, sending requests, the page to try does. This
knows as much of OpenAPI 3.1 as ``transformer.openapi`` writes, and shows any other keyword as it stands.
"""

import json
from collections.abc import Iterable, Mapping
from html import escape
from typing import Any

_WIDTH = 100
"""Characters up to which JSON stays on one line."""

_SCHEMAS_WITHIN = {"items": "each", "contains": "contains", "additionalProperties": "each other value"}
_LISTS_OF_SCHEMAS = {"anyOf": "any of", "oneOf": "one of", "allOf": "all of"}
_TOLD_ELSEWHERE = {"type", "title", "description", "properties", "required", *_SCHEMAS_WITHIN, *_LISTS_OF_SCHEMAS}

Described = Mapping[str, Any]


def places_of(document: Described) -> dict[str, str]:
    """Return the HTML for each place of ``api.html``.

    Args:
        document: An OpenAPI 3.1 document, all JSON. Nothing in it is taken for HTML.
    """
    operations = [
        (method, path, operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    ]
    return {
        "title": escape(document["info"]["title"]),
        "description": escape(document["info"]["description"]),
        "contents": "".join(_entry(*each) for each in operations),
        "operations": "".join(_operation(document, *each) for each in operations),
        "schemas": "".join(
            _article(name, escape(name), _schema(schema)) for name, schema in document["components"]["schemas"].items()
        ),
        "examples": "".join(
            _example(name, example) for name, example in document["components"].get("examples", {}).items()
        ),
    }


def laid_out(value: object, indent: str = "") -> str:
    """Return a value as JSON for people: what fits into a line is on one."""
    line = json.dumps(value, ensure_ascii=False)
    if len(indent) + len(line) <= _WIDTH or not isinstance(value, dict | list) or not value:
        return line
    deeper = f"{indent}  "
    if isinstance(value, dict):
        begin, end = "{}"
        members = [f"{json.dumps(key, ensure_ascii=False)}: {laid_out(each, deeper)}" for key, each in value.items()]
    else:
        begin, end = "[]"
        members = _lines(value, deeper) if _is_flat(value) else [laid_out(each, deeper) for each in value]
    return f"{begin}\n{deeper}" + f",\n{deeper}".join(members) + f"\n{indent}{end}"


def _is_flat(values: Iterable[object]) -> bool:
    return not any(isinstance(each, dict | list) for each in values)


def _lines(values: Iterable[object], indent: str) -> list[str]:
    """Return scalars, as many on a line as fit."""
    lines: list[str] = []
    for each in (json.dumps(value, ensure_ascii=False) for value in values):
        if lines and len(indent) + len(lines[-1]) + len(each) + 2 <= _WIDTH:
            lines[-1] += f", {each}"
        else:
            lines.append(each)
    return lines


def _entry(method: str, path: str, operation: Described) -> str:
    identifier = escape(operation["operationId"])
    return (
        f'<li><a href="#{identifier}"><b>{escape(method.upper())}</b> <code>{escape(path)}</code></a> '
        f"{escape(operation['summary'])}</li>"
    )


def _operation(document: Described, method: str, path: str, operation: Described) -> str:
    parts = [f"<p>{escape(operation['summary'])}.</p>"]
    if parameters := [_resolved(document, each) for each in operation.get("parameters", ())]:
        parts.append(f"<h4>Parameters</h4>{_list([_parameter(each) for each in parameters])}")
    if "requestBody" in operation:
        parts += ["<h4>Request</h4>", _content(operation["requestBody"]["content"])]
    parts.append("<h4>Answers</h4><dl>")
    for status, answer in operation["responses"].items():
        told = _resolved(document, answer)
        headers = ", ".join(f"<code>{escape(name)}</code>" for name in told.get("headers", {}))
        parts.append(
            f"<dt>{escape(status)}</dt><dd><p>{escape(told['description'])}</p>"
            + (f'<p class="hint">Headers: {headers}</p>' if headers else "")
            + _content(told.get("content", {}))
            + "</dd>"
        )
    heading = f'<b class="method">{escape(method.upper())}</b> <code>{escape(path)}</code>'
    return _article(operation["operationId"], heading, f"{''.join(parts)}</dl>")


def _parameter(parameter: Described) -> str:
    name, place = escape(parameter["name"]), escape(parameter["in"])
    return f"<code>{name}</code> ({place}): {escape(parameter['description'])} {_schema(parameter['schema'])}"


def _article(identifier: str, heading: str, content: str) -> str:
    return f'<article id="{escape(identifier)}"><h3>{heading}</h3>{content}</article>'


def _content(content: Described) -> str:
    parts = []
    for media_type, told in content.items():
        examples = ", ".join(
            f'<a href="#{escape(_anchor(name, each))}">{escape(name)}</a>'
            for name, each in told.get("examples", {}).items()
        )
        parts.append(
            f'<div class="content"><code>{escape(media_type)}</code> {_schema(told["schema"])}'
            + (f"<p>Examples: {examples}</p>" if examples else "")
            + "</div>"
        )
    return "".join(parts)


def _anchor(name: str, example: Described) -> str:
    return f"example-{str(example.get('$ref', name)).rpartition('/')[2]}"


def _example(name: str, example: Described) -> str:
    value = f'<pre tabindex="0" role="region" aria-label="{escape(name)}">{escape(laid_out(example["value"]))}</pre>'
    return _article(f"example-{name}", escape(name), f"<p>{escape(example['summary'])}.</p>{value}")


def _schema(schema: object) -> str:
    """Return a schema as an outline; what it refers to is linked."""
    if not isinstance(schema, Mapping):
        return f"<code>{escape(json.dumps(schema))}</code>"
    if "$ref" in schema:
        name = str(schema["$ref"]).rpartition("/")[2]
        return f'<a href="#{escape(name)}">{escape(name)}</a>'
    facts = [f"<i>{escape(_type(schema['type']))}</i>"] if "type" in schema else []
    facts += [
        f"{escape(keyword)} <code>{escape(json.dumps(value, ensure_ascii=False))}</code>"
        for keyword, value in schema.items()
        if keyword not in _TOLD_ELSEWHERE
    ]
    if schema.get("additionalProperties") is False:
        facts.append("no other keys")
    described = [escape(str(schema["description"]))] if "description" in schema else []
    return "; ".join([*facts, *described]) + _list(_members(schema))


def _members(schema: Described) -> list[str]:
    required = schema.get("required", ())
    optional = " (optional)" if "type" in schema else ""  # of an alternative, what is required stands further up
    members = [
        f"<code>{escape(name)}</code>{'' if name in required else optional}: {_schema(within)}"
        for name, within in schema.get("properties", {}).items()
    ]
    if "properties" not in schema and required:
        members.append(f"must have <code>{escape(', '.join(required))}</code>")
    members += [
        f"{words}: {_schema(schema[keyword])}"
        for keyword, words in _SCHEMAS_WITHIN.items()
        if isinstance(schema.get(keyword), Mapping)
    ]
    members += [
        f"{words}:{_list([_titled(each) for each in schema[keyword]], 'ol')}"
        for keyword, words in _LISTS_OF_SCHEMAS.items()
        if keyword in schema
    ]
    return members


def _titled(schema: Described) -> str:
    title = f"<b>{escape(str(schema['title']))}</b> " if "title" in schema else ""
    return title + _schema(schema)


def _type(told: object) -> str:
    return " or ".join(told) if isinstance(told, list) else str(told)


def _list(items: list[str], kind: str = "ul") -> str:
    return f"<{kind}>{''.join(f'<li>{item}</li>' for item in items)}</{kind}>" if items else ""


def _resolved(document: Described, described: Described) -> Described:
    if "$ref" not in described:
        return described
    found: Any = document
    for step in str(described["$ref"]).removeprefix("#/").split("/"):
        found = found[step]
    assert isinstance(found, Mapping)
    return found
