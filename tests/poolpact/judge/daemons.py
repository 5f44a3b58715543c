"""A daemon of a few lines, as a command: it answers /health, 404 to the rest, and does nothing."""

import shlex
import sys

_PROGRAM = """
import json, os, sys
from http.server import BaseHTTPRequestHandler, HTTPServer

for name in sys.argv[2:]:
    if os.environ.get(name) == "no!value":
        sys.exit(f"{name} is wrong")

class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        known = self.path == "/health"
        body = sys.argv[1].encode() if known else b'{"code": "not_found"}'
        self.send_response(200 if known else 404)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_DELETE = do_PUT = do_GET

host, port = (os.environ.get("POOL_MANAGERD_ADDR") or os.environ["ORCHESTRATORD_ADDR"]).rsplit(":", 1)
HTTPServer((host, int(port)), Handler).serve_forever()
"""


def idle(health: str, *heeded: str) -> str:
    """The command of one that says ``health``, and refuses to start with a value that is none for a variable of ``heeded``."""
    return shlex.join([sys.executable, "-c", _PROGRAM, health, *heeded])
