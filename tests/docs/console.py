"""The ``console`` blocks of a document, as one session of a shell."""

import re
from dataclasses import dataclass, field

_BLOCK = re.compile(r"^```console\n(.*?)^```", re.MULTILINE | re.DOTALL)


@dataclass
class Step:
    """A command (``$``, continued by ``>``) and the lines that it prints."""

    command: str
    prints: list[str] = field(default_factory=list)


def steps_of(text: str) -> list[Step]:
    """Every step of a document, in order."""
    steps: list[Step] = []
    for block in _BLOCK.findall(text):
        for line in block.splitlines():
            if line.startswith("$ "):
                steps.append(Step(line[2:]))
            elif line.startswith("> ") and not steps[-1].prints:
                steps[-1].command += "\n" + line[2:]
            else:
                steps[-1].prints.append(line)
    return steps


def script_of(steps: list[Step], marker: str) -> str:
    """A script that runs them and prints ``marker`` before each."""
    return "".join(f"echo {marker}\n{step.command}\n" for step in steps)
