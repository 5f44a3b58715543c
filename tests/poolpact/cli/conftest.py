import pytest

from poolpact.judge import checking
from tests.poolpact.cli.checked import Checked


@pytest.fixture
def checked(monkeypatch: pytest.MonkeyPatch) -> Checked:
    """What ``poolpact check`` would have checked."""
    made = Checked()
    monkeypatch.setattr(checking, "run_check", made.run)
    monkeypatch.delenv("POOL_MANAGERD_TOKEN", raising=False)
    return made
