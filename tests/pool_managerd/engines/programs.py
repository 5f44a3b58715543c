"""Small programs that stand for engines, and a bench that spawns them."""

import asyncio
import contextlib
import os
import secrets
import socket
import sys
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from pool_managerd.clock import SystemClock
from pool_managerd.domain.prepared import PreparedEngine
from pool_managerd.engines.family import find_family
from pool_managerd.engines.process import ProcessEngine, ProcessSpawner

LONG = 30.0
NONCE = secrets.token_hex(16)
"""Of this run of the tests: others may run beside it."""

IDLE = "import signal; print('up', flush=True); signal.pause()"

DEAF = """
import signal
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print('up', flush=True)
while True: signal.pause()
"""

POLITE = """
import signal, sys
def leave(*_):
    print('leaving', flush=True)
    sys.exit(0)
signal.signal(signal.SIGTERM, leave)
print('up', flush=True)
while True: signal.pause()
"""

# Children that ignore SIGTERM: one in the session without the nonce, one in a session of its own with it, one in a session of
# its own without it, and one like the second whose parent is gone. argv: what the parent does then.
PARENT = """
import os, signal, sys
def child(detach, clean):
    pid = os.fork()
    if pid: return pid
    if detach: os.setsid()
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    code = f'import signal; print("child up", flush=True); signal.pause() # {os.environ["POOL_MANAGERD_ENGINE_NONCE"]}'
    environment = {} if clean else dict(os.environ)
    os.execve(sys.executable, [sys.executable, '-S', '-E', '-c', code], environment)
child(False, True); child(True, False); child(True, True)
if os.fork() == 0:
    child(True, False)
    os._exit(0)
os.wait()
print('up', flush=True)
exec(sys.argv[1])
"""

# argv: port, host, then what to answer to everything.
SERVER = """
import socket, sys
family = socket.AF_INET6 if ':' in sys.argv[2] else socket.AF_INET
listener = socket.create_server((sys.argv[2], int(sys.argv[1])), family=family)
print('up', flush=True)
while True:
    connection, _ = listener.accept()
    with connection:
        connection.recv(65536)
        connection.sendall(b'HTTP/1.1 %s OK\\r\\nContent-Length: 2\\r\\n\\r\\n{}' % sys.argv[3].encode())
"""

SERVER_IN_CHILD = """
import os, signal, subprocess, sys
subprocess.Popen([sys.executable, '-S', '-E', '-c', {code!r}, *sys.argv[1:]], start_new_session={detach})
signal.pause()
"""


def free_port(host: str = "127.0.0.1") -> int:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.bind((host, 0))
        return int(probe.getsockname()[1])


def program(code: str, *arguments: str, **changes: Any) -> PreparedEngine:
    members: dict[str, Any] = {
        "binary_path": sys.executable,
        "flags": ["-S", "-E", "-c", code, *arguments],
        "host": "127.0.0.1",
        "port": 9,
        "model_path": "/m",
        "engine_version": "1",
        "pool_id": "p",
        "replica_id": "r0",
        "device_mask": None,
    }
    return PreparedEngine.model_validate(members | changes)


def server(host: str = "127.0.0.1", status: int = 200, *, listen: str | None = None, code: str = SERVER) -> PreparedEngine:
    port = free_port(listen or host)
    return program(code, str(port), listen or host, str(status), host=host, port=port)


async def until(check: Callable[[], object], what: str) -> None:
    try:
        async with asyncio.timeout(LONG):
            while not check():
                await SystemClock().sleep(0.002)
    except TimeoutError:
        raise AssertionError(f"never: {what}") from None


class Bench:
    """A real spawner with one log, and the engines it spawned."""

    def __init__(self, folder: Path, environ: dict[str, str]) -> None:
        self.log = folder / "p.log"
        self.spawner = ProcessSpawner(environ, SystemClock())
        self.engines: list[ProcessEngine] = []

    async def spawn(self, prepared: PreparedEngine, nonce: str = NONCE) -> ProcessEngine:
        engine = await self.spawner.spawn(prepared, nonce=nonce, log_path=self.log)
        self.engines.append(engine)
        return engine

    async def up(self, prepared: PreparedEngine, nonce: str = NONCE, lines: int = 1) -> ProcessEngine:
        engine = await self.spawn(prepared, nonce)
        await self.printed("up\n", lines)
        return engine

    async def printed(self, text: str, times: int = 1) -> None:
        await until(lambda: self.log.read_text(errors="replace").count(text) >= times, f"{times} x {text!r} in the log")

    def left(self, nonce: str = NONCE) -> list[int]:
        return [process.pid for process in find_family(nonce)]


@asynccontextmanager
async def opened(folder: Path, environ: dict[str, str]) -> AsyncIterator[Bench]:
    it = Bench(folder, environ)
    try:
        yield it
    finally:
        for engine in it.engines:
            await engine.end(0.0)
        await it.spawner.aclose()


def with_bench(test: Callable[[Bench], Coroutine[Any, Any, None]]) -> Callable[[Path], None]:
    """Turn ``async def test(bench)`` into a test that ends what it spawned, and loses no file descriptor and no child."""

    async def main(folder: Path) -> None:
        async with opened(folder, dict(os.environ)) as it:
            await test(it)

    def run(tmp_path: Path) -> None:
        before = descriptors()
        asyncio.run(main(tmp_path))
        assert descriptors() == before

    run.__name__ = test.__name__
    return run


def descriptors() -> set[tuple[str, str]]:
    """The open files of this process."""
    found = set()
    for name in os.listdir("/proc/self/fd"):
        try:
            found.add((name, os.readlink(f"/proc/self/fd/{name}")))
        except FileNotFoundError:
            continue
    return found


def children_of_parent(nonce: str = NONCE) -> list[int]:
    """The children of PARENT that are left, with the nonce in their environment or not."""
    found = []
    for name in os.listdir("/proc"):
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            if name.isdecimal() and f"signal.pause() # {nonce}".encode() in Path(f"/proc/{name}/cmdline").read_bytes():
                found.append(int(name))
    return found


def exists(pid: int) -> bool:
    """Whether ``pid`` is there, be it as a zombie."""
    return Path(f"/proc/{pid}").exists()
