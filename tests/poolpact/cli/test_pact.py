"""``poolpact pact verify`` as a program."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import psutil
import pytest

from poolpact.contract.files import PACT
from poolpact.contract.pact import read_pact
from poolpact.ports import free_port
from tests.pool_managerd.daemon_process import ENGINE, daemon
from tests.poolpact.stub.test_cli import stub

PROGRAM = Path(sys.executable).with_name("poolpact")


def verify(*arguments: str, folder: Path) -> "subprocess.CompletedProcess[str]":
    return subprocess.run([PROGRAM, "pact", "verify", *arguments], cwd=folder, capture_output=True, text=True, timeout=120)


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with daemon(tmp_path_factory.mktemp("daemon"), TOKEN="right", ENGINE_DIRS=str(ENGINE.parent)) as it:
        yield it.url


def refused(run: "subprocess.CompletedProcess[str]") -> str:
    assert run.returncode == 2, run.stdout + run.stderr
    [line] = run.stderr.splitlines()
    return line


def test_without_a_url_it_starts_the_reference_and_verifies_all_of_it(tmp_path: Path) -> None:
    run = verify(folder=tmp_path)
    assert run.returncode == 0, run.stdout + run.stderr
    assert "0 failed, 0 blocked" in run.stdout.splitlines()[-1]
    assert run.stderr == ""


def test_a_running_daemon_is_verified_for_what_it_claims(guarded: str, tmp_path: Path) -> None:
    run = verify("--url", guarded, "--token", "right", folder=tmp_path)
    assert run.returncode == 0, run.stdout + run.stderr
    assert "not applicable  deleting a pool: nothing to say (the provider does not claim the profile lifecycle)" in run.stdout
    again = verify("--url", guarded, "--token", "right", "--profiles", "lifecycle", folder=tmp_path)
    assert again.returncode == 0, again.stdout + again.stderr
    assert "ok              deleting a pool: nothing to say" in again.stdout


@pytest.mark.parametrize("token", [[], ["--token", "wrong"]])
def test_a_token_that_is_refused_is_one_line(guarded: str, tmp_path: Path, token: list[str]) -> None:
    assert "401: the token" in refused(verify("--url", guarded, *token, folder=tmp_path))


def test_a_dead_port_is_one_line(tmp_path: Path) -> None:
    assert "no daemon answers" in refused(verify("--url", f"http://127.0.0.1:{free_port()}", folder=tmp_path))


def test_a_pact_of_which_nothing_applies_is_not_green(guarded: str, tmp_path: Path) -> None:
    document = json.loads(PACT.read_text(encoding="utf-8"))
    draining = [each for each in document["interactions"] if "is draining" in each["description"]]
    path = tmp_path / "pact.json"
    path.write_text(json.dumps({**document, "interactions": draining}))
    line = refused(verify("--url", guarded, "--token", "right", "--pact", str(path), folder=tmp_path))
    assert "nothing was verified" in line


def test_an_unknown_profile_is_one_line(guarded: str, tmp_path: Path) -> None:
    assert "'lease'" in refused(verify("--url", guarded, "--token", "right", "--profiles", "core,lease", folder=tmp_path))


@pytest.mark.parametrize(("text", "expected"), [(None, "No such file"), ("{", "not JSON"), ("{}", "not a pact")])
def test_a_bad_pact_is_one_line(tmp_path: Path, text: str | None, expected: str) -> None:
    path = tmp_path / "x.json"
    if text is not None:
        path.write_text(text)
    assert expected in refused(verify("--pact", str(path), folder=tmp_path))


@pytest.mark.parametrize("arguments", [["--url", "nowhere"], ["--url", "http://a b"], ["--host-dir", "/nowhere"], ["--bogus"]])
def test_a_wrong_option_is_one_line(tmp_path: Path, arguments: list[str]) -> None:
    assert arguments[0] in refused(verify(*arguments, folder=tmp_path))


def test_an_unknown_provider_state_is_red_and_says_which_there_are(guarded: str, tmp_path: Path) -> None:
    document = json.loads(PACT.read_text(encoding="utf-8"))
    [first, *_] = [each for each in document["interactions"] if each.get("providerStates")]
    first["providerStates"] = [{"name": "it rains"}]
    path = tmp_path / "pact.json"
    path.write_text(json.dumps({**document, "interactions": [{**first, "comments": {}}]}))
    run = verify("--url", guarded, "--token", "right", "--pact", str(path), folder=tmp_path)
    assert run.returncode == 1
    assert "there is no state 'it rains'; there are 'a pool is ready'" in run.stdout


def test_a_stub_keeps_the_pact_although_it_spawns_nothing(tmp_path: Path) -> None:
    with stub(tmp_path, "--token", "right", "--quiet") as it:
        url = it.until_line("url").split()[0]
        every = ",".join(sorted({interaction.profile for interaction in read_pact(PACT).interactions}))
        run = verify("--url", url, "--token", "right", "--profiles", every, folder=tmp_path)
    assert run.returncode == 0, run.stdout + run.stderr
    assert "0 failed, 0 blocked" in run.stdout.splitlines()[-1]


class Hostile(BaseHTTPRequestHandler):
    """Is well, and answers every other question in a way that no client should have to bear."""

    protocol_version = "HTTP/1.1"
    kind = ""

    def do_GET(self) -> None:
        if self.path == "/health":
            self.tell(b'{"status": "ok", "version": "1"}')
        elif self.kind == "deep":
            self.tell(b"[" * 100_000 + b"]" * 100_000)
        else:
            self.flood()

    def tell(self, body: bytes) -> None:
        head = f"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
        self.wfile.write(head.encode() + body)

    def flood(self) -> None:
        piece = b"HTTP/1.1 100 Continue\r\n\r\n" if self.kind == "continues" else b"10000\r\n" + b"x" * 65536 + b"\r\n"
        head = b"" if self.kind == "continues" else b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"
        with contextlib.suppress(OSError):
            self.wfile.write(head)
            while True:
                self.wfile.write(piece)

    def log_message(self, format: str, *args: Any) -> None:
        pass


@pytest.mark.parametrize("kind", ["deep", "endless", "continues"])
def test_a_hostile_provider_is_given_up_without_a_traceback(tmp_path: Path, kind: str) -> None:
    handler = type("Handler", (Hostile,), {"kind": kind})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        run = verify("--url", f"http://127.0.0.1:{server.server_port}", folder=tmp_path)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
    assert "Traceback" not in run.stderr
    assert run.returncode in (1, 2), run.stdout + run.stderr
    assert run.returncode == 1 or len(run.stderr.splitlines()) == 1


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_told_to_end_it_leaves_nothing(tmp_path: Path, number: signal.Signals) -> None:
    environment = os.environ | {"TMPDIR": str(tmp_path), "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen([PROGRAM, "pact", "verify"], cwd=tmp_path, env=environment, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith(b"pact of")
        family = psutil.Process(process.pid).children(recursive=True)
        assert family
        process.send_signal(number)
        assert process.wait(60) == 130
    gone, alive = psutil.wait_procs(family, timeout=30)
    assert not alive
    assert gone
    assert list(tmp_path.iterdir()) == []
