"""A pool manager with the core profile and nothing else, from the standard library alone: it shares no code with the reference.

    python tests/foreign/core_only.py --addr 127.0.0.1:0

prints its URL, and on SIGTERM ends its engines and itself. It has its own way where the contract leaves one open: a preload
always waits, JSON has a charset, an error is {"error": "..."} with a status of its own choice, a status has six members and the
last error, and pools can be neither stopped nor leased. ``--habit`` gives it another way of its own, ``--defect`` a defect.
"""

import argparse
import contextlib
import json
import os
import re
import select
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NoReturn

VERSION = "core-only-1"
POOL_ID = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,127}")
ROUTES: Mapping[str, str] = {r"/health": "GET", r"/pools/([^/]*)/status": "GET", r"/pools/([^/]*)/preload": "POST"}
LARGEST_BODY = 1 << 20
PAUSE, PROBE_WITHIN, GRACE = 0.03, 1.0, 2.0
TAIL = 2000
RARELY = 1.5
ENVIRONMENT = ("PATH", "HOME", "LANG", "LD_LIBRARY_PATH")

Told = dict[str, Any]
STATUS_DEFECTS: Mapping[str, Callable[[Told], Told]] = {
    "no-slots-free": lambda told: {name: value for name, value in told.items() if name != "slots_free"},
    "slots-as-texts": lambda told: told | {"slots_total": str(told["slots_total"])},
    "other-id": lambda told: told | {"pool_id": "gpu-7"},
    "ready-too-early": lambda told: told | {"ready": told["live"]},
    "hides-why": lambda told: {name: value for name, value in told.items() if name != "last_error"},
}
HABITS: Mapping[str, str] = {
    "never-waits": "a preload is under way, whoever would wait",
    "absolute-location": "where to look is told as a URL, percent-encoded, with a query",
    "six-members": "a status has nothing else, not even the last error",
    "forgets-failures": "a pool whose engine failed is unknown",
    "hangs-up-on-delete": "what it does not know it does not answer",
    "curt": "what is refused is refused without a word where nobody has to be told why",
}
DEFECTS = (
    *STATUS_DEFECTS,
    "ready-at-once",
    "polls-rarely",
    "says-nothing",
    "forgets-pools",
    "posts-status",
    "needs-no-port",
    "refuses-itself",
    "takes-another",
)


class Refused(Exception):
    """What the caller is answered instead."""

    def __init__(self, status: int, error: str, **headers: str) -> None:
        super().__init__(error)
        self.status = status
        self.headers = headers


# --- what is asked for ---


def _text(value: object) -> bool:
    return type(value) is str and "\0" not in value


def _name(value: object) -> bool:
    return _text(value) and value != ""


def _port(value: object) -> bool:
    return type(value) is int and 0 < value < 1 << 16


MEMBERS: dict[str, Callable[[Any], bool]] = {
    "binary_path": _name,
    "flags": lambda value: type(value) is list and all(map(_text, value)),
    "host": _name,
    "port": _port,
    "model_path": _name,
    "engine_version": _text,
    "pool_id": _text,
    "replica_id": _text,
    "device_mask": lambda value: value is None or _text(value),
}
OPTIONAL: dict[str, tuple[Any, Callable[[Any], bool]]] = {
    "slots_total": (None, lambda value: value is None or (type(value) is int and value > 0)),
    "health_path": ("/health", lambda value: _text(value) and re.fullmatch(r"/[!-~]*", value) is not None),
}


def prepared_of(body: bytes, pool_id: str, defect: str) -> Told:
    """The PreparedEngine in ``body``, of the members that this daemon knows; raises Refused."""
    try:
        told = json.loads(body)
    except (ValueError, RecursionError):
        raise Refused(400, "the body is not JSON") from None
    if not isinstance(told, dict) or not isinstance(told.get("prepared"), dict):
        raise Refused(400, "the body has no object called prepared")
    given = told["prepared"]
    if defect == "needs-no-port" and "port" not in given:
        given["port"] = int(given["flags"][given["flags"].index("--port") + 1])
    prepared = {name: given.get(name, usual) for name, (usual, _) in OPTIONAL.items()}
    checks = MEMBERS | {name: check for name, (_, check) in OPTIONAL.items()}
    for name in MEMBERS:
        if name not in given:
            raise Refused(400, f"prepared.{name} is missing")
        prepared[name] = given[name]
    for name, is_right in checks.items():
        if not is_right(prepared[name]):
            raise Refused(400, f"prepared.{name} is {prepared[name]!r}")
    if prepared["pool_id"] != pool_id:
        raise Refused(409, f"prepared.pool_id is {prepared['pool_id']!r}, the path says {pool_id!r}")
    return prepared


