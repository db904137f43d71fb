"""The XGBoost runtime that stands behind the transformers, asked directly with encoded flights."""

import json
from typing import ClassVar, Self

from bench.case import Case
from bench.processes import Server, Starter
from bench.traffic import Batch, Traffic
from bench.variants.over_rest import MODEL_NAME, OverRest
from scripts.ports import ADDRESS


class Runtime(OverRest):
    """The runtime, asked with the encoded matrix in JSON: for one flight as fast as in binary."""

    name = "runtime"
    cases: ClassVar[tuple[Case, ...]] = (Case(1, 1), Case(32, 1))
    quick_cases: ClassVar[tuple[Case, ...]] = (Case(1, 1),)

    @classmethod
    def start(cls, starter: Starter, traffic: Traffic) -> Self:
        """Start it."""
        return cls(traffic, server(starter, traffic))

    def body(self, batch: Batch) -> bytes:
        """Return one FP32 tensor."""
        tensor = {
            "name": "input-0",
            "shape": list(batch.rows.shape),
            "datatype": "FP32",
            "data": batch.rows.ravel().tolist(),
        }
        return json.dumps({"inputs": [tensor]}, separators=(",", ":")).encode()

    def check(self, batch: Batch, answer: bytes) -> None:
        """Compare the only output with the booster's."""
        batch.check(self.name, json.loads(answer)["outputs"][0]["data"])


def server(starter: Starter, traffic: Traffic, name: str = "runtime") -> Server:
    """Start the runtime as ``make serve`` does; every variant in front of one is in front of the one of this name."""
    return starter.server(
        name,
        lambda http, grpc: [
            *("-m", "model_server", "--model_name", MODEL_NAME, "--model_dir", str(traffic.folder)),
            *("--host", ADDRESS, "--http_port", str(http), "--grpc_port", str(grpc), "--nthread", "1"),
            "--enable_latency_logging=false",
        ],
        ready_path=f"/v2/models/{MODEL_NAME}/ready",
        environment={"KSERVE_LOGLEVEL": "WARNING"},
    )
