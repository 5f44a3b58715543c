"""Servers that are no orchestrator: ``nulls.py KIND HOST:PORT``.

``ready`` and ``not-ready`` are right in every form, refuse bad settings, and never ask any pool manager: to the one every pool is
ready and every task delivers its tokens, to the other every pool is down. The others have one answer to everything: ``200``,
``404``, or, as an ``echo``, what they were sent.
"""

import json
import os
import sys
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

MODES = ("embedded", "remote", "fallback")
REFUSAL = {"code": "PoolUnready", "message": "the pool is not ready", "retry_after_ms": 1000}
DOWN = {"live": False, "ready": False, "last_error": "the pool manager is down"}
UP = {"live": True, "ready": True, "last_error": None}


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


class Server(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def __getattr__(self, name: str) -> Any:
        if name.startswith("do_"):
            return self.serve
        raise AttributeError(name)

    def serve(self) -> None:
        self.answer(self.rfile.read(int(self.headers.get("content-length", 0))))

    def answer(self, body: bytes) -> None:
        raise NotImplementedError

    def send(self, status: int, body: bytes, content_type: str = "application/json") -> None:
        self.send_response(status)
        self.send_header("content-type", content_type)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


class Fine(Server):
    def answer(self, body: bytes) -> None:
        self.send(200, b"{}")


class Missing(Server):
    def answer(self, body: bytes) -> None:
        self.send(404, b"{}")


class Echo(Server):
    def answer(self, body: bytes) -> None:
        self.send(200, body, self.headers.get("content-type", "application/json"))


class Orchestrator(Server):
    """Right in every form."""

    health: Mapping[str, object]
    tokens: dict[str, int] = {}  # noqa: RUF012 - shared by all connections

    def answer(self, body: bytes) -> None:
        if self.path == "/health":
            self.tell(200, {"status": "ok", "version": "0"})
        elif self.command == "POST":
            task_id = str(len(self.tokens))
            self.tokens[task_id] = json.loads(body)["max_tokens"]
            self.tell(202, {"task_id": task_id})
        elif self.path.startswith("/v1/tasks/"):
            self.send(200, self.stream(self.path.split("/")[3]), "text/event-stream")
        else:
            source = "embedded" if os.environ.get("POOL_MANAGER_MODE") == "embedded" else "remote"
            self.tell(200, {"draining": False, "metrics": {"queue_depth": 0}, "source": source, **self.health})

    def tell(self, status: int, value: object) -> None:
        self.send(status, json.dumps(value).encode())

    def stream(self, task_id: str) -> bytes:
        raise NotImplementedError


def event(name: str, data: object) -> bytes:
    return f"event: {name}\ndata: {json.dumps(data)}\n\n".encode()


class Ready(Orchestrator):
    health = UP

    def stream(self, task_id: str) -> bytes:
        count = self.tokens[task_id]
        tokens = [event("token", {"t": "a", "i": number}) for number in range(count)]
        return b"".join([event("started", {}), *tokens, event("end", {"tokens_out": count})])


class NotReady(Orchestrator):
    health = DOWN

    def stream(self, task_id: str) -> bytes:
        return event("error", REFUSAL) + event("end", {})


KINDS: Mapping[str, type[Server]] = {"ready": Ready, "not-ready": NotReady, "200": Fine, "404": Missing, "echo": Echo}


def main(kind: str, address: str) -> int:
    server = KINDS[kind]
    wrong = complaint() if issubclass(server, Orchestrator) else None
    if wrong is not None:
        print(wrong, file=sys.stderr)
        return 2
    host, _, port = address.rpartition(":")
    ThreadingHTTPServer((host, int(port)), server).serve_forever()
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
