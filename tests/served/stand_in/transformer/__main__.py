"""Stands in for the transformer where a test is about what starts it.

It answers every request with its own arguments and the request's inputs; STAND_IN says how it misbehaves.
"""

import argparse
import json
import os
import signal
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

parser = argparse.ArgumentParser()
parser.add_argument("--model_name")
parser.add_argument("--host")
parser.add_argument("--http_port", type=int)
arguments, _ = parser.parse_known_args()
behaviour = os.environ.get("STAND_IN", "")


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        ready = self.path == f"/v2/models/{arguments.model_name}/ready" and behaviour != "is never ready"
        self._answer(200 if ready else 503, {})

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        status = 500 if behaviour == "answers 500" else 200
        self._answer(status, {"path": self.path, "arguments": sys.argv[1:], "pid": os.getpid()} | json.loads(body))

    def _answer(self, status, content):
        body = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


if behaviour == "ends":
    sys.exit(3)
if behaviour == "ignores SIGTERM":
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
ThreadingHTTPServer((arguments.host, arguments.http_port), Handler).serve_forever()
