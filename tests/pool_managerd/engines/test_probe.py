"""When an engine is healthy, and when somebody else answers in its place (PM-READY-1, PM-READY-5)."""

import asyncio
import contextlib
import os
import signal
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from pool_managerd.engines.listener import Listener
from pool_managerd.engines.ports import Probe
from pool_managerd.engines.process import ProcessEngine
from tests.pool_managerd.engines.programs import (
    IDLE,
    SERVER,
    SERVER_IN_CHILD,
    Bench,
    free_port,
    program,
    server,
    until,
    with_bench,
)

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"
SHARED = SERVER.replace("family=family", "family=family, reuse_port=True")


async def settled(engine: ProcessEngine) -> Probe:
    """The first answer that is not LOADING."""
    found: list[Probe] = []

    async def ask() -> None:
        while not found or found[-1] is Probe.LOADING:
            found.append(await engine.probe())

    await asyncio.wait_for(ask(), 30)
    return found[-1]


@contextmanager
def stranger(host: str, port: int, *, reuse_port: bool = False) -> Iterator[None]:
    """A server of this process, which is no engine."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.create_server((host, port), family=family, reuse_port=reuse_port)

    def serve() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection:
                connection.recv(65536)
                connection.sendall(ANSWER)

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        thread.join()
        listener.close()


@pytest.mark.parametrize(
    ("host", "listen"),
    [
        ("127.0.0.1", "127.0.0.1"),
        ("127.0.0.1", "0.0.0.0"),
        ("0.0.0.0", "0.0.0.0"),
        ("localhost", "127.0.0.1"),
        ("::1", "::1"),
        ("::1", "::"),
        ("::", "::"),
    ],
)
def test_an_engine_that_answers_200_is_healthy(tmp_path: Path, host: str, listen: str) -> None:
    @with_bench
    async def check(it: Bench) -> None:
        engine = await it.up(server(host, listen=listen))
        assert await engine.probe() is Probe.HEALTHY

    check(tmp_path)


@pytest.mark.parametrize("detach", [False, True])
def test_a_listener_that_is_a_child_of_the_engine_is_the_engine(tmp_path: Path, detach: bool) -> None:
    @with_bench
    async def check(it: Bench) -> None:
        engine = await it.up(server(code=SERVER_IN_CHILD.format(code=SERVER, detach=detach)))
        assert await engine.probe() is Probe.HEALTHY

    check(tmp_path)


@with_bench
async def test_503_and_refused_are_loading(it: Bench) -> None:
    engine = await it.up(server(status=503))
    assert await engine.probe() is Probe.LOADING
    silent = await it.up(program(IDLE, port=free_port()), nonce="b" * 32, lines=2)
    assert await silent.probe() is Probe.LOADING


@with_bench
async def test_an_engine_that_ended_is_not_healthy_whoever_answers(it: Bench) -> None:
    prepared = server()
    engine = await it.up(prepared)
    os.kill(engine.pid, signal.SIGKILL)
    await engine.exited()
    with stranger("127.0.0.1", prepared.port):
        assert await engine.probe() is Probe.LOADING


@with_bench
async def test_an_engine_that_ends_during_the_probe_is_not_healthy(it: Bench) -> None:
    dying = SERVER.replace("{}'", "{}'").replace("sys.argv[3].encode())", "sys.argv[3].encode()); raise SystemExit")
    engine = await it.up(server(code=dying))
    # Its socket outlives it for a moment and is nobody's then: what the probe calls that is a matter of luck.
    assert await engine.probe() is not Probe.HEALTHY
    assert (await engine.exited()).ok


@pytest.mark.parametrize(
    ("host", "foreign"),
    [("127.0.0.1", "127.0.0.1"), ("127.0.0.1", "0.0.0.0"), ("0.0.0.0", "127.0.0.1"), ("localhost", "127.0.0.1"), ("::1", "::")],
)
def test_a_stranger_on_the_port_is_foreign(tmp_path: Path, host: str, foreign: str) -> None:
    @with_bench
    async def check(it: Bench) -> None:
        port = free_port(foreign)
        engine = await it.up(program(IDLE, host=host, port=port))
        with stranger(foreign, port):
            assert await engine.probe() is Probe.FOREIGN
        assert await engine.probe() is Probe.LOADING

    check(tmp_path)


@with_bench
async def test_another_pools_engine_on_the_port_is_foreign(it: Bench) -> None:
    prepared = server()
    other = await it.up(prepared, nonce="b" * 32)
    engine = await it.up(program(IDLE, port=prepared.port), lines=2)
    assert await other.probe() is Probe.HEALTHY
    assert await engine.probe() is Probe.FOREIGN
    await other.end(0.0)
    assert await engine.probe() is Probe.LOADING


@with_bench
async def test_a_port_that_is_shared_with_a_stranger_is_foreign(it: Bench) -> None:
    prepared = server(code=SHARED)
    engine = await it.up(prepared)
    with stranger("127.0.0.1", prepared.port, reuse_port=True):
        assert await engine.probe() is Probe.FOREIGN
    assert await engine.probe() is Probe.HEALTHY


@with_bench
async def test_the_engine_is_healthy_once_the_stranger_has_left_it_the_port(it: Bench) -> None:
    port = free_port()
    patient = f"""
