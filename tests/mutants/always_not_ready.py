"""A mutant of the orchestrator: correct in every form, and to it every pool is down.

It refuses bad settings, reports every pool as not live with a cause, takes every task and refuses it as PoolUnready. It
never asks any pool manager. Usage: always_not_ready.py HOST:PORT; the settings are in the environment.
"""

import json
import os
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

MODES = ("embedded", "remote", "fallback")
REFUSAL = {"code": "PoolUnready", "message": "the pool is not ready", "retry_after_ms": 1000}


def complaint() -> str | None:
    url, mode = os.environ.get("POOL_MANAGERD_URL", "http://127.0.0.1:9200"), os.environ.get("POOL_MANAGER_MODE", "remote")
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        usable = False
    if not usable:
        return f"POOL_MANAGERD_URL is not a URL: {url}"
    return None if mode in MODES else f"POOL_MANAGER_MODE is not a mode: {mode}"


class Mutant(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        if self.path == "/health":
            self.answer(200, {"status": "ok", "version": "0"})
        elif self.path.startswith("/v1/tasks/"):
            events = f"event: error\ndata: {json.dumps(REFUSAL)}\n\nevent: end\ndata: {{}}\n\n"
            self.send(200, "text/event-stream", events.encode())
        else:
            source = "embedded" if os.environ.get("POOL_MANAGER_MODE") == "embedded" else "remote"
            members = {"live": False, "ready": False, "draining": False, "metrics": {"queue_depth": 0}}
            self.answer(200, {**members, "last_error": "the pool manager is down", "source": source})

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("content-length", 0)))
        self.answer(202, {"task_id": "task"})

    def answer(self, status: int, value: object) -> None:
        self.send(status, "application/json", json.dumps(value).encode())

    def send(self, status: int, content_type: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("content-type", content_type)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


def main(address: str) -> int:
    wrong = complaint()
    if wrong is not None:
        print(wrong, file=sys.stderr)
        return 2
    host, _, port = address.rpartition(":")
    ThreadingHTTPServer((host, int(port)), Mutant).serve_forever()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
