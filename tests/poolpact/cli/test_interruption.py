import os
import signal
from pathlib import Path

import pytest

from poolpact.cli.interruption import Interruption
from poolpact.cli.main import run
from tests.poolpact.cli.checked import DAEMON, Checked


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_interrupts_and_is_the_exit_code(number: signal.Signals, code: int) -> None:
    before = signal.getsignal(number)
    interruption = Interruption()
    assert interruption.exit_code is None
    with pytest.raises(KeyboardInterrupt), interruption:
        os.kill(os.getpid(), number)
    assert interruption.exit_code == code
    assert signal.getsignal(number) is before


def test_a_signal_that_is_ignored_stays_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    """As SIGINT is for what a shell runs in the background."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with Interruption() as interruption:
            os.kill(os.getpid(), signal.SIGINT)
        assert interruption.exit_code is None
    finally:
        signal.signal(signal.SIGINT, before)


def test_what_is_known_of_an_interrupted_check_is_told_and_its_exit_code_is_the_signal(
    checked: Checked, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    checked.is_interrupted = True
    assert run(["check", *DAEMON, "--report", str(tmp_path / "report")]) == 143
    assert (tmp_path / "report" / "conformance.json").is_file()
    assert "not conformant: " in capsys.readouterr().out
    assert not checked.folder.exists()


def test_one_that_is_interrupted_before_there_is_anything_to_tell_leaves_nothing(checked: Checked, tmp_path: Path) -> None:
    checked.fails = KeyboardInterrupt()
    assert run(["check", *DAEMON, "--report", str(tmp_path / "report")]) == 130
    assert not checked.folder.exists()
    assert list(tmp_path.iterdir()) == []
