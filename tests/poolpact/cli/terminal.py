"""A command on a terminal of its own."""

import fcntl
import os
import pty
import struct
import subprocess
import termios
from collections.abc import Mapping, Sequence
from pathlib import Path

LONGEST = 60.0
"""Seconds after which a command hangs."""
_COLOURLESS = ("NO_COLOR", "COLUMNS", "CI")


def on_terminal(
    command: Sequence[str | Path], folder: Path, *, width: int = 100, variables: Mapping[str, str] | None = None
) -> tuple[int, str]:
    """The exit code of ``command``, run in ``folder``, and what a terminal ``width`` wide gets of its stdout and stderr."""
    reader, terminal = pty.openpty()
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 24, width, 0, 0))
    environment = {name: value for name, value in os.environ.items() if name not in _COLOURLESS} | {"TERM": "xterm"}
    environment |= variables or {}
    running = subprocess.Popen(command, stdin=terminal, stdout=terminal, stderr=terminal, env=environment, cwd=folder)
    os.close(terminal)
    output = b""
    try:
        while chunk := os.read(reader, 65536):
            output += chunk
    except OSError:  # how a pseudo-terminal ends
        pass
    os.close(reader)
    return running.wait(LONGEST), output.decode()