import signal
signal.signal(signal.SIGUSR1, lambda *_: None)
print('up', flush=True)
signal.pause()
{SERVER}
"""
    engine = await it.up(program(patient, str(port), "127.0.0.1", "200", port=port))
    with stranger("127.0.0.1", port):
        assert await engine.probe() is Probe.FOREIGN
    os.kill(engine.pid, signal.SIGUSR1)
    assert await settled(engine) is Probe.HEALTHY


@with_bench
async def test_an_answer_of_a_stranger_just_before_the_engine_listens_does_not_count(it: Bench) -> None:
    """The stranger answers 200, leaves, and the engine that takes the port is still loading."""
    port = free_port()
    loading = f"""
import signal
signal.signal(signal.SIGUSR1, lambda *_: None)
print('waiting', flush=True)
signal.pause()
{SERVER}
"""
    engine = await it.spawn(program(loading, str(port), "127.0.0.1", "503", port=port))
    await it.printed("waiting\n")
    listener = socket.create_server(("127.0.0.1", port))
    probing = asyncio.create_task(engine.probe())
    connection, _ = await asyncio.to_thread(listener.accept)
    listener.close()
    os.kill(engine.pid, signal.SIGUSR1)
    await until(lambda: "up\n" in it.log.read_text(), "the engine listens")
    connection.recv(65536)
    connection.sendall(ANSWER)
    connection.close()
    assert await probing is Probe.LOADING


LEAVING = f"""
import signal, sys
def leave(*_):
    listener.close()
    print('left', flush=True)
    signal.pause()
signal.signal(signal.SIGUSR1, leave)
{SERVER}
"""
"""Serves until SIGUSR1, then leaves its port and stays."""


@with_bench
async def test_an_answer_of_a_stranger_that_takes_the_port_after_the_look_does_not_count(
    it: Bench,
) -> None:
    """The engine answers 200 and listens, and somebody else answers the second question."""
    prepared = server(code=LEAVING)
    engine = await it.up(prepared)
    assert await engine.probe() is Probe.HEALTHY
    with contextlib.ExitStack() as stack:
        first_look = taken_by_a_stranger_after(engine, it, prepared.port, stack)
        assert await engine.probe() is Probe.FOREIGN
        assert await first_look is Listener.ENGINE
        assert await engine.probe() is Probe.FOREIGN
    assert await engine.probe() is Probe.LOADING


def taken_by_a_stranger_after(
    engine: ProcessEngine, it: Bench, port: int, stack: contextlib.ExitStack
) -> "asyncio.Future[Listener]":
    """Let a stranger have the port from right after the next look on; the outcome of that look."""
    watch = engine._watch
    seen: asyncio.Future[Listener] = asyncio.get_running_loop().create_future()

    class Interrupted:
        async def look(self) -> Listener:
            listener = await watch.look()
            if not seen.done():
                seen.set_result(listener)
                os.kill(engine.pid, signal.SIGUSR1)
                await it.printed("left\n")
                stack.enter_context(stranger("127.0.0.1", port))
            return listener

    engine._watch = Interrupted()  # type: ignore[assignment]
    return seen


# argv: as SERVER. Resets the second connection of all.
RESETTING = """
import itertools, socket, struct, sys
listener = socket.create_server((sys.argv[2], int(sys.argv[1])))
print('up', flush=True)
for number in itertools.count(1):
    connection, _ = listener.accept()
    connection.recv(65536)
    if number == 2:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
    else:
        connection.sendall(b'HTTP/1.1 %s OK\\r\\nContent-Length: 2\\r\\n\\r\\n{}' % sys.argv[3].encode())
    connection.close()
"""


@with_bench
async def test_a_reset_instead_of_the_second_answer_is_loading(it: Bench) -> None:
    engine = await it.up(server(code=RESETTING))
    assert await engine.probe() is Probe.LOADING
    assert await engine.probe() is Probe.HEALTHY


@with_bench
async def test_the_slots_are_the_engines_own(it: Bench) -> None:
    engine = await it.up(server(code=SERVER.replace("Length: 2", "Length: 18").replace("{}'", '{"total_slots": 3}\'')))
    assert await engine.slots() == 3
    silent = await it.up(server(), nonce="b" * 32, lines=2)
    assert await silent.slots() is None


@pytest.mark.parametrize("host", ["nowhere.invalid", "a" * 64 + ".invalid"])
def test_a_host_that_does_not_resolve_is_loading(tmp_path: Path, host: str) -> None:
    @with_bench
    async def check(it: Bench) -> None:
        engine = await it.up(program(IDLE, host=host))
        assert await engine.probe() is Probe.LOADING

    check(tmp_path)


@pytest.mark.parametrize("error", [OSError(13, "no"), UnicodeError("label too long")])
def test_an_engine_whose_listener_cannot_be_looked_at_is_loading(tmp_path: Path, error: Exception) -> None:
    class Blind:
        async def look(self) -> Listener:
            raise error

    @with_bench
    async def check(it: Bench) -> None:
        engine = await it.up(server())
        watch, engine._watch = engine._watch, Blind()  # type: ignore[assignment]
        assert await engine.probe() is Probe.LOADING
        engine._watch = watch
        assert await engine.probe() is Probe.HEALTHY

    check(tmp_path)
