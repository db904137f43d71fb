"""A BentoML service with the same model, as BentoML's documentation teaches: ``python bench/programs/bento.py``.

It runs in an environment of its own. BUNDLE names the bundle; HTTP_PORT says where to listen, on 127.0.0.1.
Encoder and booster are made once; flights are encoded plainly, as everywhere but in our transformer.
"""

import os
from pathlib import Path

import bentoml
import pandas as pd
import xgboost

from bench.programs.plain_encoding import PlainEncoding
from flights import bundle as bundles


@bentoml.service(workers=1, traffic={"timeout": 60}, logging={"access": {"enabled": False}})
class Flights:
    """Delay probabilities of flights."""

    def __init__(self) -> None:
        folder = Path(os.environ["BUNDLE"])
        self.encoding = PlainEncoding(bundles.decode(folder))
        self.booster = xgboost.Booster({"nthread": 1}, model_file=folder / bundles.BOOSTER)

    @bentoml.api(route="/predict")  # type: ignore[untyped-decorator]
    def predict(self, flights: list[dict[str, str]]) -> dict[str, list[float]]:
        """Return the probability of each flight."""
        matrix = self.encoding.matrix(pd.DataFrame(flights))
        return {"probability": self.booster.predict(xgboost.DMatrix(matrix, nthread=1)).tolist()}


if __name__ == "__main__":
    Flights.serve_http(  # type: ignore[attr-defined]  # the decorator's
        host="127.0.0.1", port=int(os.environ["HTTP_PORT"]), threaded=False
    )
