"""What requests and answers look like, as JSON Schema 2020-12: as strict as the server, as far as it can be said.

It cannot be said that all tensors have as many elements, and that a shape is that of its data. What can be said by
``prefixItems`` alone is left unsaid, because too few tools read it.
"""

from collections.abc import Iterable, Mapping

from flights.fields import FIELDS, Field
from transformer.request import DELAYED, OUTPUT_DATATYPES, PROBABILITY

Schema = dict[str, object]

_TEXT: Schema = {"type": "string"}
_SIZE: Schema = {"type": "integer", "minimum": 1}


def strict_object(properties: Mapping[str, object], optional: Iterable[str] = ()) -> Schema:
    """Return the schema of an object with these keys and no others."""
    required = [key for key in properties if key not in {*optional}]
    return {"type": "object", "properties": {**properties}, "required": required, "additionalProperties": False}


def _list_of(item: Schema, at_most: int) -> Schema:
    return {"type": "array", "items": item, "minItems": 1, "maxItems": at_most}


def infer_request(model_name: str) -> Schema:
    """Return the schema of an inference request that is all JSON."""
    output = {"name": {"enum": [*OUTPUT_DATATYPES]}, "parameters": _parameters(binary_data={"type": "boolean"})}
    return strict_object(
        {
            "id": {"type": ["string", "null"], "description": "echoed in the answer"},
            "model_name": {"const": model_name},
            "parameters": _parameters(binary_data_output={"type": "boolean"}),
            "inputs": {
                "type": "array",
                "description": "a tensor for each field, in any order; all with as many flights",
                "minItems": sum(field.required for field in FIELDS),
                "maxItems": len(FIELDS),
                "items": {"anyOf": [_input(field) for field in FIELDS]},
                "allOf": [_at_most_one(field.name, at_least=int(field.required)) for field in FIELDS],
            },
            "outputs": {
                "type": ["array", "null"],
                "description": "the outputs to answer, in order; without it, all",
                "maxItems": len(OUTPUT_DATATYPES),
                "items": strict_object(output, optional=["parameters"]),
                "allOf": [_at_most_one(name) for name in OUTPUT_DATATYPES],
            },
        },
        optional=["id", "model_name", "parameters", "outputs"],
    )


def _input(field: Field) -> Schema:
    value = {**field.kind.schema}
    tensor = strict_object(
        {
            "name": {"const": field.name},
            "datatype": {"const": field.datatype},
            "shape": _list_of(_SIZE, at_most=2) | {"anyOf": [{"maxItems": 1}, {"contains": {"const": 1}}]},
            "parameters": _parameters(binary_data_size=False),
            "data": {"type": "array", "minItems": 1},
        },
        optional=["parameters"],
    )
    return tensor | {
        "title": field.name,
        "description": field.meaning,
        "anyOf": [
            {"properties": {"data": {"items": value}}},
            {"properties": {"shape": {"minItems": 2}, "data": {"items": _list_of(value, at_most=1)}}},
        ],
    }


def _parameters(**known: object) -> Schema:
    return {
        "type": ["object", "null"],
        "properties": known,
        "additionalProperties": {"type": ["string", "number", "boolean"]},
    }


def _at_most_one(name: str, *, at_least: int = 0) -> Schema:
    named = {"properties": {"name": {"const": name}}, "required": ["name"]}
    return {"contains": named, "minContains": at_least, "maxContains": 1}


def infer_answer(model_name: str) -> Schema:
    """Return the schema of an answer; with binary outputs, of the JSON at its start."""
    elements: dict[str, Schema] = {
        PROBABILITY: {
            "type": "number",
            "minimum": 0,
            "maximum": 1,
            "description": "probability that the flight leaves more than 15 minutes late",
        },
        DELAYED: {"type": "boolean", "description": "whether that is from the version's own threshold on"},
    }
    return strict_object(
        {
            "model_name": {"const": model_name},
            "model_version": {**_TEXT, "description": "the bundle that answered"},
            "id": _TEXT,
            "outputs": {
                "type": "array",
                "minItems": 1,
                "maxItems": len(OUTPUT_DATATYPES),
                "items": {"anyOf": [_output(name, element) for name, element in elements.items()]},
            },
        },
        optional=["id"],
    )


def _output(name: str, element: Schema) -> Schema:
    tensor = strict_object(
        {
            "name": {"const": name},
            "datatype": {"const": OUTPUT_DATATYPES[name]},
            "shape": _list_of(_SIZE, at_most=1),
            "parameters": strict_object({"binary_data_size": _SIZE}),
            "data": {"type": "array", "minItems": 1, "items": element},
        },
        optional=["parameters", "data"],
    )
    return tensor | {"title": name, "oneOf": [{"required": ["data"]}, {"required": ["parameters"]}]}


def error() -> Schema:
    """Return the schema of every refusal: one sentence for a person."""
    return strict_object({"error": _TEXT})


def server_metadata() -> Schema:
    """Return the schema of what the server says of itself."""
    return strict_object({"name": _TEXT, "version": _TEXT, "extensions": {"type": "array", "items": _TEXT}})


def model_metadata(model_name: str) -> Schema:
    """Return the schema of what the version says of itself."""
    tensor = strict_object({"name": _TEXT, "datatype": _TEXT, "shape": {"type": "array", "items": {"const": -1}}})
    tensors = {"type": "array", "items": tensor}
    return strict_object(
        {
            "name": {"const": model_name},
            "versions": {"type": "array", "items": _TEXT},
            "platform": _TEXT,
            "inputs": tensors,
            "outputs": tensors,
            "parameters": strict_object(
                {"openapi": _TEXT, "sample_request": _TEXT, "page": _TEXT, "reference": _TEXT},
                optional=["page", "reference"],
            ),
        }
    )