# --- engines ---


class Engine:
    """One run of an engine, in a process group of its own. ``settled`` is set when it is ready or has failed."""

    def __init__(self, prepared: Told, folder: Path, startup_timeout: float, pause: float) -> None:
        self.prepared = prepared
        self._pause = pause
        self.ready = False
        self.error: str | None = None
        self.slots = prepared["slots_total"] or 1
        self.settled = threading.Event()
        self._log = folder / f"{prepared['pool_id']}.log"
        self._deadline = time.monotonic() + startup_timeout
        if not os.path.isabs(prepared["binary_path"]):
            raise Refused(422, f"{prepared['binary_path']!r} is not an absolute path")
        environment = {name: os.environ[name] for name in ENVIRONMENT if name in os.environ}
        try:
            with self._log.open("wb") as log:
                self._process = subprocess.Popen(
                    [prepared["binary_path"], *prepared["flags"]],
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                    env=environment,
                )
        except OSError as error:
            raise Refused(422, f"{prepared['binary_path']!r} cannot be started: {error.strerror}") from None
        self.pid = self._process.pid
        self._exit = os.pidfd_open(self.pid)
        self._watcher = threading.Thread(target=self._watch)
        self._watcher.start()

    @property
    def is_live(self) -> bool:
        """Whether its process runs."""
        return self._process.returncode is None

    def end(self) -> None:
        """SIGTERM, a grace, SIGKILL; returns when it is gone."""
        if self.is_live:
            self._signal(signal.SIGTERM)
            self._watcher.join(GRACE)
            self._signal(signal.SIGKILL)
        self._watcher.join()

    def _watch(self) -> None:
        why = self._load()
        if why is None:
            self.ready = True
            self.settled.set()
            select.select([self._exit], [], [])
        # The process is not waited for yet, so that the group is still its own.
        self._signal(signal.SIGKILL)
        self.ready = False
        code = self._process.wait()
        os.close(self._exit)
        how = f"exit code {code}" if code >= 0 else f"signal {signal.Signals(-code).name}"
        self.error = f"{why or 'the engine ended'}: {how}\n{self._log.read_text(errors='replace')[-TAIL:]}".strip()
        self.settled.set()

    def _load(self) -> str | None:
        """Wait until it is healthy; why it will not be."""
        is_its_own = False
        while not select.select([self._exit], [], [], self._pause)[0]:
            if time.monotonic() > self._deadline:
                return "the engine was not healthy in time"
            answer = self._answers(self.prepared["health_path"])
            # Who listens is looked up while it still loads: that takes longer than an answer.
            is_its_own = answer is not None and (is_its_own or self._listens())
            if answer is not None and answer[0] == 200 and is_its_own:
                self.slots = self.prepared["slots_total"] or self._own_slots()
                return None
        return "the engine ended while loading"

    def _own_slots(self) -> int:
        try:
            return max(int(json.loads((self._answers("/props") or (0, b"{}"))[1])["total_slots"]), 1)
        except (ValueError, KeyError, TypeError):
            return 1

    def _answers(self, path: str) -> tuple[int, bytes] | None:
        """Status and body of the answer at ``path``, None when there is none; without a library, which takes too long."""
        request = f"GET {path} HTTP/1.1\r\nHost: {self.prepared['host']}\r\nConnection: close\r\n\r\n"
        try:
            with socket.create_connection((self.prepared["host"], self.prepared["port"]), PROBE_WITHIN) as connection:
                connection.sendall(request.encode())
                answer = b"".join(iter(lambda: connection.recv(65536), b""))
        except OSError:
            return None
        head, _, body = answer.partition(b"\r\n\r\n")
        status = head.split(b" ", 2)[1:2]
        return (int(status[0]), body) if status and status[0].isdigit() else None

    def _listens(self) -> bool:
        """Whether who listens on its port is in its process group."""
        listening = set(_listening_on(self.prepared["port"]))
        return any(each in listening for each in _sockets_of_group(self.pid))

    def _signal(self, number: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, number)


