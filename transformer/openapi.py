"""The OpenAPI 3.1 document of exactly the public REST surface, with this version's names and answers filled in."""

import json
from collections.abc import Mapping
from http import HTTPStatus

from transformer import json_request, metadata, samples, schemas, status
from transformer.rest_inference import RestInference
from transformer.schemas import Schema

_JSON, _BINARY, _HTML = "application/json", "application/octet-stream", "text/html; charset=utf-8"

_REFUSALS: Mapping[HTTPStatus, str] = {
    HTTPStatus.BAD_REQUEST: "The request is wrong; the sentence says where, and names field, row and value.",
    HTTPStatus.NOT_FOUND: "This version is not served here, or not any more.",
    HTTPStatus.METHOD_NOT_ALLOWED: "The path is served, but not by this method.",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "The body is too large: send fewer flights at once.",
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: "The body's type or coding is not read here.",
    HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE: "Address and headers together are too large.",
    HTTPStatus.BAD_GATEWAY: "The predictor answered something that cannot be an answer.",
    HTTPStatus.SERVICE_UNAVAILABLE: "The predictor is away, too much is waiting for it, or the version is not ready.",
    HTTPStatus.GATEWAY_TIMEOUT: "The predictor was late.",
}
_ANY = (
    HTTPStatus.BAD_REQUEST,
    HTTPStatus.NOT_FOUND,
    HTTPStatus.METHOD_NOT_ALLOWED,
    HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
)
_READY = (HTTPStatus.SERVICE_UNAVAILABLE,)
_INFER = (
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    HTTPStatus.BAD_GATEWAY,
    HTTPStatus.SERVICE_UNAVAILABLE,
    HTTPStatus.GATEWAY_TIMEOUT,
)
_VERSION = "x-model-version"
_ALWAYS = (_VERSION, "x-request-id")
_HEADERS: Mapping[str, Schema] = {
    _VERSION: {"schema": {"type": "string"}, "description": "The version that answered.", "required": True},
    "x-request-id": {
        "schema": {"type": "string"},
        "description": "The request's own, if it is 1 to 128 visible ASCII characters, else a new one.",
        "required": True,
    },
    "etag": {"schema": {"type": "string"}, "description": "What If-None-Match may say to an unchanged page."},
    "cache-control": {"schema": {"const": "no-cache"}, "description": "A page may be kept, and is asked for anew."},
    "content-security-policy": {"schema": {"type": "string"}, "description": "What the page may do: its own script."},
    "allow": {"schema": {"type": "string"}, "description": "The methods that the path is served by."},
    "retry-after": {
        "schema": {"type": "integer"},
        "description": "Seconds after which to try again.",
        "example": status.RETRY_AFTER_S,
    },
    "inference-header-content-length": {
        "schema": {"type": "integer", "minimum": 1},
        "description": "Bytes of JSON at the start; the binary tensors follow, in the order in which they are named.",
    },
}


def document(inference: RestInference, *, with_pages: bool) -> dict[str, object]:
    """Describe one version's REST surface.

    Args:
        inference: The version, which also gives the examples of answers.
        with_pages: Whether the pages for people are served too.
    """
    service = inference.service
    name, version = service.model_name, service.bundle.version
    model, pinned = f"/v2/models/{name}", f"/v2/models/{name}/versions/{version}"
    return {
        "openapi": "3.1.0",
        "info": {
            "title": f"Probability that a flight leaves Santiago (SCL) late: {name}",
            "version": service.server_version,
            "description": (
                "The Open Inference Protocol (v2) over REST. Flights go in as one tensor for each field, the "
                f"probability that each leaves more than 15 minutes late comes back. Here answers version {version}."
            ),
        },
        "paths": {
            "/v2": _get("serverMetadata", "What the server is", _schema("ServerMetadata")),
            "/v2/health/live": _get("serverLive", "Whether the process answers", _flag("live")),
            "/v2/health/ready": _get("serverReady", "Whether the version is ready", _flag("ready"), _READY),
            "/v2/models": _get("models", "Which models are served", _models(name)),
            **_model_paths(model, name, ""),
            **(_page_paths(model, "") if with_pages else {}),
            **_model_paths(pinned, name, "OfVersion"),
            **(_page_paths(pinned, "OfVersion") if with_pages else {}),
        },
        "components": {
            "schemas": {
                "InferRequest": schemas.infer_request(name),
                "InferAnswer": schemas.infer_answer(name),
                "ModelMetadata": schemas.model_metadata(name),
                "ServerMetadata": schemas.server_metadata(),
                "Error": schemas.error(),
            },
            "parameters": {_VERSION: _version_parameter(version)},
            "headers": dict(_HEADERS),
            "responses": {code.name: _refusal(code) for code in _REFUSALS},
            **_examples(inference),
        },
    }


