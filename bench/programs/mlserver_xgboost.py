"""MLServer with its XGBoost runtime, started as its documentation has it; it runs in an environment of its own.

BUNDLE names the bundle; HTTP_PORT and GRPC_PORT say where to listen, on 127.0.0.1. It predicts in its own process,
which for a model this small is faster than its worker processes.
"""

import json
import os
import sys
import tempfile
from pathlib import Path

from mlserver import cli

MODEL_NAME = "flight-delay"


def main() -> None:
    """Serve until a signal ends it."""
    booster = Path(os.environ["BUNDLE"], "model.ubj").resolve()
    with tempfile.TemporaryDirectory() as folder:
        settings = {
            "host": "127.0.0.1",
            "http_port": int(os.environ["HTTP_PORT"]),
            "grpc_port": int(os.environ["GRPC_PORT"]),
            "metrics_endpoint": None,
            "parallel_workers": 0,
            "debug": False,
        }
        model = {
            "name": MODEL_NAME,
            "implementation": "mlserver_xgboost.XGBoostModel",
            "parameters": {"uri": str(booster)},
        }
        Path(folder, "settings.json").write_text(json.dumps(settings))
        Path(folder, "model-settings.json").write_text(json.dumps(model))
        sys.argv = ["mlserver", "start", folder]
        cli.main()


if __name__ == "__main__":
    main()
