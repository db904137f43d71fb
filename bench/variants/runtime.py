"""The XGBoost runtime that stands behind the transformers, asked directly with encoded flights."""

from bench.processes import ADDRESS, Server, Starter
from bench.traffic import Traffic
from bench.variants.flights_over_rest import MODEL_NAME


def server(starter: Starter, traffic: Traffic) -> Server:
    """Start the runtime as ``make serve`` does; every variant in front of one is in front of this."""
    return starter.server(
        "runtime",
        lambda http, grpc: [
            *("-m", "model_server", "--model_name", MODEL_NAME, "--model_dir", str(traffic.folder)),
            *("--host", ADDRESS, "--http_port", str(http), "--grpc_port", str(grpc), "--nthread", "1"),
            "--enable_latency_logging=false",
        ],
        ready_path=f"/v2/models/{MODEL_NAME}/ready",
        environment={"KSERVE_LOGLEVEL": "WARNING"},
    )