def _model_paths(base: str, name: str, suffix: str) -> dict[str, object]:
    ready = schemas.strict_object({"name": {"const": name}, "ready": {"const": True}})
    return {
        base: _get(f"model{suffix}", "What the model takes and answers", _schema("ModelMetadata")),
        f"{base}/ready": _get(f"modelReady{suffix}", "Whether the golden flights come back right", ready, _READY),
        f"{base}{metadata.OPENAPI}": _get(f"openapi{suffix}", "This document", {"type": "object"}),
        f"{base}{metadata.SAMPLE_REQUEST}": _get(
            f"sampleRequest{suffix}", "A request that can be posted as it is", _schema("InferRequest")
        ),
        f"{base}/infer": {"post": _infer_operation(f"infer{suffix}")},
    }


def _page_paths(base: str, suffix: str) -> dict[str, object]:
    return {
        f"{base}{metadata.PAGE}": _page(f"page{suffix}", "A page to try the version in a browser"),
        f"{base}{metadata.REFERENCE}": _page(f"reference{suffix}", "This document as a page to read"),
    }


def _page(identifier: str, summary: str) -> Schema:
    headers = _headers(*_ALWAYS, "etag", "cache-control", "content-security-policy")
    whole = {"description": f"{summary}.", "headers": headers, "content": {_HTML: {"schema": {"type": "string"}}}}
    unchanged = {"description": "The page that If-None-Match names is still this one.", "headers": headers}
    responses = {"200": whole, "304": unchanged, **_refusals(*_ANY)}
    return {"get": _operation(identifier, summary, responses)}


def _infer_operation(identifier: str) -> Schema:
    binary = {
        "schema": {
            "description": (
                "JSON, of as many bytes as the header Inference-Header-Content-Length says, whose tensors may have "
                "the parameter binary_data_size instead of data; then the bytes of those tensors."
            )
        }
    }
    answer = {"schema": _schema("InferAnswer"), "examples": {"golden": _reference("examples", "golden-answer")}}
    examples = {name: _reference("examples", name) for name in ("required-fields", "all-fields", "golden")}
    return {
        **_operation(identifier, "Probability of delay of n flights", {}),
        "requestBody": {
            "required": True,
            "content": {_JSON: {"schema": _schema("InferRequest"), "examples": examples}, _BINARY: binary},
        },
        "responses": {
            "200": {
                "description": "A probability for each flight, in their order.",
                "headers": _headers(*_ALWAYS, "inference-header-content-length"),
                "content": {_JSON: answer, _BINARY: binary},
            },
            **_refusals(*_ANY, *_INFER),
        },
    }


def _get(identifier: str, summary: str, schema: Schema, more: tuple[HTTPStatus, ...] = ()) -> Schema:
    answer = {
        "description": f"{summary}.",
        "headers": _headers(*_ALWAYS),
        "content": {_JSON: {"schema": schema}},
    }
    responses = {"200": answer, **_refusals(*_ANY, *more)}
    return {"get": _operation(identifier, summary, responses)}


def _operation(identifier: str, summary: str, responses: Mapping[str, object]) -> Schema:
    parameters = [_reference("parameters", _VERSION)]
    return {"operationId": identifier, "summary": summary, "parameters": parameters, "responses": responses}


def _version_parameter(version: str) -> Schema:
    return {
        "name": _VERSION,
        "in": "header",
        "description": "The version that must answer; another one refuses. Left out, the service chooses.",
        "schema": {"const": version},
    }


def _refusals(*codes: HTTPStatus) -> dict[str, object]:
    return {str(code.value): _reference("responses", code.name) for code in sorted(codes)}


def _refusal(code: HTTPStatus) -> Schema:
    headers = [*_ALWAYS]
    if code == HTTPStatus.METHOD_NOT_ALLOWED:
        headers.append("allow")
    if code == HTTPStatus.SERVICE_UNAVAILABLE:
        headers.append("retry-after")
    return {
        "description": _REFUSALS[code],
        "headers": _headers(*headers),
        "content": {_JSON: {"schema": _schema("Error")}},
    }


def _examples(inference: RestInference) -> dict[str, object]:
    golden = inference.service.bundle.golden
    request = samples.request_of(golden.columns)
    asked = json_request.decode(json.dumps(request).encode(), None, inference.service.model_name)
    answer = json.loads(inference.encode(asked, [*golden.probabilities]).body)
    examples = {
        "required-fields": ("One flight with the fields that must be there", samples.required_fields()),
        "all-fields": ("The same flight as a client of the old service sends it", samples.all_fields()),
        "golden": ("The golden flights of this version", request),
        "golden-answer": ("The probabilities that training computed for the golden flights", answer),
    }
    return {"examples": {key: {"summary": summary, "value": value} for key, (summary, value) in examples.items()}}


def _flag(name: str) -> Schema:
    return schemas.strict_object({name: {"const": True}})


def _models(name: str) -> Schema:
    return schemas.strict_object({"models": {"const": [name]}})


def _schema(name: str) -> Schema:
    return _reference("schemas", name)


def _headers(*names: str) -> dict[str, object]:
    return {name: _reference("headers", name) for name in names}


def _reference(kind: str, name: str) -> Schema:
    return {"$ref": f"#/components/{kind}/{name}"}
