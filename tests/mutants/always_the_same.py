"""A server that gives one answer to everything. Usage: always_the_same.py HOST:PORT STATUS BODY."""

import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


def handler(status: int, body: bytes) -> type[BaseHTTPRequestHandler]:
    class Same(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            self.rfile.read(int(self.headers.get("content-length", 0)))
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def do_GET(self) -> None:
            self.answer()

        def do_POST(self) -> None:
            self.answer()

        def do_PUT(self) -> None:
            self.answer()

        def do_DELETE(self) -> None:
            self.answer()

        def log_message(self, format: str, *args: object) -> None:
            pass

    return Same


if __name__ == "__main__":
    host, _, port = sys.argv[1].rpartition(":")
    ThreadingHTTPServer((host, int(port)), handler(int(sys.argv[2]), sys.argv[3].encode())).serve_forever()
