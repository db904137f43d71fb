"""A whole service that misbehaves when told to, where a test is about who asks it."""

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import xgboost

from flights import bundle as bundles
from flights.bundle import BOOSTER
from flights.flight import Flights

SLOW_S = 0.4
STALL_FROM_S, STALL_TO_S = 3.0, 5.0
REQUESTS_BEFORE_DEATH = 60


class FaultyService(ThreadingHTTPServer):
    """Answers as the bundle's booster does, but for its fault.

    Args:
        bundle: Folder of the bundle.
        fault: "none", "wrong", "slow", "stalls", "dies", "refuses", "two versions" or "takes all".
    """

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, bundle: Path, fault: str = "none") -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.bundle = bundles.decode(bundle)
        self.booster = xgboost.Booster({"nthread": 1}, model_file=bundle / BOOSTER)
        self.fault = fault
        self.port = self.server_address[1]
        self.asked = 0
        self.first_s: float | None = None
        self.lock = threading.Lock()
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def end(self) -> None:
        self.shutdown()
        self.server_close()

    def handle_error(self, request, client_address) -> None:
        """Clients that go away are no news."""


class _Handler(BaseHTTPRequestHandler):
    server: FaultyService
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_message(self, *_):
        pass

    def do_GET(self):
        self._answer(200, {"name": "flight-delay", "versions": [self.server.bundle.version]})

    def do_POST(self):
        service = self.server
        body = self.rfile.read(int(self.headers["Content-Length"]))
        with service.lock:
            service.asked += 1
            asked = service.asked
            service.first_s = service.first_s or time.monotonic()
        if service.fault == "dies" and asked > REQUESTS_BEFORE_DEATH:
            if service.socket.fileno() >= 0:
                threading.Thread(target=service.end, daemon=True).start()
            self.close_connection = True
            return
        if service.fault == "slow":
            time.sleep(SLOW_S)
        running_s = time.monotonic() - service.first_s
        if service.fault == "stalls" and STALL_FROM_S <= running_s < STALL_TO_S:
            time.sleep(STALL_TO_S - running_s)
        if service.fault == "refuses" and asked % 5 == 0:
            self._answer(503, {"error": "too much waits"})
            return
        try:
            columns = {tensor["name"]: tensor["data"] for tensor in json.loads(body)["inputs"]}
            rows = service.bundle.encoder.encode(Flights.from_columns(columns)).matrix()
        except Exception as error:
            self._answer(200 if service.fault == "takes all" else 400, {"error": f"cannot be read: {error!r}"})
            return
        probabilities = service.booster.predict(xgboost.DMatrix(rows, nthread=1))
        delayed = probabilities >= np.float32(service.bundle.threshold)
        if service.fault == "wrong":
            probabilities = probabilities + np.float32(0.01)
        outputs = [
            {"name": "delay_probability", "datatype": "FP32", "shape": [len(rows)], "data": probabilities.tolist()},
            {"name": "delayed", "datatype": "BOOL", "shape": [len(rows)], "data": delayed.tolist()},
        ]
        version = service.bundle.version
        if service.fault == "two versions" and asked % 4 == 0:
            version = "candidate"
        self._answer(200, {"model_name": "flight-delay", "model_version": version, "outputs": outputs})

    def _answer(self, status, document):
        body = json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
