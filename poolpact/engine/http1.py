"""As much of HTTP/1.1 as llama-server's clients use: whole requests in, answers and chunks out. Pure."""

import json
from typing import NamedTuple

MAX_HEAD = 64 * 1024
MAX_BODY = 64 * 1024 * 1024
REASONS = {
    200: "OK",
    400: "Bad Request",
    404: "Not Found",
    413: "Content Too Large",
    501: "Not Implemented",
    503: "Service Unavailable",
}
LAST_CHUNK = b"0\r\n\r\n"


class Malformed(Exception):
    """What came is not a request; ``status`` says what to answer before hanging up."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class Request(NamedTuple):
    """One request. Header names are lower-case."""

    method: str
    path: str
    query: str
    headers: dict[str, str]
    body: bytes

    @property
    def keeps_alive(self) -> bool:
        """Whether the client may send another one on the same connection."""
        return self.headers.get("connection", "").lower() != "close"


def take_request(inbox: bytearray) -> Request | None:
    """Remove one whole request from the front of ``inbox``; None when more bytes are needed. Raises Malformed."""
    end = inbox.find(b"\r\n\r\n")
    if end < 0:
        if len(inbox) > MAX_HEAD:
            raise Malformed(400, "the request's head is too long")
        return None
    first, *lines = inbox[:end].decode("latin-1").split("\r\n")
    words = first.split(" ")
    if len(words) != 3 or words[2] not in ("HTTP/1.1", "HTTP/1.0"):
        raise Malformed(400, "not an HTTP/1.1 request line")
    headers = {}
    for line in lines:
        name, colon, value = line.partition(":")
        if not colon:
            raise Malformed(400, "a header without a colon")
        headers[name.lower()] = value.strip()
    if "transfer-encoding" in headers:
        raise Malformed(501, "request bodies need a Content-Length")
    length = headers.get("content-length", "0")
    if not (length.isascii() and length.isdigit()):
        raise Malformed(400, "the Content-Length is no number")
    if int(length) > MAX_BODY:
        raise Malformed(413, "the body is too large")
    whole = end + 4 + int(length)
    if len(inbox) < whole:
        return None
    body = bytes(inbox[end + 4 : whole])
    del inbox[:whole]
    if words[2] == "HTTP/1.0":
        headers.setdefault("connection", "close")
    path, _, query = words[1].partition("?")
    return Request(words[0], path, query, headers, body)


def answer(status: int, body: object, *, close: bool = False) -> bytes:
    """A whole answer with ``body`` as JSON."""
    content = json.dumps(body).encode()
    head = [f"HTTP/1.1 {status} {REASONS[status]}", "Server: llama.cpp", "Content-Type: application/json; charset=utf-8"]
    head.append(f"Content-Length: {len(content)}")
    if close:
        head.append("Connection: close")
    return "\r\n".join([*head, "", ""]).encode() + content


def event_stream_head() -> bytes:
    """The head of an answer whose body is a chunked event stream."""
    return b"HTTP/1.1 200 OK\r\nServer: llama.cpp\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"


def event_chunk(data: object) -> bytes:
    """One event of such a stream, as one chunk."""
    content = b"data: " + json.dumps(data).encode() + b"\n\n"
    return f"{len(content):x}\r\n".encode() + content + b"\r\n"


def problem(status: int, kind: str, message: str) -> dict[str, object]:
    """An error body in the form of llama-server's."""
    return {"error": {"code": status, "message": message, "type": kind}}
