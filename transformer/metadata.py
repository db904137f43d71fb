"""What the version says of itself, over REST, and where."""

from transformer.service import PLATFORM, DelayService

OPENAPI, SAMPLE_REQUEST = "/openapi.json", "/sample-request.json"
"""Below the model's own path: its OpenAPI document, and a request that can be posted as it is."""

PAGE, REFERENCE = "/page", "/api"
"""There too, if they are served: the page to try the version, and the OpenAPI document as a page to read."""


def model_metadata(service: DelayService, *, with_pages: bool) -> dict[str, object]:
    """Describe the model as gRPC's ModelMetadata does, and say where to read more: gRPC has no place for that."""
    path = f"/v2/models/{service.model_name}"
    pages = {"page": path + PAGE, "reference": path + REFERENCE} if with_pages else {}
    return {
        "name": service.model_name,
        "versions": [service.bundle.version],
        "platform": PLATFORM,
        "inputs": service.inputs(),
        "outputs": service.outputs(),
        "parameters": {"openapi": path + OPENAPI, "sample_request": path + SAMPLE_REQUEST, **pages},
    }
