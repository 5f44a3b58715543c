import json
import re
import sys
from pathlib import Path
from typing import Any

import pytest

from poolpact.cli.main import run
from poolpact.ledger import Entry
from tests.poolpact.cli.checked import DAEMON, Checked
from tests.poolpact.cli.terminal import on_terminal
from tests.poolpact.report.documents import every_verdict


def test_a_log_gets_plain_lines(checked: Checked, capsys: pytest.CaptureFixture[str]) -> None:
    came = ["passed", "failed", "blocked", "harness error", "not exercised", *["passed"] * 5]
    checked.entries = [Entry("PM-READY-1", "x", outcome, scenario_id=f"id-{n}") for n, outcome in enumerate(came)]  # type: ignore[arg-type]
    run(["check", *DAEMON])
    *lines, _ = re.sub(r"\d+ s$", "0 s", capsys.readouterr().err, flags=re.MULTILINE).split("\n")
    assert lines == [
        "judging: 10 scenarios of core",
        "  failed: id-1",
        "  2 of 10, 1 did not pass, 0 s",
        "  not exercised: id-2",
        "  harness error: id-3",
        "  4 of 10, 3 did not pass, 0 s",
        "  6 of 10, 3 did not pass, 0 s",
        "  8 of 10, 3 did not pass, 0 s",
        "  10 of 10, 3 did not pass, 0 s",
    ]


SHOWING = """
import json, sys
from pathlib import Path
from poolpact.cli.main import main
from poolpact.judge import checking
from poolpact.ledger import Entry

def run_check(check, folder, begin):
    watch = begin(2, ["core"])
    for outcome in ("passed", "failed"):
        watch(Entry("PM-READY-1", "x", outcome, scenario_id="[red]id[/red]"))
    return json.loads(Path("document.json").read_text())

checking.run_check = run_check
sys.argv[1:] = ["check", "daemon", "--command", "true"]
main()
"""
"""Shows a document made by hand on the terminal that it has."""


def shown_of(folder: Path, document: dict[str, Any], **variables: str) -> str:
    """What a terminal gets, stdout and stderr together."""
    (folder / "document.json").write_text(json.dumps(document))
    code, output = on_terminal([sys.executable, "-c", SHOWING], folder, variables=variables)
    assert code == document["exit_code"], output
    return output


def test_a_terminal_gets_a_live_line_and_colours(tmp_path: Path) -> None:
    shown = shown_of(tmp_path, every_verdict())
    assert "\x1b[2K" in shown, "no line is drawn anew"
    assert "judging" in shown
    assert "2/2" in shown
    assert "1 did not pass" in shown
    assert "  failed: " not in shown
    assert "\x1b[1;31mnot conformant: " in shown


def test_no_color_is_no_colour(tmp_path: Path) -> None:
    shown = shown_of(tmp_path, every_verdict(), NO_COLOR="1")
    assert "2/2" in shown
    assert "not conformant: " in shown
    colours = re.findall(r"\x1b\[[0-9;]*m", shown)
    assert [each for each in colours if re.search(r"\b(3|4|9)\d", each)] == []
