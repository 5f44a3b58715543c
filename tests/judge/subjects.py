"""Programs that are no daemon and no orchestrator, or none that anybody could use. Usage: subjects.py KIND HOST:PORT.

What is told after the kind is its own. ``--stubborn`` lets SIGTERM and SIGINT do nothing.
"""

import json
import os
import random
import signal
import socket
import ssl
import struct
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

NEVER = 3600.0
_CHUNK = b"x" * 65536
_DRIP_SECONDS = 1.0
_HEALTH = {"status": "ok", "version": "1.0", "implementation": "nobody"}
_EVERY_PROFILE = {**_HEALTH, "profiles": ["core", "auth", "leases", "lifecycle", "observability", "health", "dispatch"]}
_READY = {"live": True, "ready": True, "draining": False, "metrics": {"queue_depth": 0}, "source": "remote"}


@dataclass(frozen=True, slots=True)
class Asked:
    """A request: its method, its target, and all its bytes."""

    method: str
    target: str
    raw: bytes


Answer = Callable[[socket.socket, Asked], None]
"""Answers one request; the connection is closed afterwards."""


def _ask(peer: socket.socket) -> Asked | None:
    raw = b""
    while b"\r\n\r\n" not in raw:
        data = peer.recv(65536)
        if not data:
            return None
        raw += data
    head, _, body = raw.partition(b"\r\n\r\n")
    lines = head.decode("latin-1").split("\r\n")
    headers = dict(line.lower().split(": ", 1) for line in lines[1:] if ": " in line)
    while len(body) < int(headers.get("content-length", "0")):
        data = peer.recv(65536)
        if not data:
            break
        raw, body = raw + data, body + data
    method, target, _ = lines[0].split(" ", 2)
    return Asked(method, target, raw)


# --- answers of one kind ---


