"""``poolpact stub`` as a process."""

import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from poolpact.ports import is_taken

SCRIPT = Path(sys.executable).with_name("poolpact")
LONG = 30.0
BODY = {
    "binary_path": "/nowhere/server",
    "flags": [],
    "host": "127.0.0.1",
    "port": 1,
    "model_path": "m",
    "engine_version": "1",
    "pool_id": "new",
    "replica_id": "r0",
    "device_mask": None,
}


def environment(folder: Path, **more: str) -> dict[str, str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("POOL_MANAGER") and name != "FORCE_COLOR"}
    return clean | {"TMPDIR": str(folder), "PYTHONUNBUFFERED": "1"} | more


class Running:
    """A stub that runs: what it printed, and its process."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self.process = process
        self.lines: list[str] = []

    def until_line(self, begins: str) -> str:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append(line.rstrip("\n"))
            if self.lines[-1].startswith(begins):
                return self.lines[-1].removeprefix(begins).strip()
        raise AssertionError(f"it ended without {begins!r}: {self.lines}")

    def end(self, number: signal.Signals) -> int:
        self.process.send_signal(number)
        assert self.process.stdout is not None
        self.lines += [line.rstrip("\n") for line in self.process.stdout]
        return self.process.wait(LONG)


@contextlib.contextmanager
def stub(folder: Path, *arguments: str, **more: str) -> Iterator[Running]:
    with subprocess.Popen(
        [SCRIPT, "stub", "--addr", "127.0.0.1:0", *arguments],
        env=environment(folder, **more),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        try:
            yield Running(process)
        finally:
            process.kill()


def get(url: str, body: Any = None, **headers: str) -> Any:
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"content-type": "application/json", **headers})
    with urllib.request.urlopen(request, timeout=LONG) as answer:
        return json.loads(answer.read())


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_says_what_it_plays_spawns_nothing_and_leaves_nothing(tmp_path: Path, number: signal.Signals) -> None:
    told = ["--pool", "gpu-0=ready,slots=4,free=2", "--pool", "gpu-1=failed,error=CUDA out of memory"]
    with stub(tmp_path, *told) as running:
        url = running.until_line("url")
        assert running.lines == [
            "poolpact stub: spawns nothing, conforms to nothing",
            "pool   gpu-0=ready,slots=4,free=2",
            "pool   gpu-1=failed,slots=1,error=CUDA out of memory",
            f"url    {url}",
        ]
        status = get(f"{url}/pools/gpu-0/status")
        assert (status["active_leases"], is_taken(int(status["url"].rsplit(":", 1)[1]))) == (2, True)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        prepared = {"prepared": BODY | {"port": port}}
        assert get(f"{url}/pools/new/preload", prepared, prefer="wait=20")["ready"]
        assert psutil.Process(running.process.pid).children(recursive=True) == []
        assert not psutil.pid_exists(status["pid"])
        assert len(list(tmp_path.iterdir())) == 1
        assert running.end(number) == 0
        assert [re.sub(r"[\d.]+ ms$", "N ms", line) for line in running.lines[4:]] == [
            "GET /pools/gpu-0/status 200 N ms",
            "POST /pools/new/preload 200 N ms",
        ]
        assert list(tmp_path.iterdir()) == []
        assert not is_taken(port)
        assert not is_taken(int(status["url"].rsplit(":", 1)[1]))


def test_faults_and_a_file_are_told_with_their_seed(tmp_path: Path) -> None:
    file = tmp_path / "stub.yaml"
    file.write_text("pools: {gpu-0: {state: loading}}\nfaults: [{call: list, delay: 1ms, p: 0.5}]\n")
    with stub(tmp_path, "--file", str(file), "--fault", "health:malformed,times=1", "--seed", "42") as running:
        url = running.until_line("url")
        assert running.lines[1:-1] == [
            "pool   gpu-0=loading,slots=1",
            "fault  health:malformed,times=1",
            "fault  list:delay=0.001s,p=0.5",
            "seed   42",
        ]
        with pytest.raises(json.JSONDecodeError):
            get(f"{url}/health")
        assert get(f"{url}/health")["status"] == "ok"
        assert running.end(signal.SIGTERM) == 0
        assert [re.sub(r"[\d.]+ ms", "N ms", line) for line in running.lines[-2:]] == [
            "GET /health 200 N ms fault malformed",
            "GET /health 200 N ms",
        ]


def test_quiet_prints_no_requests_and_a_token_is_never_printed(tmp_path: Path) -> None:
    with stub(tmp_path, "--quiet", "--pool", "p=ready", POOL_MANAGERD_TOKEN="secret-token") as running:
        url = running.until_line("url").split()[0]
        assert get(f"{url}/pools/p/status", authorization="Bearer secret-token")["ready"]
        with pytest.raises(urllib.error.HTTPError, match="401") as refused:
            get(f"{url}/pools/p/status")
        refused.value.close()
        assert running.end(signal.SIGINT) == 0
        assert len(running.lines) == 3
        assert running.lines[-1].endswith("(needs its token)")
        assert "secret" not in "".join(running.lines)


def test_it_goes_on_when_nobody_reads_what_it_prints(tmp_path: Path) -> None:
    with stub(tmp_path, "--pool", "p=ready") as running:
        url = running.until_line("url")
        assert running.process.stdout is not None
        running.process.stdout.close()
        for _ in range(3):
            assert get(f"{url}/pools/p/status")["ready"]
        running.process.send_signal(signal.SIGTERM)
        assert running.process.wait(LONG) == 0


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["--pool", "p=bogus"], "--pool p=bogus: state: "),
        (["--pool", "p=ready,slots=1,free=2"], "free=2 is more than slots=1"),
        (["--pool", "p=ready", "--pool", "p=failed"], "pool p is told twice"),
        (["--pool", ".p=ready"], "a pool id is"),
        (["--fault", "status:wobble"], "wobble"),
        (["--fault", "status:reset,p=2"], "p: "),
        (["--fault", "nothing:reset"], "there is no call 'nothing'"),
        (["--preload-takes", "soon"], "--preload-takes: 'soon' is not a duration"),
        (["--lease-ttl", "never"], "--lease-ttl"),
        (["--file", "{tmp}/broken.yaml"], "broken.yaml:2: "),
        (["--file", "{tmp}/none.yaml"], "none.yaml: No such file"),
        (["--addr", "0.0.0.0:0"], "is not loopback: set POOL_MANAGERD_TOKEN"),
        (["--addr", "nonsense"], "is not host:port"),
        (["--addr", "127.0.0.1:{taken}"], "Address already in use"),
        (["--addr", "127.0.0.1:{taken}", "--fault", "status:reset"], "Address already in use"),
        (["--seed", "x"], "--seed"),
        (["surplus"], "surplus"),
    ],
)
def test_bad_input_is_one_line_and_exit_2(tmp_path: Path, arguments: list[str], why: str) -> None:
    (tmp_path / "broken.yaml").write_text("pools:\n  p: [}\n")
    (tmp_path / "tmp").mkdir()
    with socket.create_server(("127.0.0.1", 0)) as other:
        filled = [each.format(tmp=tmp_path, taken=other.getsockname()[1]) for each in arguments]
        ended = subprocess.run(
            [SCRIPT, "stub", "--addr", "127.0.0.1:0", *filled],
            env=environment(tmp_path / "tmp"),
            capture_output=True,
            text=True,
            timeout=LONG,
        )
    assert (ended.returncode, ended.stdout, ended.stderr.count("\n")) == (2, "", 1)
    assert ended.stderr.startswith("poolpact: ")
    assert why in ended.stderr
    assert list((tmp_path / "tmp").iterdir()) == []


def test_the_help_says_what_it_is_not() -> None:
    ended = subprocess.run([SCRIPT, "stub", "--help"], capture_output=True, text=True, timeout=LONG)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert "spawns nothing and is not conformant" in " ".join(ended.stdout.split())
