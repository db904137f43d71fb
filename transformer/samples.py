"""Requests that can be posted as they are."""

from collections.abc import Mapping, Sequence

from flights.fields import FIELD_BY_NAME, FIELDS


def request_of(columns: Mapping[str, Sequence[object]]) -> dict[str, object]:
    """Return the JSON of a request for n flights, from columns of n values each."""
    return {
        "inputs": [
            {"name": name, "shape": [len(column)], "datatype": FIELD_BY_NAME[name].datatype, "data": [*column]}
            for name, column in columns.items()
        ]
    }


def required_fields() -> dict[str, object]:
    """Return a request for one flight with what a request must carry."""
    return request_of({field.name: [field.example] for field in FIELDS if field.required})


def all_fields() -> dict[str, object]:
    """Return a request for the same flight with every field, as a client of the old service has them."""
    return request_of({field.name: [field.example] for field in FIELDS})