def _listening_on(port: int) -> Iterator[str]:
    listening = re.compile(rb"\S+:%04X \S+ 0A \S+ \S+ \S+ +\d+ +\d+ (\d+)" % port)
    for table in ("tcp", "tcp6"):
        for inode in listening.findall(Path("/proc/net", table).read_bytes()):
            yield f"socket:[{inode.decode()}]"


def _sockets_of_group(leader: int) -> Iterator[str]:
    for process in (Path("/proc", str(leader)), *Path("/proc").iterdir()):
        with contextlib.suppress(OSError):
            if process.name.isdecimal() and os.getpgid(int(process.name)) == leader:
                for descriptor in Path(process, "fd").iterdir():
                    with contextlib.suppress(OSError):
                        yield os.readlink(descriptor)


# --- pools ---


class Pools:
    """The engines by pool. A pool whose engine is gone can be preloaded anew."""

    def __init__(self, folder: Path, startup_timeout: float, habits: Collection[str], defect: str) -> None:
        self._folder = folder
        self._startup_timeout = startup_timeout
        self._habits = habits
        self._defect = defect
        self._engines: dict[str, Engine] = {}
        self._lock = threading.Lock()
        self._is_over = False

    def preload(self, pool_id: str, body: bytes) -> Told | None:
        """Start the engine or join the one that is there, and wait until it is ready, or say None; raises Refused."""
        prepared = prepared_of(body, pool_id, self._defect)
        with self._lock:
            if self._is_over:
                raise Refused(503, "this daemon ends")
            engine = self._engines.get(pool_id)
            if engine is None or not engine.is_live:
                pause = RARELY if self._defect == "polls-rarely" else PAUSE
                engine = self._engines[pool_id] = Engine(prepared, self._folder, self._startup_timeout, pause)
            elif self._conflicts(engine.prepared, prepared):
                raise Refused(409, f"another engine runs in pool {pool_id!r}")
        if "never-waits" in self._habits:
            return None
        if self._defect != "ready-at-once":
            engine.settled.wait()
        if engine.error is not None:
            raise Refused(500, "" if self._defect == "says-nothing" else engine.error)
        handoff = self._folder / f"{pool_id}.json"
        handoff.write_text(json.dumps(engine.prepared | {"pid": engine.pid}))
        return {"pool_id": pool_id, "pid": engine.pid, "handoff_path": str(handoff)}

    def _conflicts(self, running: Told, wanted: Told) -> bool:
        if self._defect == "takes-another":
            return False
        return self._defect == "refuses-itself" or running != wanted

    def status(self, pool_id: str) -> Told:
        """The six members, and why it failed; raises Refused."""
        engine = self._engines.get(pool_id)
        is_forgotten = "forgets-failures" in self._habits and engine is not None and engine.error is not None
        if engine is None or is_forgotten or self._defect == "forgets-pools":
            raise Refused(404, f"no pool {pool_id!r}")
        live, ready = engine.is_live, engine.ready
        told = {"pool_id": pool_id, "live": live, "ready": live and ready}
        told |= {"active_leases": 0, "slots_total": engine.slots, "slots_free": engine.slots if told["ready"] else 0}
        told |= {"last_error": engine.error} if engine.error and "six-members" not in self._habits else {}
        return STATUS_DEFECTS[self._defect](told) if self._defect in STATUS_DEFECTS else told

    def end(self) -> None:
        """End every engine; none is started any more."""
        with self._lock:
            self._is_over = True
        ending = [threading.Thread(target=engine.end) for engine in self._engines.values()]
        for thread in ending:
            thread.start()
        for thread in ending:
            thread.join()


# --- HTTP ---


