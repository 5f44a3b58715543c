"""What is no daemon and no orchestrator passes nothing, and a check of it says so in a line or in a report."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from poolpact.ports import free_port
from tests.judge.checks import Check, check, command, running
from tests.poolpact.stub.test_cli import stub

SIDES = ("daemon", "orchestrator")
FLOODS = ("flood", "endless-head", "endless-1xx", "endless-body", "endless-chunks", "noise", "one-gigabyte")
HALVES = ("silent", "echo", "drip", "half", "half-head", "closes", "resets", "two-lengths", "illegal-header", "tls")
"""Not one of these ever gives a whole answer."""
PROGRAMS = ("true", "false", "/nonexistent/daemon", "/", "sleep 1000")
REFUSING = "PM-STATUS-2,PM-STATUS-7,PM-PRELOAD-3,PM-PRELOAD-9"
"""Requirements by which somebody has to be refused, which a server that never does anything might seem to meet."""


def refused(begun: Mapping[str, Check]) -> Mapping[str, str]:
    """What checks of subjects that nobody could judge said; they ran side by side, for they mostly wait."""
    ended = {kind: each.end() for kind, each in begun.items()}
    for kind, checked in ended.items():
        assert checked.is_refused, f"{kind}: {checked}"
    return {kind: checked.err for kind, checked in ended.items()}


@pytest.mark.parametrize("kinds", [FLOODS, HALVES])
def test_daemons_that_never_answer_cannot_be_judged(tmp_path: Path, kinds: Sequence[str]) -> None:
    with running(*kinds) as served:
        urls = dict(zip(("dead", *kinds), [f"http://127.0.0.1:{free_port()}", *served], strict=True))
        said = refused({kind: Check(tmp_path / kind, "daemon", "--url", url) for kind, url in urls.items()})
    assert [kind for kind, url in urls.items() if f"no daemon answers at {url}: " not in said[kind]] == []


@pytest.mark.parametrize("side", SIDES)
def test_programs_that_serve_nothing_cannot_be_judged(tmp_path: Path, side: str) -> None:
    refused({program: Check(tmp_path / str(number), side, "--command", program) for number, program in enumerate(PROGRAMS)})


def test_an_orchestrator_that_is_not_there_cannot_be_judged(tmp_path: Path) -> None:
    url, judge = f"http://127.0.0.1:{free_port()}", f"127.0.0.1:{free_port()}"
    checked = check(tmp_path / "check", "orchestrator", "--url", url, "--judge-addr", judge)
    assert checked.is_refused
    assert f"no orchestrator listens at {url}" in checked.err


@pytest.mark.parametrize("kind", ["404", "health-only", "digits"])
def test_a_server_that_is_no_daemon_passes_nothing(tmp_path: Path, kind: str) -> None:
    with running(kind) as (url,):
        checked = check(tmp_path / "check", "daemon", "--url", url, "--only", REFUSING)
    checked.assert_judged()


def test_what_is_true_of_a_server_that_only_tells_its_health_is_said(tmp_path: Path) -> None:
    """It has no routes to be refused on, and no pools: nothing that is asked of those is met."""
    with running("health-only") as (url,):
        checked = check(tmp_path / "check", "daemon", "--url", url, "--only", "PM-HEALTH-1")
    checked.assert_judged()
    assert checked.document is not None
    idle = [each for each in checked.document["scenarios"] if each["id"] == "PM-HEALTH-1:an-idle-daemon"]
    assert [each["verdict"] for each in idle] == ["passed"]


def test_the_stub_which_spawns_nothing_passes_nothing_that_takes_an_engine(tmp_path: Path) -> None:
    with stub(tmp_path, "--quiet") as played:
        checked = check(tmp_path / "check", "daemon", "--url", played.until_line("url"), "--only", "PM-READY-6")
    checked.assert_judged()


@pytest.mark.parametrize("kind", ["200", "always-ready", "ready-of-wrong-types"])
def test_a_server_that_is_no_orchestrator_passes_nothing(tmp_path: Path, kind: str) -> None:
    checked = check(tmp_path / "check", "orchestrator", "--command", command(kind), "--only", "OR-DEG-3,OR-RETRY-3,OR-GATE-2")
    checked.assert_judged()