def plain(status: int, body: bytes = b"{}", content_type: str = "application/json", *headers: str) -> Answer:
    """The same answer to everything."""
    lines = [f"HTTP/1.1 {status} x", f"content-type: {content_type}", f"content-length: {len(body)}", *headers]
    return raw("\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body)


def of_json(value: Any, status: int = 200) -> Answer:
    """The same JSON to everything."""
    return plain(status, json.dumps(value).encode())


def raw(data: bytes) -> Answer:
    """The same bytes to everything."""
    return lambda peer, asked: peer.sendall(data)


def flood(head: bytes, again: bytes) -> Answer:
    """``again`` after ``head``, without end."""

    def answer(peer: socket.socket, asked: Asked) -> None:
        peer.sendall(head)
        while True:
            peer.sendall(again)

    return answer


def drip(data: bytes) -> Answer:
    """``data``, a byte a second."""

    def answer(peer: socket.socket, asked: Asked) -> None:
        for byte in data:
            peer.sendall(bytes([byte]))
            time.sleep(_DRIP_SECONDS)

    return answer


def hang(peer: socket.socket, asked: Asked) -> None:
    """Never answers."""
    time.sleep(NEVER)


def echo(peer: socket.socket, asked: Asked) -> None:
    """What was said."""
    peer.sendall(asked.raw)


def reset(peer: socket.socket, asked: Asked) -> None:
    """Hangs up with a TCP reset."""
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def one_gigabyte(peer: socket.socket, asked: Asked) -> None:
    """As much as it says, which is a lot."""
    peer.sendall(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 1073741824\r\n\r\n")
    for _ in range(2**30 // len(_CHUNK)):
        peer.sendall(_CHUNK)


def noise(peer: socket.socket, asked: Asked) -> None:
    """Other bytes every time."""
    peer.sendall(random.randbytes(4096))


def die(peer: socket.socket, asked: Asked) -> None:
    """The end of the whole program."""
    os._exit(3)


def be_killed(peer: socket.socket, asked: Asked) -> None:
    """The same by a signal."""
    os.kill(os.getpid(), signal.SIGKILL)


# --- answers that depend on what is asked ---


def healthy(otherwise: Answer, health: Mapping[str, Any] = _HEALTH) -> Answer:
    """``/health`` is right."""
    return lambda peer, asked: (of_json(health) if asked.target == "/health" else otherwise)(peer, asked)


def preloading(then: Answer, otherwise: Answer) -> Answer:
    """``then`` at every preload."""
    return lambda peer, asked: (then if asked.target.endswith("/preload") else otherwise)(peer, asked)


def counting(number: int, before: Answer, then: Answer) -> Answer:
    """``then`` from the request of that ``number`` on."""
    asked_so_far = iter(range(sys.maxsize))

    def answer(peer: socket.socket, asked: Asked) -> None:
        (before if next(asked_so_far) < number else then)(peer, asked)

    return answer


def tasks(health: Mapping[str, Any], stream: Answer) -> Answer:
    """An orchestrator that says ``health`` of every pool, takes every task, and answers its stream with ``stream``."""

    def answer(peer: socket.socket, asked: Asked) -> None:
        if asked.target == "/health":
            of_json(_EVERY_PROFILE)(peer, asked)
        elif asked.method == "POST":
            of_json({"task_id": "task"}, 202)(peer, asked)
        elif asked.target.startswith("/v1/tasks/"):
            stream(peer, asked)
        else:
            of_json(health)(peer, asked)

    return answer


def slow(seconds: float, otherwise: Answer) -> Answer:
    """``otherwise``, ``seconds`` later."""

    def answer(peer: socket.socket, asked: Asked) -> None:
        time.sleep(seconds)
        otherwise(peer, asked)

    return answer


_HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n"
_STREAM = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n"
_NESTED = b"[" * 100_000 + b"]" * 100_000
_DIGITS = b'{"status": "ok", "version": "1", "live": true, "ready": true, "slots_total": ' + b"9" * 5000 + b"}"
_NOT_FINITE = b'{"status": "ok", "version": "1", "live": NaN, "ready": Infinity, "slots_free": -Infinity}'
_TEXT = '{"status": "ok", "version": "1", "last_error": "über"}'


def _answers() -> Iterator[tuple[str, Answer]]:
    floods = {
        "flood": flood(b"", _CHUNK),
        "endless-head": flood(b"HTTP/1.1 200 OK\r\n", b"x-more: " + b"y" * 1000 + b"\r\n"),
        "endless-1xx": flood(b"", b"HTTP/1.1 102 Processing\r\n\r\n"),
        "endless-body": flood(_HEAD + b"\r\n", _CHUNK),
        "endless-chunks": flood(_HEAD + b"transfer-encoding: chunked\r\n\r\n", b"1000\r\n" + b"y" * 4096 + b"\r\n"),
        "noise": noise,
    }
    yield from floods.items()
    right = _HEAD + b'content-length: 33\r\n\r\n{"status": "ok", "version": "1"}\r\n'
    yield from {
        "200": plain(200),
        "404": plain(404),
        "204": raw(b"HTTP/1.1 204 No Content\r\n\r\n"),
        "500": plain(500, b"<h1>sorry</h1>", "text/html"),
        "silent": hang,
        "echo": echo,
        "drip": drip(right),
        "half": raw(_HEAD + b'content-length: 100\r\n\r\n{"status": '),
        "half-head": raw(b"HTTP/1.1 200 OK\r\ncontent-ty"),
        "closes": raw(b""),
        "resets": reset,
        "one-gigabyte": one_gigabyte,
        "latin-1": plain(200, _TEXT.encode("latin-1")),
        "utf-16": plain(200, _TEXT.encode("utf-16"), "application/json; charset=utf-16"),
        "nested": plain(200, _NESTED),
        "digits": plain(200, _DIGITS),
        "not-finite": plain(200, _NOT_FINITE),
        "two-lengths": plain(200, b"{}", "application/json", "content-length: 3"),
        "twice": plain(200, b"{}", "application/json", "content-type: text/html", "allow: GET", "allow: PUT"),
        "illegal-header": plain(200, b"{}", "application/json", "x-bad\0name: \x01\x7f\xff"),
        "health-only": healthy(plain(404)),
        "health-then-200": healthy(plain(200)),
        "health-then-silent": healthy(hang),
        "health-then-drip": healthy(drip(right)),
        "health-then-gigabyte": healthy(one_gigabyte),
        "health-then-nested": healthy(plain(200, _NESTED)),
        "health-then-digits": healthy(plain(200, _DIGITS)),
        "health-then-not-finite": healthy(plain(200, _NOT_FINITE)),
        "health-then-latin-1": healthy(plain(200, _TEXT.encode("latin-1"))),
        "health-then-illegal": healthy(plain(200, b"{}", "application/json", "x-bad\0name: \x01\x7f\xff")),
        "health-then-closes": healthy(raw(b"")),
        "health-then-5s": healthy(slow(5.0, plain(200))),
        "claims-all": healthy(plain(404), _EVERY_PROFILE),
        "claims-all-silent": healthy(hang, _EVERY_PROFILE),
        "health-of-wrong-types": of_json({"status": 1, "version": ["1"], "implementation": {}, "profiles": "core"}),
        "health-of-odd-profiles": healthy(plain(404), {**_HEALTH, "profiles": ["nonsense", 1, None, "core\n\0", ["core"]]}),
        "dies-at-40": counting(40, healthy(plain(404)), die),
        "is-killed-at-40": counting(40, healthy(plain(404)), be_killed),
        "silent-at-40": counting(40, healthy(plain(404)), hang),
        "dies-at-preload": preloading(die, healthy(plain(404))),
        "is-killed-at-preload": preloading(be_killed, healthy(plain(404))),
    }.items()
    yield from ((f"health-then-{name}", healthy(answer)) for name, answer in floods.items())
    end = b"event: end\ndata: {}\n\n"
    token = b'event: token\ndata: {"t": "x", "i": 0}\n\n'
    streams = {
        "never-ends": flood(_STREAM, token),
        "says-nothing": flood_of_nothing,
        "comments": flood(_STREAM, b": still here\n\n"),
        "one-line": flood(_STREAM + b"data: ", _CHUNK),
        "noise": flood(_STREAM, random.Random(1).randbytes(4096)),
        "no-utf-8": raw(_STREAM + b"event: token\ndata: \xff\xfe\n\n" + end),
        "no-json": raw(_STREAM + b"event: token\ndata: {{{\n\n" + end),
        "nested": raw(_STREAM + b"event: token\ndata: " + _NESTED + b"\n\n" + end),
        "half": raw(_STREAM + b"event: tok"),
        "drip": drip(_STREAM + token + end),
        "empty": raw(_STREAM),
    }
    yield from ((f"stream-{name}", tasks(_READY, stream)) for name, stream in streams.items())
    yield "always-ready", tasks(_READY, raw(_STREAM + b"event: started\ndata: {}\n\n" + token + end))
    yield "ready-of-wrong-types", tasks({"live": 1, "ready": "yes", "draining": None, "metrics": [], "source": 3}, raw(_STREAM))
    yield "pools-silent", lambda peer, asked: (hang if "/pools/" in asked.target else plain(202))(peer, asked)


def flood_of_nothing(peer: socket.socket, asked: Asked) -> None:
    """A stream that has a head, and then nothing."""
    peer.sendall(_STREAM)
    time.sleep(NEVER)


# --- programs ---


def serve(host: str, port: int, attend: Callable[[socket.socket], None], ready: Callable[[int], None] | None = None) -> None:
    """Accept connections for ever; ``ready`` is told the port."""
    listening = socket.create_server((host, port), backlog=128)
    if ready is not None:
        ready(listening.getsockname()[1])
    while True:
        peer, _ = listening.accept()
        threading.Thread(target=attend, args=(peer,), daemon=True).start()


def answering(answer: Answer) -> Callable[[socket.socket], None]:
    """Every request, one a connection, gets ``answer``."""

    def attend(peer: socket.socket) -> None:
        with peer:
            try:
                asked = _ask(peer)
                if asked is not None:
                    answer(peer, asked)
            except (OSError, ValueError):
                pass

    return attend


def _shake_hands(peer: socket.socket) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        context.wrap_socket(peer, server_side=True).close()
    except OSError:
        peer.close()


def _be_stubborn() -> None:
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)


ANSWERS: Mapping[str, Answer] = dict(_answers())


def attendant(kind: str) -> Callable[[socket.socket], None]:
    """What the server of ``kind`` does with a connection."""
    return _shake_hands if kind == "tls" else answering(ANSWERS[kind])


def main(kind: str, address: str, *told: str) -> None:
    """Play ``kind`` at ``address``."""
    if "--stubborn" in told:
        _be_stubborn()
    for option in told:
        if option.startswith("--starts-after="):
            time.sleep(float(option.partition("=")[2]))
    host, _, port = address.rpartition(":")
    serve(host, int(port), attendant(kind), lambda port: print(f"http://{host}:{port}", flush=True))


if __name__ == "__main__":
    main(*sys.argv[1:])
