"""Scenarios that are run again, of subjects that are real."""

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

from poolpact.judge.suite import read_suite
from poolpact.requirements import load_requirements

POOLPACT = Path(sys.executable).with_name("poolpact")
LONGEST = 240.0
"""Seconds after which a run hangs."""
SCENARIO = next(each.id for each in read_suite("orchestrator", load_requirements()) if each.requirement.id == "OR-REQ-1")
REAL = ("orchestrator", "--command", "orchestratord", "--replay", SCENARIO)


def real(folder: Path, command: str, **variables: str) -> "subprocess.CompletedProcess[str]":
    """What comes of ``command`` in a shell that finds poolpact."""
    path = os.pathsep.join([str(POOLPACT.parent), os.environ["PATH"]])
    environment = os.environ | {"PATH": path} | variables
    return subprocess.run(
        ["sh", "-c", command], cwd=folder, env=environment, capture_output=True, text=True, timeout=LONGEST, check=False
    )


def test_a_replay_line_can_be_pasted(tmp_path: Path) -> None:
    """It names the scenario, and what was given; it is shown of one that passed."""
    first = real(tmp_path, f"{shlex.join(['poolpact', 'check', *REAL])} --env 'NOTE=a b'")
    assert first.returncode == 0, first.stdout + first.stderr
    line = re.search(r"this scenario again: (.*)", first.stdout)
    assert line is not None
    assert "--env 'NOTE=a b'" in line[1]
    again = real(tmp_path, f"{line[1]} --report again")
    assert again.returncode == 0, again.stdout + again.stderr
    (scenario,) = json.loads((tmp_path / "again" / "conformance.json").read_text(encoding="utf-8"))["scenarios"]
    assert scenario["id"] == SCENARIO
    assert scenario["transcript"]


LEAKY = """
import os, sys
with open(sys.argv[1], "a") as file:
    file.write(repr(dict(os.environ)) + chr(10))
os.execvp("orchestratord", ["orchestratord"])
"""


def test_the_judges_own_token_is_no_subjects(tmp_path: Path) -> None:
    """A subject gets the token of its pool manager, and nothing of the settings that the judge itself was started with."""
    (tmp_path / "leaky.py").write_text(LEAKY)
    command = f"{sys.executable} {tmp_path}/leaky.py {tmp_path}/seen"
    foreign = {"POOL_MANAGERD_TOKEN": "of-somebody-else", "ORCHESTRATORD_DEADLINE_MS": "1", "POOL_MANAGER_MODE": "embedded"}
    line = shlex.join(["poolpact", "check", "orchestrator", "--command", command, "--replay", SCENARIO])
    done = real(tmp_path, line, **foreign)
    assert done.returncode == 0, done.stdout + done.stderr
    seen = (tmp_path / "seen").read_text()
    assert "'ORCHESTRATORD_ADDR'" in seen
    assert "of-somebody-else" not in seen
    assert "'ORCHESTRATORD_DEADLINE_MS': '1'" not in seen
    assert "'POOL_MANAGER_MODE': 'embedded'" not in seen
