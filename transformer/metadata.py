"""What the version says of itself, over REST."""

from transformer.service import PLATFORM, DelayService

OPENAPI, SAMPLE_REQUEST = "/openapi.json", "/sample-request.json"
"""Below the model's own path: its OpenAPI document, and a request that can be posted as it is."""


def model_metadata(service: DelayService) -> dict[str, object]:
    """Describe the model as gRPC's ModelMetadata does, and say where to read more: gRPC has no place for that."""
    path = f"/v2/models/{service.model_name}"
    return {
        "name": service.model_name,
        "versions": [service.bundle.version],
        "platform": PLATFORM,
        "inputs": service.inputs(),
        "outputs": service.outputs(),
        "parameters": {"openapi": path + OPENAPI, "sample_request": path + SAMPLE_REQUEST},
    }
