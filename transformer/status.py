"""The one place where our errors become statuses of HTTP and gRPC."""

from http import HTTPStatus

from grpc import StatusCode

from flights.errors import (
    CallerError,
    FlightDelayError,
    HeadTooLarge,
    PredictorNonsense,
    PredictorTimeout,
    PredictorUnavailable,
    RequestTooLarge,
    RequestTooSlow,
    UnknownResource,
    UnsupportedMedia,
    WrongMethod,
)

RETRY_AFTER_S = 1
"""Seconds after which a caller who got 503 may try again."""

_STATUSES: tuple[tuple[type[FlightDelayError], HTTPStatus, StatusCode], ...] = (
    (UnknownResource, HTTPStatus.NOT_FOUND, StatusCode.NOT_FOUND),
    (WrongMethod, HTTPStatus.METHOD_NOT_ALLOWED, StatusCode.UNIMPLEMENTED),
    (RequestTooLarge, HTTPStatus.REQUEST_ENTITY_TOO_LARGE, StatusCode.RESOURCE_EXHAUSTED),
    (RequestTooSlow, HTTPStatus.REQUEST_TIMEOUT, StatusCode.DEADLINE_EXCEEDED),
    (HeadTooLarge, HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, StatusCode.RESOURCE_EXHAUSTED),
    (UnsupportedMedia, HTTPStatus.UNSUPPORTED_MEDIA_TYPE, StatusCode.INVALID_ARGUMENT),
    (CallerError, HTTPStatus.BAD_REQUEST, StatusCode.INVALID_ARGUMENT),
    (PredictorNonsense, HTTPStatus.BAD_GATEWAY, StatusCode.INTERNAL),
    (PredictorTimeout, HTTPStatus.GATEWAY_TIMEOUT, StatusCode.DEADLINE_EXCEEDED),
    (PredictorUnavailable, HTTPStatus.SERVICE_UNAVAILABLE, StatusCode.UNAVAILABLE),
    (FlightDelayError, HTTPStatus.SERVICE_UNAVAILABLE, StatusCode.UNAVAILABLE),
)


def http_status_of(error: FlightDelayError) -> HTTPStatus:
    """Return an error's HTTP status: that of the first row of the table that it belongs to."""
    return next(http for kind, http, _ in _STATUSES if isinstance(error, kind))


def grpc_status_of(error: FlightDelayError) -> StatusCode:
    """Return an error's gRPC status: that of the first row of the table that it belongs to."""
    return next(grpc for kind, _, grpc in _STATUSES if isinstance(error, kind))
