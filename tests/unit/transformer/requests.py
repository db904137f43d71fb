"""Valid REST requests, of which a test changes the one thing that it is about."""

from typing import Any

from flights.fields import FIELD_BY_NAME, FIELDS

MODEL = "flight-delay"
FLIGHT = {"Fecha-I": "2017-01-01 23:30", "Des-I": "KMIA", "Emp-I": "AAL", "TIPOVUELO": "I"}
OLD_SERVICE = {field.name: field.example for field in FIELDS if not field.required}
"""What a client of the old service sends besides."""


def make_request(flights: int = 1, **changes: Any) -> dict[str, Any]:
    """Build a valid request; a change replaces a top-level key, or with the value None removes it."""
    request = {"inputs": [make_input(name, [value] * flights) for name, value in FLIGHT.items()]} | changes
    return {key: value for key, value in request.items() if value is not None}


def make_input(name: str, elements: list[Any], **changes: Any) -> dict[str, Any]:
    """Build a tensor; a change replaces one of its keys, or with the value ... removes it."""
    datatype = FIELD_BY_NAME[name].datatype if name in FIELD_BY_NAME else "BYTES"
    tensor = {"name": name, "shape": [len(elements)], "datatype": datatype, "data": elements} | changes
    return {key: value for key, value in tensor.items() if value is not ...}
