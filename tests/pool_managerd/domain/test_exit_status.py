"""How the end of a process is told (PM-READY-3, PM-SUP-9)."""

import pytest

from pool_managerd.domain.exit_status import ExitStatus


@pytest.mark.parametrize(
    ("returncode", "text"),
    [
        (0, "exit code 0"),
        (1, "exit code 1"),
        (137, "exit code 137"),
        (-9, "signal SIGKILL"),
        (-11, "signal SIGSEGV"),
        (-40, "signal 40"),
        (None, "exit status unknown"),
    ],
)
def test_codes_are_told_as_they_are_and_signals_by_name(returncode: int | None, text: str) -> None:
    assert str(ExitStatus(returncode)) == text


@pytest.mark.parametrize(("returncode", "ok"), [(0, True), (1, False), (-15, False), (None, False)])
def test_only_exit_code_0_is_fine(returncode: int | None, ok: bool) -> None:
    assert ExitStatus(returncode).ok is ok
