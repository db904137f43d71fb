"""What the page knows of the version that it asks: told once, at the start, as JSON inside the page."""

from collections.abc import Mapping

from flights.fields import FIELDS, Field
from transformer.service import DelayService

_FIELDS = tuple(field for field in FIELDS if field.required)


def facts_of(service: DelayService) -> dict[str, object]:
    """Return the fields with their patterns, the vocabulary, the threshold, the base rate and the golden flights.

    Probabilities are shares from 0 to 1; the base rate is None where the bundle does not tell it.
    """
    bundle = service.bundle
    columns = [bundle.golden.columns[field.name] for field in _FIELDS]
    return {
        "model": service.model_name,
        "version": bundle.version,
        "threshold": service.threshold,
        "baseRate": _base_rate(bundle.provenance),
        "fields": [{"name": field.name, "datatype": field.datatype, "pattern": _pattern(field)} for field in _FIELDS],
        "choices": {field.name: field.kind.schema["enum"] for field in _FIELDS if "enum" in field.kind.schema},
        "vocabulary": {table.field: sorted(table.values) for table in bundle.encoder.tables},
        "golden": [
            {field.name: value for field, value in zip(_FIELDS, flight, strict=True)}
            for flight in zip(*columns, strict=True)
        ],
    }


def _pattern(field: Field) -> str:
    schema = field.kind.schema
    if "pattern" in schema:
        return str(schema["pattern"])
    values = schema["enum"]
    assert isinstance(values, list)
    return f"^({'|'.join(values)})$"


def _base_rate(provenance: Mapping[str, object]) -> float | None:
    """Return the share of delayed flights in the training data, as the manifest counts them."""
    match provenance.get("data"):
        case {"rows_used": int(used), "rows_delayed": int(late)} if 0 <= late <= used and used > 0:
            return late / used
    return None
