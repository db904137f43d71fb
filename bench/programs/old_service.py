"""The design of the old service: ``python -m bench.programs.old_service --bundle ... --port ... --load per-request``.

FastAPI, a pickled encoder and a saved booster, pandas for each request, all in one process. The old service read
encoder and model from disk at every request; ``--load once`` is the same with that repaired. Pickle, encoder and
booster hold the bundle's model, so that its answers can be checked; it tells the probabilities that its labels come
from for the same reason.
"""

import argparse
import pickle
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import uvicorn
import xgboost
from fastapi import FastAPI

from bench.programs.plain_encoding import PlainEncoding
from flights import bundle as bundles

Loaded = tuple[PlainEncoding, xgboost.Booster]


def application(load: Callable[[], Loaded], threshold: float) -> FastAPI:
    """Return the service.

    Args:
        load: Gives it encoder and booster.
        threshold: A flight counts as delayed from this probability on.
    """
    app = FastAPI()

    @app.get("/health")
    async def health() -> dict[str, str]:
        return {"status": "OK"}

    @app.post("/predict")
    async def predict(request: dict[str, Any]) -> dict[str, Any]:
        encoding, booster = load()
        matrix = encoding.matrix(pd.DataFrame(request["flights"]))
        probabilities = booster.predict(xgboost.DMatrix(matrix, nthread=1))
        return {
            "predict": (probabilities >= threshold).astype(int).tolist(),
            "probability": probabilities.tolist(),
        }

    return app


def main() -> None:
    """Serve until a signal ends it."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--bundle", type=Path, required=True)
    parser.add_argument("--host", required=True)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--load", choices=("per-request", "once"), required=True)
    arguments = parser.parse_args()
    bundle = bundles.decode(arguments.bundle)
    with tempfile.TemporaryDirectory() as folder:
        pickled = Path(folder, "encoder.pkl")
        pickled.write_bytes(pickle.dumps(PlainEncoding(bundle)))

        def load() -> Loaded:
            encoding: PlainEncoding = pickle.loads(pickled.read_bytes())  # noqa: S301 - our own, and what is measured
            return encoding, xgboost.Booster({"nthread": 1}, model_file=arguments.bundle / bundles.BOOSTER)

        loaded = load()
        app = application(load if arguments.load == "per-request" else lambda: loaded, bundle.threshold)
        uvicorn.run(app, host=arguments.host, port=arguments.port)


if __name__ == "__main__":
    main()
