"""The program itself: real processes, seen from outside."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import httpx
import psutil
import pytest

from poolpact.engine.behaviour import CUDA_ERROR, Behaviour
from poolpact.engine.process import is_spent

from .conftest import PATIENCE, PROGRAM, Playground


def health(url: str) -> int:
    return httpx.get(f"{url}/health", trust_env=False, timeout=PATIENCE).status_code


def test_it_records_how_it_was_started_and_serves(playground: Playground) -> None:
    environment = {"PATH": os.environ["PATH"], "SOME": "value"}
    process = playground.start("n", "--unknown", "flag", environment=environment)
    assert health(playground.url("n")) == 200
    [started] = playground.records.starts("n")
    assert (started["pid"], started["ppid"]) == (process.pid, os.getpid())
    assert started["argv"][-2:] == ["--unknown", "flag"]
    assert started["env"].items() >= environment.items()
    assert "HOME" not in started["env"]
    assert [event["event"] for event in playground.records.events("n")] == ["started", "listening", "healthy"]


def test_it_listens_while_it_loads(playground: Playground) -> None:
    playground.start("n", "--sim-wait")
    listening = playground.await_event("n", "listening")
    url = f"http://127.0.0.1:{listening['port']}"
    assert health(url) == 503
    playground.records.tell("n", "healthy")
    assert health(playground.url("n")) == 200
    playground.records.tell("n", "unhealthy")
    playground.await_event("n", "unhealthy")
    assert health(url) == 503


def test_loading_takes_as_long_as_its_flags_say(playground: Playground) -> None:
    playground.start("n", "--sim-load", "0.25")
    healthy = playground.await_event("n", "healthy")
    [started] = playground.records.starts("n")
    assert healthy["at"] - started["at"] >= 0.25


def test_a_mute_one_never_listens(playground: Playground) -> None:
    process = playground.start("n", "--sim-mute", "--sim-exit-after", "0.1")
    assert process.wait(PATIENCE) == 1
    assert [event["event"] for event in playground.records.events("n")] == ["started", "exiting"]


@pytest.mark.parametrize(
    ("flags", "returncode", "how"),
    [
        (("--sim-exit-after", "0"), 1, {"code": 1}),
        (("--sim-exit-after", "0.05", "--sim-exit-code", "7"), 7, {"code": 7}),
        (("--sim-exit-after", "0", "--sim-exit-signal", "SIGSEGV"), -signal.SIGSEGV, {"signal": "SIGSEGV"}),
        (("--sim-exit-after", "0", "--sim-exit-signal", "KILL"), -signal.SIGKILL, {"signal": "SIGKILL"}),
        (("--sim-life", "0.05"), 1, {"code": 1, "cause": "life"}),
    ],
)
def test_it_ends_as_planned(playground: Playground, flags: tuple[str, ...], returncode: int, how: dict[str, object]) -> None:
    assert playground.start("n", *flags).wait(PATIENCE) == returncode
    [exiting] = playground.records.events("n", "exiting")
    assert exiting.items() >= how.items()


@pytest.mark.parametrize(("order", "returncode"), [("exit 9", 9), ("signal ABRT", -signal.SIGABRT), ("end", 0)])
def test_it_ends_as_told(playground: Playground, order: str, returncode: int) -> None:
    process = playground.start("n")
    playground.await_event("n", "healthy")
    playground.records.tell("n", order)
    assert process.wait(PATIENCE) == returncode


def test_what_it_prints_comes_before_its_end(playground: Playground) -> None:
    process = playground.start("n", "--sim-print", "one", "--sim-print", "two", "--sim-cuda-error")
    _, printed = process.communicate(timeout=PATIENCE)
    assert printed.splitlines() == ["one", "two", CUDA_ERROR]
    assert process.returncode == 1
    assert playground.records.events("n", "listening") == []


def test_sigterm_ends_it_with_0_when_healthy_and_by_the_signal_while_it_loads(playground: Playground) -> None:
    healthy = playground.start("a")
    playground.await_event("a", "healthy")
    healthy.terminate()
    assert healthy.wait(PATIENCE) == 0
    loading = playground.start("b", "--sim-wait")
    playground.await_event("b", "listening")
    loading.terminate()
    assert loading.wait(PATIENCE) == -signal.SIGTERM
    assert len(playground.records.events("b", "term")) == 1


def test_sigterm_may_be_ignored(playground: Playground) -> None:
    process = playground.start("n", "--sim-ignore-term")
    url = playground.url("n")
    process.terminate()
    playground.await_event("n", "term")
    assert health(url) == 200
    process.kill()
    assert process.wait(PATIENCE) == -signal.SIGKILL


def test_its_listener_may_be_a_child(playground: Playground) -> None:
    process = playground.start("n", "--sim-listen-child")
    assert health(playground.url("n")) == 200
    [child] = playground.records.events("n", "child")
    assert psutil.Process(child["child_pid"]).ppid() == process.pid
    assert playground.await_event("n", "listening")["pid"] == child["child_pid"]
    assert playground.records.pids("n") == {process.pid, child["child_pid"]}


def test_a_listening_child_and_its_parent_know_of_sigterm_each_for_itself(playground: Playground) -> None:
    process = playground.start("n", "--sim-listen-child")
    playground.url("n")
    os.killpg(process.pid, signal.SIGTERM)
    assert process.wait(PATIENCE) == 0
    playground.await_event("n", "term", 2)
    assert {event["pid"] for event in playground.records.events("n", "term")} == playground.records.pids("n")


def test_it_ends_when_its_listening_child_does(playground: Playground) -> None:
    process = playground.start("n", "--sim-listen-child")
    playground.url("n")
    [child] = playground.records.events("n", "child")
    os.kill(child["child_pid"], signal.SIGKILL)
    assert process.wait(PATIENCE) == 1
    assert playground.records.events("n", "exiting")[0]["cause"] == "listener"


def test_an_idle_child_survives_its_parent_until_it_is_told_to_end(playground: Playground) -> None:
    process = playground.start("n", "--sim-spawn-child")
    playground.url("n")
    [event] = playground.records.events("n", "child")
    child = psutil.Process(event["child_pid"])
    playground.records.tell("n", "exit 3")
    assert process.wait(PATIENCE) == 3
    assert child.status() != psutil.STATUS_ZOMBIE
    playground.records.tell("n", "end")
    playground.until(lambda: not child.is_running() or child.status() == psutil.STATUS_ZOMBIE, "the end of the child")


def test_it_turns_healthy_right_after_it_told_somebody_that_it_loads(playground: Playground) -> None:
    playground.start("n", "--sim-wait")
    port = playground.await_event("n", "listening")["port"]
    playground.records.tell("n", "healthy-after-probe")

    def has_heard() -> bool:
        return httpx.get(f"http://127.0.0.1:{port}/health", trust_env=False, timeout=PATIENCE).status_code == 200

    assert not has_heard()
    playground.until(has_heard, "it to be healthy")
    assert len(playground.records.events("n", "healthy")) == 1


def test_a_restart_after_it_ended_by_itself_ends_at_once(playground: Playground) -> None:
    assert playground.start("n", "--sim-exit-after", "0", "--sim-exit-code", "5").wait(PATIENCE) == 5
    assert playground.start("n").wait(PATIENCE) == 0
    assert len(playground.records.starts("n")) == 1
    assert len(playground.records.restarts("n")) == 1


def test_a_start_after_a_stop_goes_on_and_forgets_old_orders(playground: Playground) -> None:
    playground.records.tell("n", "hold")
    first = playground.start("n")
    playground.await_event("n", "healthy")
    first.terminate()
    first.wait(PATIENCE)
    playground.start("n")
    url = playground.url("n", 2)
    answer = httpx.post(f"{url}/completion", json={"prompt": "x", "n_predict": 3}, trust_env=False, timeout=PATIENCE)
    assert answer.json()["tokens_predicted"] == 3


def test_whether_a_start_is_spent() -> None:
    def spent(*events: dict[str, object], flags: tuple[str, ...] = ()) -> bool:
        return is_spent(Behaviour.parse(flags), list(events))

    started: dict[str, object] = {"event": "started"}
    told: dict[str, object] = {"event": "exiting", "cause": "told"}
    term: dict[str, object] = {"event": "exiting", "cause": "term"}
    assert not spent()
    assert not spent(started, term)
    assert spent(started, told)
    assert spent(started, term, flags=("--sim-once",))
    assert not spent(flags=("--sim-once",))
    assert not spent(started, told, flags=("--sim-again",))


def test_a_port_that_is_taken_ends_it_with_1(playground: Playground) -> None:
    playground.start("a")
    port = playground.url("a").rpartition(":")[2]
    second = playground.start("b", "--port", port)
    _, printed = second.communicate(timeout=PATIENCE)
    assert second.returncode == 1
    assert printed.startswith("couldn't bind")
    assert playground.records.events("b", "exiting")[0]["cause"] == "bind"


@pytest.mark.parametrize("flags", [("--port", "many"), ("--sim-dir", "/nowhere/at/all", "--sim-nonce", "n")])
def test_what_it_cannot_do_is_one_line(flags: tuple[str, ...]) -> None:
    done = subprocess.run([PROGRAM, *flags], capture_output=True, text=True, timeout=PATIENCE)
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1
    assert done.stderr.startswith("error: ")


def test_it_imports_nothing_slow(tmp_path: Path) -> None:
    script = "import sys, poolpact.engine.process; print(*sorted(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=PATIENCE, cwd=tmp_path, check=True
    )
    imported = set(done.stdout.split())
    assert "poolpact.engine.server" in imported
    assert not imported & {"asyncio", "argparse", "dataclasses", "http.client", "http.server", "inspect", "logging", "subprocess"}
