"""The HTTP surface in process: a server in a thread, real connections."""

import json
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from poolpact.engine.behaviour import Behaviour
from poolpact.engine.record import Recorder
from poolpact.engine.records import EngineRecords
from poolpact.engine.server import SimulatedEngineServer

PATIENCE = 20.0


@contextmanager
def serving(
    behaviour: Behaviour, recorder: Recorder | None = None, *, is_healthy: bool = True
) -> Iterator[tuple[SimulatedEngineServer, httpx.Client]]:
    server = SimulatedEngineServer(behaviour, recorder, is_healthy=is_healthy)
    port = server.start()
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False, timeout=PATIENCE) as client:
            yield server, client
    finally:
        server.stop()


def behaviour(*flags: str) -> Behaviour:
    return Behaviour.parse(("--port", "0", *flags))


def events(answer: httpx.Response) -> Iterator[dict[str, Any]]:
    for line in answer.iter_lines():
        if line.startswith("data: "):
            yield json.loads(line.removeprefix("data: "))


def completion(n_predict: int = 3, **members: object) -> dict[str, object]:
    return {"prompt": "once upon", "n_predict": n_predict, "stream": True, **members}


def test_it_is_loading_until_told_healthy_and_again_when_told_unhealthy() -> None:
    with serving(behaviour(), is_healthy=False) as (server, client):
        loading = client.get("/health")
        assert (loading.status_code, loading.json()["error"]["message"]) == (503, "Loading model")
        server.healthy()
        assert client.get("/health").json() == {"status": "ok"}
        server.unhealthy()
        assert client.get("/health").status_code == 503


def test_a_stream_has_its_tokens_and_ends_with_stop(tmp_path: Path) -> None:
    with (
        serving(behaviour(), Recorder(tmp_path, "n")) as (_, client),
        client.stream("POST", "/completion", json=completion(3)) as answer,
    ):
        assert answer.headers["content-type"] == "text/event-stream"
        got = list(events(answer))
        assert [event["stop"] for event in got] == [False, False, False, True]
        assert all(event["content"].strip() for event in got[:-1])
        assert got[-1]["tokens_predicted"] == 3
    records = EngineRecords(tmp_path)
    [asked], [ended] = records.completions("n"), records.completion_ends("n")
    assert asked.items() >= {"prompt": "once upon", "n_predict": 3}.items()
    assert ended.items() >= {"completion": asked["completion"], "tokens": 3, "complete": True}.items()


def test_without_a_stream_the_answer_comes_whole() -> None:
    with serving(behaviour()) as (_, client):
        answer = client.post("/completion", json=completion(4, stream=False)).json()
        assert answer["stop"] is True
        assert answer["tokens_predicted"] == 4
        assert len(answer["content"].split()) == 4


def test_no_token_is_asked_for_and_none_comes() -> None:
    with serving(behaviour()) as (_, client), client.stream("POST", "/completion", json=completion(0)) as answer:
        assert [event["stop"] for event in events(answer)] == [True]


def test_one_connection_serves_many_requests() -> None:
    with serving(behaviour()) as (_, client):
        for _ in range(3):
            assert client.post("/completion", json=completion(2)).status_code == 200
            assert client.get("/slots").json()[0]["is_processing"] is False


def test_a_held_stream_waits_for_release() -> None:
    with serving(behaviour("--sim-hold")) as (server, client), client.stream("POST", "/completion", json=completion(3)) as answer:
        stream = events(answer)
        assert next(stream)["tokens_predicted"] == 1
        with httpx.Client(base_url=client.base_url, trust_env=False) as other:
            assert other.get("/slots").json()[0]["is_processing"] is True
        server.release()
        assert [event["stop"] for event in stream] == [False, False, True]


def test_a_running_engine_can_be_told_to_hold() -> None:
    with serving(behaviour()) as (server, client):
        server.hold()
        with client.stream("POST", "/completion", json=completion(2)) as answer:
            stream = events(answer)
            next(stream)
            server.release()
            assert len(list(stream)) == 2