class Handler(BaseHTTPRequestHandler):
    """Answers one connection."""

    protocol_version = "HTTP/1.1"
    pools: Pools
    routes: Mapping[str, str]
    habits: Collection[str]

    def _serve(self) -> None:
        is_known = any(re.fullmatch(pattern, self.path) for pattern in self.routes)
        if "hangs-up-on-delete" in self.habits and self.command == "DELETE" and not is_known:
            self.close_connection = True
            return
        try:
            told = self._route(self._body())
            if told is None:
                self._answer(202, {}, {"Location": self._location()})
            else:
                self._answer(200, told)
        except Refused as refusal:
            is_curt = "curt" in self.habits and refusal.status not in (404, 422, 500)
            self._answer(refusal.status, None if is_curt else {"error": str(refusal)}, refusal.headers)

    def _location(self) -> str:
        path = self.path.replace("/preload", "/status")
        if "absolute-location" in self.habits:
            return f"http://{self.headers['Host']}{path.replace('-', '%2D')}?from=preload"
        return path

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _serve  # noqa: N815 - http.server's names

    def _body(self) -> bytes:
        """All of it, or its beginning where it is too large."""
        length = self.headers.get("Content-Length", "0")
        if not length.isdecimal() or "Transfer-Encoding" in self.headers:
            self.close_connection = True
            raise Refused(411, "the body needs a Content-Length")
        kept, left = b"", int(length)
        while left > 0 and (chunk := self.rfile.read(min(left, LARGEST_BODY))):
            left -= len(chunk)
            kept = kept if len(kept) > LARGEST_BODY else kept + chunk
        return kept

    def _route(self, body: bytes) -> Told | None:
        path = self.path.split("?", 1)[0]
        for pattern, method in self.routes.items():
            if (match := re.fullmatch(pattern, path)) is None:
                continue
            if self.command != method:
                raise Refused(405, f"there is {method} only", Allow=method)
            if not match.groups():
                return {"status": "ok", "version": VERSION}
            if POOL_ID.fullmatch(match[1]) is None:
                raise Refused(400, "a pool id is 1 to 128 of A-Z a-z 0-9 . _ - and does not start with a dot")
            return self._preload(match[1], body) if pattern.endswith("preload") else self.pools.status(match[1])
        raise Refused(404, "there is no such path")

    def _preload(self, pool_id: str, body: bytes) -> Told | None:
        if self.headers.get("Content-Type", "").partition(";")[0].strip().lower() != "application/json":
            raise Refused(415, "the body is to be application/json")
        if len(body) > LARGEST_BODY:
            raise Refused(413, f"the body has more than {LARGEST_BODY} bytes")
        return self.pools.preload(pool_id, body)

    def _answer(self, status: int, told: Told | None, headers: Mapping[str, str] | None = None) -> None:
        body = b"" if told is None else json.dumps(told).encode()
        self.send_response(status)
        fields = {"Content-Type": "application/json; charset=utf-8", "Content-Length": str(len(body)), **(headers or {})}
        for name, value in fields.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


class Server(ThreadingHTTPServer):
    """Callers that hang up are nobody's business."""

    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Report what is no broken connection."""
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)


def main() -> NoReturn:
    """Serve until SIGTERM or SIGINT."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--addr", default="127.0.0.1:9200", metavar="HOST:PORT")
    parser.add_argument("--startup-timeout", type=float, default=300.0, metavar="SECONDS")
    parser.add_argument("--habit", action="append", default=[], choices=HABITS)
    parser.add_argument("--defect", default="", choices=DEFECTS)
    options = parser.parse_args()
    over = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: over.set())
    host, _, port = options.addr.rpartition(":")
    with tempfile.TemporaryDirectory(prefix="core-only-") as folder:
        Handler.pools = Pools(Path(folder), options.startup_timeout, options.habit, options.defect)
        Handler.habits = options.habit
        posts_status = options.defect == "posts-status"
        Handler.routes = {path: "POST" if path.endswith("status") and posts_status else method for path, method in ROUTES.items()}
        Server.address_family = socket.AF_INET6 if ":" in host else socket.AF_INET
        server = Server((host.strip("[]"), int(port)), Handler)
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": PAUSE}, daemon=True).start()
        print(f"http://{host}:{server.server_address[1]}", flush=True)
        over.wait()
        server.shutdown()
        Handler.pools.end()
    sys.exit(0)


if __name__ == "__main__":
    main()
