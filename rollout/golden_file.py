"""The golden flights of a bundle, from the file that its pod has."""

from flights.bundle import GOLDEN
from flights.document import Document
from flights.errors import InvalidBundle
from flights.golden import GoldenFlights
from rollout.errors import CannotRollOut


def decode(content: bytes) -> GoldenFlights:
    """Read ``golden/flights.json``, which the transformer has checked against its manifest.

    Raises:
        CannotRollOut: It is none.
    """
    try:
        flights = Document.decode(GOLDEN, content)
        columns = flights.document("columns")
        return GoldenFlights(
            notes=flights.texts("notes"),
            columns={name: columns.values(name) for name in columns},
            probabilities=flights.numbers("probabilities"),
        )
    except InvalidBundle as error:
        raise CannotRollOut(f"the pod's golden flights cannot be read: {error}") from error
