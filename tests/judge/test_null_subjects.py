"""What is no daemon and no orchestrator passes nothing, and a check of it says so in a line or in a report."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from poolpact.ports import free_port
from tests.judge.checks import Check, Checked, check, command, running

SIDES = ("daemon", "orchestrator")
FLOODS = ("flood", "endless-head", "endless-1xx", "endless-body", "endless-chunks", "noise", "one-gigabyte")
HALVES = ("silent", "echo", "drip", "half", "half-head", "closes", "resets", "two-lengths", "illegal-header", "tls")
NOBODY = (*FLOODS, *HALVES)
"""Not one of them ever gives a whole answer."""
PROGRAMS = ("true", "false", "/nonexistent/daemon", "/", "sleep 1000")
REFUSING = "PM-STATUS-2,PM-STATUS-7,PM-PRELOAD-3,PM-PRELOAD-9"
"""Requirements by which somebody has to be refused, which a server that never does anything might seem to meet."""


@pytest.fixture(scope="module")
def refusals(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Checked]]:
    """What a check of each subject that nobody could judge says; they run side by side, for they mostly wait."""
    folder = tmp_path_factory.mktemp("nobody")
    with running(*NOBODY) as served:
        urls = dict(zip(("dead", *NOBODY), [f"http://127.0.0.1:{free_port()}", *served], strict=True))
        begun = {kind: Check(folder / kind, "daemon", "--url", url) for kind, url in urls.items()}
        for side in SIDES:
            for number, program in enumerate(PROGRAMS):
                begun[f"{side} {program}"] = Check(folder / f"{side}-{number}", side, "--command", program)
        yield {kind: each.end() for kind, each in begun.items()}


@pytest.mark.parametrize("kind", ["dead", *NOBODY])
def test_a_daemon_that_never_answers_cannot_be_judged(refusals: dict[str, Checked], kind: str) -> None:
    refusals[kind].assert_refused()
    assert "no daemon answers at http://127.0.0.1:" in refusals[kind].err


@pytest.mark.parametrize("program", PROGRAMS)
@pytest.mark.parametrize("side", SIDES)
def test_a_program_that_serves_nothing_cannot_be_judged(refusals: dict[str, Checked], side: str, program: str) -> None:
    refusals[f"{side} {program}"].assert_refused()


def test_an_orchestrator_that_is_not_there_cannot_be_judged(tmp_path: Path) -> None:
    url, judge = f"http://127.0.0.1:{free_port()}", f"127.0.0.1:{free_port()}"
    checked = check(tmp_path / "check", "orchestrator", "--url", url, "--judge-addr", judge)
    checked.assert_refused()
    assert f"no orchestrator listens at {url}" in checked.err


@pytest.mark.parametrize("kind", ["404", "health-only", "digits", "twice"])
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


@pytest.mark.parametrize("kind", ["200", "always-ready", "ready-of-wrong-types"])
def test_a_server_that_is_no_orchestrator_passes_nothing(tmp_path: Path, kind: str) -> None:
    checked = check(
        tmp_path / "check", "orchestrator", "--command", command(kind), "--only", "OR-DEG-3,OR-RETRY-2,OR-RETRY-3,OR-GATE-2"
    )
    checked.assert_judged()
