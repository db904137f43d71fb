"""A transformer as KServe's documentation teaches to write one: ``python -m bench.programs.docs_style --bundle ...``.

It is what a competent user writes who follows the pages on transformers and on feature encoding: the request as a
DataFrame, columns built with pandas, a fitted category_encoders encoder made once at the start, the runtime asked
by the SDK over REST v2. Logging, data plane and server are the SDK's own with their defaults, but for the address.
"""

import argparse
from pathlib import Path
from typing import Any

import kserve
from kserve import InferInput, InferOutput, InferRequest, InferResponse, ModelServer, logging, model_server

from bench.programs.plain_encoding import PlainEncoding
from flights import bundle as bundles
from model_server.one_address import OneAddressServer


class FlightTransformer(kserve.Model):
    """Encodes flights for the XGBoost runtime.

    Args:
        name: Name of the model, here and at the predictor.
        bundle: Folder of the bundle whose tables and holidays it encodes with.
    """

    def __init__(self, name: str, bundle: Path) -> None:
        super().__init__(name)
        contract = bundles.decode(bundle)
        self.encoding = PlainEncoding(contract)
        self.threshold = contract.threshold
        self.version = contract.version
        self.ready = True

    async def preprocess(self, payload: Any, headers: dict[str, str] | None = None) -> InferRequest:  # noqa: ARG002
        """Turn flights into one FP32 tensor."""
        matrix = self.encoding.matrix(payload.as_dataframe())
        encoded = InferInput("input-0", list(matrix.shape), "FP32")
        encoded.set_data_from_numpy(matrix, binary_data=False)
        return InferRequest(model_name=self.name, infer_inputs=[encoded])

    async def postprocess(
        self,
        result: Any,
        headers: dict[str, str] | None = None,  # noqa: ARG002
        response_headers: dict[str, str] | None = None,  # noqa: ARG002
    ) -> InferResponse:
        """Name the probabilities, and say which flights count as delayed."""
        probabilities = result.outputs[0].as_numpy()
        delayed = probabilities >= self.threshold
        outputs = [
            InferOutput("delay_probability", list(probabilities.shape), "FP32", probabilities.tolist()),
            InferOutput("delayed", list(delayed.shape), "BOOL", delayed.tolist()),
        ]
        return InferResponse(result.id, self.name, outputs, model_version=self.version)


def main() -> None:
    """Serve until a signal ends it."""
    parser = argparse.ArgumentParser(parents=[model_server.parser])
    parser.add_argument("--bundle", type=Path, required=True)
    parser.add_argument("--host", required=True)
    arguments, _ = parser.parse_known_args()
    logging.configure_logging(arguments.log_config_file)
    model = FlightTransformer(arguments.model_name, arguments.bundle)
    server: ModelServer = OneAddressServer(arguments.host, kserve.ModelRepository(str(arguments.bundle)))
    server.start([model])


if __name__ == "__main__":
    main()
