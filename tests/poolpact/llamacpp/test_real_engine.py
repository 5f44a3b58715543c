"""A real llama.cpp server with the tiny model does what the engine simulator claims that it does."""

import json
import subprocess
import threading
import time
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from poolpact.llamacpp.server import LlamaServer
from poolpact.llamacpp.tiny_model import write_tiny_model
from poolpact.ports import free_port

PATIENCE = 30.0

pytestmark = pytest.mark.llamacpp


@dataclass(frozen=True)
class RealEngine:
    process: subprocess.Popen[bytes]
    client: httpx.Client
    log: Path

    def await_healthy(self) -> list[int]:
        """Every status its health answered, in order, without repetitions."""
        seen: list[int] = []
        deadline = time.monotonic() + PATIENCE
        pause = threading.Event()
        while time.monotonic() < deadline and self.process.poll() is None:
            try:
                status = self.client.get("/health").status_code
            except httpx.ConnectError:
                pause.wait(0.002)
                continue
            if seen[-1:] != [status]:
                seen.append(status)
            if status == 200:
                return seen
        raise AssertionError(f"not healthy; it answered {seen} and printed:\n{self.log.read_text()[-2000:]}")

    def tokens(self, n_predict: int) -> Generator[dict[str, Any]]:
        body = {"prompt": "once upon a time", "n_predict": n_predict, "stream": True}
        with self.client.stream("POST", "/completion", json=body) as answer:
            for line in answer.iter_lines():
                if line.startswith("data: "):
                    yield json.loads(line.removeprefix("data: "))


@pytest.fixture
def engine(llama_server: LlamaServer, tmp_path: Path) -> Iterator[RealEngine]:
    model = tmp_path / "tiny.gguf"
    write_tiny_model(model)
    port = free_port()
    flags = ["-m", str(model), "--host", "127.0.0.1", "--port", str(port), "-c", "8192", "-np", "2", "--metrics", "--offline"]
    log = tmp_path / "engine.log"
    with (
        log.open("wb") as output,
        subprocess.Popen([str(llama_server.path), *flags], stdout=output, stderr=output) as process,
        httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False, timeout=PATIENCE) as client,
    ):
        try:
            yield RealEngine(process, client, log)
        finally:
            process.kill()


def test_it_turns_healthy_and_tells_its_slots(engine: RealEngine) -> None:
    assert engine.await_healthy() in ([200], [503, 200])
    assert engine.client.get("/props").json()["total_slots"] == 2
    assert [slot["is_processing"] for slot in engine.client.get("/slots").json()] == [False, False]


def test_its_tokens_are_printable_and_as_many_as_asked_for(engine: RealEngine) -> None:
    engine.await_healthy()
    *tokens, last = engine.tokens(64)
    assert len(tokens) == 64
    assert all(len(token["content"]) == 1 and token["content"].isascii() and token["content"].isprintable() for token in tokens)
    assert (last["stop"], last["tokens_predicted"]) == (True, 64)


def test_two_streams_run_at_once_on_two_slots(engine: RealEngine) -> None:
    engine.await_healthy()
    first, second = engine.tokens(2000), engine.tokens(2000)
    next(first)
    next(second)
    assert engine.client.get("/slots?fail_on_no_slot=1").status_code == 503
    assert [slot["is_processing"] for slot in engine.client.get("/slots").json()] == [True, True]
    first.close()
    second.close()


def test_sigterm_ends_it_with_0(engine: RealEngine) -> None:
    engine.await_healthy()
    assert list(engine.tokens(1))  # it turns healthy a moment before it handles signals, and serves tokens only afterwards
    engine.client.close()
    engine.process.terminate()
    assert engine.process.wait(PATIENCE) == 0
