"""What cgroup v2 counts of OOM kills, and every way in which it may not tell."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from pool_managerd.engines.oom import OomKills

EVENTS = "low 0\nhigh 12\nmax 7\noom 1\noom_kill {}\noom_group_kill 0\n"
HYBRID = "9:name=systemd:/\n4:memory:/some/v1/group\n0::/engines/one\n"


class Machine:
    """A /proc and a cgroup file system in a folder."""

    def __init__(self, folder: Path) -> None:
        self.proc = folder / "proc"
        self.cgroups = folder / "cgroup"
        self.group = self.cgroups / "engines" / "one"

    def tell(self, content: str) -> None:
        self.group.mkdir(parents=True, exist_ok=True)
        (self.group / "memory.events").write_text(content)

    def start(self, cgroup: str) -> OomKills:
        (self.proc / "7").mkdir(parents=True)
        (self.proc / "7" / "cgroup").write_text(cgroup)
        return OomKills(7, proc=self.proc, cgroups=self.cgroups)


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


@pytest.mark.parametrize("cgroup", ["0::/engines/one\n", HYBRID])
def test_only_the_kills_since_then_count(machine: Machine, cgroup: str) -> None:
    machine.tell(EVENTS.format(3))
    kills = machine.start(cgroup)
    assert kills.count() == 0
    machine.tell(EVENTS.format(5))
    assert kills.count() == 2


def test_in_a_container_the_group_may_be_the_root_of_what_is_seen(machine: Machine) -> None:
    machine.cgroups.mkdir()
    (machine.cgroups / "memory.events").write_text(EVENTS.format(0))
    kills = machine.start("0::/\n")
    assert kills.count() == 0
    (machine.cgroups / "memory.events").write_text(EVENTS.format(1))
    assert kills.count() == 1


@pytest.mark.parametrize(
    "cgroup",
    [
        "",
        "4:memory:/engines/one\n",
        "0::/elsewhere\n",
        "0::/../cgroup/engines/one\n",
        "0::engines/one\n",
        "nonsense\n",
    ],
)
def test_another_kind_of_group_or_none_is_unknown(machine: Machine, cgroup: str) -> None:
    machine.tell(EVENTS.format(3))
    assert machine.start(cgroup).count() is None


@pytest.mark.parametrize(
    "content", ["", "oom 3\n", "oom_kill\n", "oom_kill many\n", "oom_kill -1\n", "x" * 100_000 + "\noom_kill 3\n"]
)
def test_what_cannot_be_read_as_a_count_is_unknown(machine: Machine, content: str) -> None:
    machine.tell(content)
    assert machine.start("0::/engines/one\n").count() is None


def test_a_group_that_is_gone_or_was_made_anew_is_unknown(machine: Machine) -> None:
    machine.tell(EVENTS.format(3))
    kills = machine.start("0::/engines/one\n")
    machine.tell(EVENTS.format(0))
    assert kills.count() is None
    (machine.group / "memory.events").unlink()
    assert kills.count() is None


def test_a_process_that_is_gone_is_unknown(machine: Machine) -> None:
    assert OomKills(7, proc=machine.proc, cgroups=machine.cgroups).count() is None


def test_of_this_machine_it_tells_the_truth_or_nothing() -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        kills = OomKills(process.pid)
        told = kills.count()
        own = [line for line in Path(f"/proc/{process.pid}/cgroup").read_text().splitlines() if line.startswith("0::/")]
        process.kill()
    events = Path("/sys/fs/cgroup", own[0].removeprefix("0::/"), "memory.events") if own else Path(os.devnull)
    assert told == (0 if "oom_kill " in (events.read_text() if events.exists() else "") else None)