def test_more_completions_than_slots_queue(tmp_path: Path) -> None:
    with (
        serving(behaviour("-np", "1", "--sim-hold"), Recorder(tmp_path, "n")) as (server, client),
        client.stream("POST", "/completion", json=completion(2)) as first,
        ThreadPoolExecutor() as pool,
    ):
        stream = events(first)
        next(stream)
        queued = pool.submit(httpx.post, f"{client.base_url}/completion", json=completion(2), trust_env=False)
        with httpx.Client(base_url=client.base_url, trust_env=False) as other:
            assert other.get("/slots?fail_on_no_slot=1").status_code == 503
        server.release()
        assert len(list(stream)) == 2
        assert queued.result(PATIENCE).text.count('"stop": true') == 1
    assert [end["complete"] for end in EngineRecords(tmp_path).completion_ends("n")] == [True, True]


def test_a_client_that_hangs_up_frees_its_slot(tmp_path: Path) -> None:
    with serving(behaviour("--sim-hold"), Recorder(tmp_path, "n")) as (_, client):
        with client.stream("POST", "/completion", json=completion(5)) as answer:
            next(events(answer))
        with httpx.Client(base_url=client.base_url, trust_env=False, timeout=PATIENCE) as other:
            while other.get("/slots").json()[0]["is_processing"]:
                pass
    [end] = EngineRecords(tmp_path).completion_ends("n")
    assert (end["tokens"], end["complete"]) == (1, False)


def test_a_stream_breaks_after_so_many_tokens(tmp_path: Path) -> None:
    with serving(behaviour("--sim-break-after", "2"), Recorder(tmp_path, "n")) as (_, client):
        got: list[dict[str, Any]] = []
        with pytest.raises(httpx.TransportError), client.stream("POST", "/completion", json=completion(5)) as answer:
            got.extend(events(answer))
        assert client.get("/health").status_code == 200
    [end] = EngineRecords(tmp_path).completion_ends("n")
    assert (end["tokens"], end["complete"]) == (2, False)
    assert not any(event["stop"] for event in got)


def test_stopping_hangs_up_on_streams_and_frees_the_port() -> None:
    server = SimulatedEngineServer(behaviour("--sim-hold"), is_healthy=True)
    port = server.start()
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as sock:
        body = json.dumps(completion(9)).encode()
        sock.sendall(b"POST /completion HTTP/1.1\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))
        assert sock.recv(4096).startswith(b"HTTP/1.1 200")
        server.stop()
        while sock.recv(4096):
            pass
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)
    server.stop()


def test_what_is_no_request_is_answered_and_hung_up_on() -> None:
    with serving(behaviour()) as (_, client):
        port = client.base_url.port or 0
        with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as sock, sock.makefile("rb") as reader:
            sock.sendall(b"hello\r\n\r\n")
            assert reader.read().startswith(b"HTTP/1.1 400 ")


def test_pipelined_requests_are_answered_in_order() -> None:
    with serving(behaviour()) as (_, client):
        body = json.dumps(completion(1, stream=False)).encode()
        port = client.base_url.port or 0
        with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as sock, sock.makefile("rb") as reader:
            post = b"POST /completion HTTP/1.1\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)
            sock.sendall(post + b"GET /nowhere HTTP/1.1\r\nConnection: close\r\n\r\n")
            answers = reader.read()
            assert [part[:3] for part in answers.split(b"HTTP/1.1 ")[1:]] == [b"200", b"404"]


def test_it_cannot_listen_where_somebody_else_does() -> None:
    with serving(behaviour()) as (_, client):
        second = SimulatedEngineServer(Behaviour(port=client.base_url.port or 0))
        with pytest.raises(OSError, match="in use"):
            second.start()
        second.stop()
