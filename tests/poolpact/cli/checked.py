"""A check whose verdicts are made by hand."""

import contextlib
import os
import signal
from pathlib import Path
from typing import Any

from poolpact.judge.checking import Begin, Check
from poolpact.ledger import Entry
from tests.poolpact.report.documents import every_verdict

DAEMON = ("daemon", "--command", "true")
ORCHESTRATOR = ("orchestrator", "--command", "true")
RUNNING = ("orchestrator", "--url", "http://127.0.0.1:8080")


class Checked:
    """What would have been checked; the verdicts are those of a document made by hand."""

    def __init__(self) -> None:
        self.check: Check
        self.folder: Path
        self.document: dict[str, Any] = every_verdict()
        self.entries: list[Entry] = []
        self.fails: BaseException | None = None
        self.makes_host_dir = False
        self.is_interrupted = False

    def run(self, check: Check, folder: Path, begin: Begin) -> dict[str, Any]:
        self.check, self.folder = check, folder
        assert folder.is_dir()
        if self.makes_host_dir and check.options.host_dir is not None:
            check.options.host_dir.mkdir()
        watch = begin(len(self.entries), ["core"])
        for entry in self.entries:
            watch(entry)
        if self.fails is not None:
            raise self.fails
        if self.is_interrupted:
            with contextlib.suppress(KeyboardInterrupt):
                os.kill(os.getpid(), signal.SIGTERM)
        return self.document
