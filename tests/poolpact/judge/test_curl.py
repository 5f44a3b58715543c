"""The command line makes the request again: what arrives is compared with what the judge itself had sent."""

import asyncio
import os
import shutil
import socket
import subprocess
import threading
from collections.abc import Iterator
from queue import Queue

import h11
import pytest

from poolpact.account import LONGEST_BODY, Exchange, Transcript, begin_recording
from poolpact.exchange import over_socket
from poolpact.judge.curl import curl_of
from poolpact.judge.redaction import Redaction

TOKEN = "t0ken-of-the-daemon"
NOBODYS = ("connection", "user-agent", "accept", "accept-encoding")
"""Headers that say who asks, not what."""

Request = tuple[bytes, bytes, list[tuple[bytes, bytes]], bytes]


class Listener:
    """A server that answers 204 to everything, and tells what arrived."""

    def __init__(self) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        self.heard: Queue[Request] = Queue()
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def _serve(self) -> None:
        while True:
            connection, _ = self._socket.accept()
            with connection:
                server = h11.Connection(h11.SERVER)
                request, body = None, b""
                while True:
                    event = server.next_event()
                    if event is h11.NEED_DATA:
                        server.receive_data(connection.recv(65536))
                    elif isinstance(event, h11.Request):
                        request = event
                    elif isinstance(event, h11.Data):
                        body += bytes(event.data)
                    else:
                        break
                if request is None:
                    return
                self.heard.put((request.method, request.target, sorted(request.headers), body))
                connection.sendall(server.send(h11.Response(status_code=204, headers=[("connection", "close")])) or b"")

    def close(self) -> None:
        """End it: a connection without a request is the sign."""
        socket.create_connection(self._socket.getsockname()).close()
        self._thread.join(5)
        self._socket.close()


@pytest.fixture(scope="module")
def listener() -> Iterator[Listener]:
    made = Listener()
    yield made
    made.close()


def recorded(url: str, method: str, target: str, headers: dict[str, str], body: bytes | None) -> Exchange:
    """The record of a request that the judge made."""

    async def ask() -> Exchange:
        transcript = Transcript(0.0, float("inf"))
        begin_recording(transcript)
        await over_socket(url, method, target, headers, body)
        return transcript.exchanges[0]

    return asyncio.run(ask())


def in_bash(command: str) -> None:
    bash = shutil.which("bash")
    if bash is None or shutil.which("curl") is None:
        pytest.skip("needs bash and curl")
    environment = os.environ | {"POOL_MANAGERD_TOKEN": TOKEN, "no_proxy": "*"}
    subprocess.run([bash, "-c", command], check=True, env=environment, capture_output=True, timeout=30)


def what_counts(request: Request) -> Request:
    method, target, headers, body = request
    return method, target, [(name, value) for name, value in headers if name.decode() not in NOBODYS], body


JSON = {"content-type": "application/json"}
REQUESTS: dict[str, tuple[str, str, dict[str, str], bytes | None]] = {
    "a question": ("GET", "/pools/gpu-0/status?x=1&y=a%20b", {}, None),
    "quotes": ("POST", "/pools/p/preload", JSON, b"""{"a": "it's \\"so\\" $HOME `id` \\\\ !x"}"""),
    "line ends": ("POST", "/p", JSON, b"a\r\nb\n\tc\n\n"),
    "quotes and line ends": ("POST", "/p", JSON, b"it's\n\\n 'x' \"y\" \\"),
    "other scripts": ("POST", "/p", JSON, "grün 模型 🦙".encode()),
    "other scripts and line ends": ("POST", "/p", JSON, "grün\n模型 🦙\u202e".encode()),
    "no text": ("POST", "/p", JSON, bytes(range(1, 256))),
    "digits after a sign": ("POST", "/p", JSON, b"\x01234\xff99"),
    "a NUL": ("POST", "/p", JSON, b"%s\0a\0001\\x \xff'\"\n"),
    "an at sign first": ("POST", "/p", JSON, b"@/etc/passwd"),
    "no content type": ("POST", "/p", {}, b"a=b"),
    "a content type of its own": ("PUT", "/p", {"content-type": "text/plain; charset=utf-8"}, b"x"),
    "a question with a body": ("GET", "/p", {}, b"{}"),
    "a method without a body": ("DELETE", "/pools/p", {}, None),
    "another method": ("PATCH", "/pools/p", JSON, b"{}"),
    "only the head": ("HEAD", "/health", {}, None),
    "dots": ("POST", "/pools/../../etc/./passwd/preload", JSON, b"{}"),
    "dots at the end": ("GET", "/pools/..", {}, None),
    "encoded dots and slashes": ("POST", "/pools/%2e%2e%2f%2E./preload", JSON, b"{}"),
    "a fragment": ("GET", "/pools/a#b/status", {}, None),
    "braces": ("GET", "/pools/{a,b}[1-3]/status", {}, None),
    "quotes in a target": ("GET", "/pools/a'b\"c`d$e\\f/status", {}, None),
    "two slashes": ("GET", "//pools//p", {}, None),
    "no slash": ("OPTIONS", "*", {}, None),
    "a whole URL": ("GET", "http://elsewhere.example/pools", {}, None),
    "another host": ("GET", "/health", {"Host": "evil.example:80"}, None),
    "the token": ("GET", "/pools/p/status", {"Authorization": f"Bearer {TOKEN}"}, None),
    "the token, said otherwise": ("GET", "/pools/p/status", {"Authorization": f"bearer  {TOKEN}"}, None),
    "headers": ("GET", "/p", {"Prefer": "wait=5", "X-Note": 'it\'s $HOME "x" @/etc/passwd', "X-Latin": "gr\xfcn"}, None),
    "a header with nothing in it": ("GET", "/p", {"X-Empty": ""}, None),
}


@pytest.mark.parametrize("case", REQUESTS)
def test_the_same_request_arrives(case: str, listener: Listener) -> None:
    exchange = recorded(listener.url, *REQUESTS[case])
    sent = listener.heard.get(timeout=10)
    command = curl_of(exchange, Redaction({TOKEN}))
    assert TOKEN not in command
    assert command.isprintable()
    in_bash(command)
    assert what_counts(listener.heard.get(timeout=10)) == what_counts(sent)


def test_a_body_that_was_cut_cannot_be_sent_again(listener: Listener) -> None:
    exchange = recorded(listener.url, "POST", "/p", {}, b"x" * LONGEST_BODY)
    listener.heard.get(timeout=10)
    assert curl_of(exchange, Redaction(())) == ""


def test_no_secret_is_in_the_line(listener: Listener) -> None:
    wrong = {"Authorization": f"Bearer {TOKEN}-and-more", "X-Token": TOKEN}
    exchange = recorded(listener.url, "POST", f"/p?token={TOKEN}", wrong, TOKEN.encode())
    listener.heard.get(timeout=10)
    line = curl_of(exchange, Redaction({TOKEN}))
    assert TOKEN not in line
    assert "and-more" not in line
    assert line.count("(secret)") == 3


def test_a_simple_request_is_a_simple_line() -> None:
    exchange = Exchange(0.0, "judge", "http://127.0.0.1:1", "GET", "/health", {"host": "127.0.0.1:1"}, b"", 0.1, 200)
    assert curl_of(exchange, Redaction(())) == "curl -i http://127.0.0.1:1/health"
