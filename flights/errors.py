"""Everything that can go wrong, in two families.

::

    FlightDelayError
    ├── CallerError            the caller's fault, answered with a 4xx that names field and value
    │   ├── InvalidRequest     the request as a whole: its JSON, tensors, sizes, outputs
    │   ├── InvalidFlight      one value of one field of one flight
    │   ├── UnknownResource    a path, model or version that is not served here
    │   ├── WrongMethod        a path that is served, but not by this method
    │   ├── RequestTooLarge    a body above the limit
    │   ├── HeadTooLarge       an address and headers above the limit
    │   ├── RequestTooSlow     a request that does not arrive in time
    │   └── UnsupportedMedia   a body in a type or coding that is not read
    └── OperatorError          ours
        ├── InvalidBundle      refuse to start: a file of the bundle is missing, altered or does not fit
        ├── InvalidDataset     refuse to train: the table is not what training reads
        ├── NotReady           the golden flights do not come back right, answered with 503
        └── PredictorError     the runtime behind the transformer, answered with a 5xx
            ├── PredictorUnavailable    it is away, or the queue for it is full
            ├── PredictorTimeout        it is late
            └── PredictorNonsense       it answered something that cannot be an answer
"""

from itertools import islice

_LONGEST_VALUE_SHOWN = 64
_IN_JSON = {None: "null", True: "true", False: "false"}


def shown(value: object) -> str:
    """Render a caller's value for an error message: quoted, escaped, and cut after 64 characters."""
    if value is None or isinstance(value, bool):
        return _IN_JSON[value]
    if isinstance(value, str | bytes | list | tuple):
        value = value[: _LONGEST_VALUE_SHOWN + 1]  # or a megabyte would be escaped before it is cut
    elif isinstance(value, dict):
        value = dict(islice(value.items(), _LONGEST_VALUE_SHOWN))
    try:
        text = repr(value)
    except (ValueError, RecursionError):  # a number of more than 4,300 digits; lists within lists within lists
        return "a value too large to show"
    return text if len(text) <= _LONGEST_VALUE_SHOWN else f"{text[:_LONGEST_VALUE_SHOWN]}... (cut)"


class FlightDelayError(Exception):
    """The root of both families. Its text is one sentence for a person."""


class CallerError(FlightDelayError):
    """The caller sent something wrong."""


class InvalidRequest(CallerError):
    """The request cannot be read as flights."""


class InvalidFlight(CallerError):
    """A field of a flight has a value that is not allowed.

    Args:
        field: Name of the field, such as ``Fecha-I``.
        row: Position of the flight in the request, from 0; None where the value was seen alone.
        value: The value as sent.
        requirement: What the value has to be, continuing the sentence "... must be".
    """

    def __init__(self, field: str, row: int | None, value: object, requirement: str) -> None:
        self.field = field
        self.row = row
        self.value = value
        self.requirement = requirement
        place = field if row is None else f"{field}, row {row}"
        super().__init__(f"{place}: {shown(value)} must be {requirement}")

    def at(self, row: int) -> "InvalidFlight":
        """Return the same error, placed in a row."""
        return InvalidFlight(self.field, row, self.value, self.requirement)


class UnknownResource(CallerError):
    """There is nothing of that name here."""


class WrongMethod(CallerError):
    """The path is served, but not by this method.

    Args:
        method: The method as sent.
        path: The path.
        allowed: The methods that the path is served by, with commas between them.
    """

    def __init__(self, method: str, path: str, allowed: str) -> None:
        self.allowed = allowed
        super().__init__(f"{shown(path)} does not take {shown(method)}: it must be {allowed.replace(', ', ' or ')}")


class RequestTooLarge(CallerError):
    """The body is larger than the server takes."""


class RequestTooSlow(CallerError):
    """The request did not arrive in time."""


class HeadTooLarge(CallerError):
    """Address and headers together are larger than the server takes."""


class UnsupportedMedia(CallerError):
    """The body's type or coding is not one that the server reads."""


class OperatorError(FlightDelayError):
    """The service, not its caller, is at fault."""


class InvalidBundle(OperatorError):
    """The bundle cannot be served; the process must not become ready."""


class InvalidDataset(OperatorError):
    """The table of flights cannot be trained on."""


class NotReady(OperatorError):
    """The version must get no traffic."""


class PredictorError(OperatorError):
    """The predictor gave no usable answer.

    Attributes:
        kind: One word for metrics.
    """

    kind = "fault"


class PredictorUnavailable(PredictorError):
    """The predictor cannot be reached, or too much is waiting for it."""

    kind = "unavailable"


class PredictorTimeout(PredictorError):
    """The predictor did not answer within the deadline."""

    kind = "timeout"


class PredictorNonsense(PredictorError):
    """The predictor's answer has the wrong name, type, shape or values."""

    kind = "nonsense"
