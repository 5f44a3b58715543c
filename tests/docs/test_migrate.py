"""docs/migrate.md, run as it stands, on ports of its own."""

import os
import signal
import subprocess
import sys
from pathlib import Path

from poolpact.ports import free_port
from tests.docs.console import script_of, steps_of

DOCUMENT = Path(__file__).parents[2] / "docs" / "migrate.md"
MARKER = "==next-step=="
LONG = 90.0


def test_every_step_of_the_migration_prints_what_the_guide_says(tmp_path: Path) -> None:
    steps = steps_of(DOCUMENT.read_text(encoding="utf-8"))
    assert len(steps) > 15
    script = script_of(steps, MARKER)
    orchestrator, daemon = free_port(), free_port()
    for told, ours in (("8080/v1", f"{orchestrator}/v1"), ("18080", str(free_port())), ("18081", str(free_port()))):
        assert told in script
        script = script.replace(told, ours)
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("POOL_MANAGER", "ORCHESTRATORD"))}
    environment |= {
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "ORCHESTRATORD_ADDR": f"127.0.0.1:{orchestrator}",
        "POOL_MANAGERD_ADDR": f"127.0.0.1:{daemon}",
        "POOL_MANAGERD_URL": f"http://127.0.0.1:{daemon}",
    }
    with subprocess.Popen(
        ["bash", "-c", script],
        cwd=tmp_path,
        env=environment,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    ) as shell:
        try:
            output, _ = shell.communicate(timeout=LONG)
        finally:
            if shell.poll() is None:  # both daemons are of its group, and end their engines
                os.killpg(shell.pid, signal.SIGTERM)
                shell.communicate(timeout=LONG)
    printed = [part.strip().splitlines() for part in output.split(f"{MARKER}\n")[1:]]
    assert [(step.command, lines) for step, lines in zip(steps, printed, strict=True)] == [
        (step.command, step.prints) for step in steps
    ]
