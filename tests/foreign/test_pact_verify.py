"""A pool manager that shares no code with the reference, and does no more than it must, is verified fairly."""

import ast
import json
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import pytest

from poolpact.contract.files import PACT
from poolpact.contract.pact import read_pact
from poolpact.ports import free_port

DAEMON = Path(__file__).with_name("core_only.py")
PROGRAM, ENGINE = (Path(sys.executable).with_name(name) for name in ("poolpact", "poolpact-engine"))
LONG = 60.0
INTERACTIONS = read_pact(PACT).interactions
CORE = {each.group for each in INTERACTIONS if each.profile == "core"}
OF_A_RUNNING_POOL = {"a preload of another engine than the one that runs", "a preload of the engine that runs already"}
OF_A_STATUS = {
    "the status of a pool that has failed",
    "the status of a pool that is loading",
    "the status of a ready pool",
}


@dataclass
class Daemon:
    process: "subprocess.Popen[str]"
    url: str

    def engines(self) -> list[int]:
        return [each.pid for each in psutil.Process(self.process.pid).children() if each.status() != psutil.STATUS_ZOMBIE]


@contextmanager
def core_only(*arguments: str, addr: str = "127.0.0.1:0") -> Iterator[Daemon]:
    command = [sys.executable, str(DAEMON), "--addr", addr, *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield Daemon(process, process.stdout.readline().strip())
        finally:
            process.send_signal(signal.SIGTERM)
            _, stderr = process.communicate(timeout=LONG)
        assert (process.returncode, stderr) == (0, "")


@dataclass
class Report:
    """What ``poolpact pact verify`` printed: outcome and reasons by description."""

    code: int
    outcomes: dict[str, str] = field(default_factory=dict)
    reasons: dict[str, list[str]] = field(default_factory=dict)

    @property
    def red(self) -> dict[str, list[str]]:
        """The reasons of the groups of which something failed or is blocked."""
        found: dict[str, list[str]] = {}
        for each in INTERACTIONS:
            if self.outcomes[each.description] in ("failed", "blocked"):
                found.setdefault(each.group, []).extend(self.reasons[each.description])
        return found


def verify(url: str, folder: Path) -> Report:
    """Verify from ``folder``, in which there is nothing."""
    run = subprocess.run(
        [PROGRAM, "pact", "verify", "--url", url], cwd=folder, capture_output=True, text=True, timeout=LONG, check=False
    )
    assert run.stderr == ""
    report, about = Report(run.returncode), ""
    for line in run.stdout.splitlines()[1:-1]:
        if line.startswith(" "):
            report.reasons[about].append(line.strip())
        else:
            outcome, about = line[:14].strip(), line[16:].split(" (")[0]
            report.outcomes[about], report.reasons[about] = outcome, []
    assert set(report.outcomes) == {each.description for each in INTERACTIONS}, run.stdout
    assert list(folder.iterdir()) == []
    return report


def call(url: str, body: Mapping[str, object] | None = None) -> dict[str, object]:
    data = None if body is None else json.dumps(body).encode()
    with urllib.request.urlopen(urllib.request.Request(url, data, {"content-type": "application/json"}), timeout=LONG) as answer:
        told: dict[str, object] = json.loads(answer.read())
        return told


def test_it_shares_no_code_with_anything() -> None:
    tree = ast.parse(DAEMON.read_text(encoding="utf-8"))
    imports = [each for each in ast.walk(tree) if isinstance(each, ast.Import | ast.ImportFrom)]
    names = {each.module or "" if isinstance(each, ast.ImportFrom) else each.names[0].name for each in imports}
    assert {name.split(".")[0] for name in names} <= sys.stdlib_module_names


def test_its_engines_end_with_it(tmp_path: Path) -> None:
    port = free_port()
    flags = ["--host", "127.0.0.1", "--port", str(port), "--sim-life", "60", "--sim-ignore-term"]
    members = {"binary_path": str(ENGINE), "flags": flags, "host": "127.0.0.1", "port": port, "model_path": "m", "pool_id": "p"}
    with core_only() as daemon:
        prepared = {**members, "engine_version": "1", "replica_id": "r", "device_mask": None}
        told = call(f"{daemon.url}/pools/p/preload", {"prepared": prepared})
        assert daemon.engines() == [told["pid"]]
        assert call(f"{daemon.url}/pools/p/status")["ready"] is True
    assert not psutil.pid_exists(int(str(told["pid"])))


def test_it_is_accused_of_nothing_and_nothing_of_the_run_is_left(tmp_path: Path) -> None:
    with core_only() as daemon:
        for _ in range(2):
            report = verify(daemon.url, tmp_path)
            assert daemon.engines() == []
            assert report.red == {}
            assert report.code == 0
            verified = [each.group for each in INTERACTIONS if report.outcomes[each.description] == "ok"]
            assert sorted(verified) == sorted(CORE)
            rest = {each.description for each in INTERACTIONS if each.profile != "core"}
            assert {report.outcomes[each] for each in rest} == {"not applicable"}


def has_ipv6() -> bool:
    try:
        with socket.create_server(("::1", 0), family=socket.AF_INET6):
            return True
    except OSError:
        return False


@pytest.mark.skipif(not has_ipv6(), reason="this machine has no IPv6")
def test_it_may_be_reached_by_another_address(tmp_path: Path) -> None:
    with core_only(addr="[::1]:0") as daemon:
        report = verify(daemon.url, tmp_path)
    assert (report.code, report.red) == (0, {})


def test_a_call_that_it_does_not_claim_may_go_as_wrong_as_it_likes(tmp_path: Path) -> None:
    with core_only("--habit", "hangs-up-on-delete") as daemon:
        with pytest.raises(OSError):
            urllib.request.urlopen(urllib.request.Request(f"{daemon.url}/pools/p", method="DELETE"), timeout=LONG)
        report = verify(daemon.url, tmp_path)
        assert daemon.engines() == []
    assert (report.code, report.red) == (0, {})


def test_it_may_forget_a_pool_whose_engine_failed_when_it_told_the_caller(tmp_path: Path) -> None:
    with core_only("--habit", "forgets-failures") as daemon:
        report = verify(daemon.url, tmp_path)
    assert (report.code, report.red) == (0, {})


@pytest.mark.parametrize(
    ("defect", "groups", "expected"),
    [
        ("no-slots-free", OF_A_STATUS, "missing the following keys: slots_free"),
        ("slots-as-texts", OF_A_STATUS, "$.slots_total: Expected '2' (String) to be an integer"),
        ("other-id", OF_A_STATUS, "$.pool_id: Expected 'gpu-7'"),
        ("forgets-pools", (OF_A_STATUS | OF_A_RUNNING_POOL) - {"the status of a pool that has failed"}, "is unknown"),
        ("posts-status", OF_A_STATUS | OF_A_RUNNING_POOL | {"the status of a pool that nobody knows"}, "405"),
        ("ready-too-early", {"the status of a pool that is loading"}, "$.ready: Expected true"),
        ("hides-why", {"the status of a pool that has failed"}, "missing the following keys: last_error"),
        ("needs-no-port", {"a preload without a port"}, "status: expected 422, got 200"),
        ("refuses-itself", {"a preload of the engine that runs already"}, "status: expected 200, got 409"),
        ("takes-another", {"a preload of another engine than the one that runs"}, "status: expected 409, got 200"),
    ],
    ids=lambda value: value if isinstance(value, str) and " " not in value else "",
)
def test_one_defect_is_found_where_it_is_and_the_line_of_the_contract_is_named(
    tmp_path: Path, defect: str, groups: set[str], expected: str
) -> None:
    with core_only("--defect", defect) as daemon:
        report = verify(daemon.url, tmp_path)
        assert daemon.engines() == []
    assert report.code == 1
    assert set(report.red) == groups
    assert any(expected in reason for reasons in report.red.values() for reason in reasons)
    for each in INTERACTIONS:
        if each.group in groups:
            path, line = report.reasons[each.description][0].rsplit(":", 1)
            assert each.description in Path(path).read_text(encoding="utf-8").splitlines()[int(line) - 1]
