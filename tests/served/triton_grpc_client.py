"""Asks for one flight with Triton's gRPC client and prints what it got: ``HOST:PORT MODEL``."""

import json
import sys

import numpy as np
import tritonclient.grpc

from tests.flights import make_flight


def main() -> None:
    address, model = sys.argv[1:]
    inputs = []
    for name, value in make_flight().items():
        tensor = tritonclient.grpc.InferInput(name, [1, 1], "BYTES")
        tensor.set_data_from_numpy(np.array([[str(value).encode()]], object))
        inputs.append(tensor)
    with tritonclient.grpc.InferenceServerClient(address) as client:
        ready = [client.is_server_live(), client.is_server_ready(), client.is_model_ready(model)]
        metadata = client.get_model_metadata(model)
        answer = client.infer(model, inputs, request_id="9")
    content = {
        "ready": ready,
        "outputs": [tensor.name for tensor in metadata.outputs],
        "probability": float(answer.as_numpy("delay_probability")[0]),
        "id": answer.get_response().id,
        "version": answer.get_response().model_version,
    }
    sys.stdout.write(json.dumps(content))


if __name__ == "__main__":
    main()
