"""A transformer with a runtime behind it, and requests to it."""

from tests.served.running import post


class Pair:
    """A transformer's process and ports, a runtime behind it, and their bundle."""

    def __init__(self, transformer, http_port, grpc_port, bundle):
        self.transformer = transformer
        self.http_port = http_port
        self.grpc_port = grpc_port
        self.bundle = bundle

    def ask(self, columns, **more):
        return post(self.http_port, "/v2/models/flight-delay/infer", make_body(columns, **more))


def make_body(columns, **more):
    inputs = [
        {
            "name": name,
            "shape": [len(column)],
            "datatype": "INT64" if isinstance(column[0], int) else "BYTES",
            "data": column,
        }
        for name, column in columns.items()
    ]
    return {"inputs": inputs, **more}
