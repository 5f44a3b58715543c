"""How a subject that is judged is started: a command line, and variables of its environment, with placeholders."""

import os
import re
import shlex
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from poolpact.errors import PoolpactError

PLACEHOLDERS = ("addr", "host", "port", "url", "token", "run_dir", "engine_dir")
_PLACEHOLDER = re.compile(rf"\{{({'|'.join(PLACEHOLDERS)})\}}")
_SECRET = re.compile(r"KEY|TOKEN|SECRET|PASS|CREDENTIAL", re.IGNORECASE)
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


class InvalidLaunch(PoolpactError):
    """A command line or a variable cannot be used; the message is one line that says why."""


@dataclass(frozen=True, slots=True)
class Launch:
    """A program with its arguments, and variables beyond those that the judge sets anyway. No shell sees them.

    ``{addr} {host} {port} {url} {token} {run_dir} {engine_dir}`` in them stand for what a start makes of them; what has no value
    there is empty. Any other brace stays as it is.
    """

    command: tuple[str, ...]
    variables: tuple[tuple[str, str], ...] = ()

    @classmethod
    def parse(cls, command: str, variables: Sequence[str] = ()) -> "Launch":
        """``command`` as it would be typed, ``variables`` as ``NAME=VALUE``; raises InvalidLaunch."""
        try:
            parts = tuple(shlex.split(command))
        except ValueError as error:
            raise InvalidLaunch(f"the command {command!r}: {error}") from None
        if not parts or not parts[0]:
            raise InvalidLaunch("the command is empty")
        if any("\0" in part for part in (*parts, *variables)):
            raise InvalidLaunch("the command and its variables hold a NUL")
        return cls(parts, tuple(_variable(each) for each in variables))

    @property
    def secrets(self) -> frozenset[str]:
        """The values that no report may show: those of variables that are called a key, a token or the like."""
        return frozenset(value for name, value in self.variables if _SECRET.search(name) and not _PLACEHOLDER.search(value))

    def argv(self, values: Mapping[str, str]) -> list[str]:
        """The program and its arguments with ``values`` for the placeholders."""
        return [_fill(part, values) for part in self.command]

    def environment(self, values: Mapping[str, str]) -> dict[str, str]:
        """The variables with ``values`` for the placeholders."""
        return {name: _fill(value, values) for name, value in self.variables}


def _variable(text: str) -> tuple[str, str]:
    name, separator, value = text.partition("=")
    if not separator or not _NAME.fullmatch(name):
        raise InvalidLaunch(f"{text!r} is not like NAME=VALUE")
    return name, value


def _fill(text: str, values: Mapping[str, str]) -> str:
    return _PLACEHOLDER.sub(lambda match: values.get(match[1], ""), text)


def place_values(addr: str, *, run_dir: Path | None = None, engine_dir: Path | None = None) -> dict[str, str]:
    """What the placeholders of a subject that is to listen on ``addr``, as host:port, stand for, less what is its peer's."""
    host, _, port = addr.rpartition(":")
    values = {"addr": addr, "host": host, "port": port}
    paths = {"run_dir": run_dir, "engine_dir": engine_dir}
    return values | {name: str(path) for name, path in paths.items() if path is not None}


def inherited_environment(*own_prefixes: str) -> dict[str, str]:
    """The environment of the run, less the settings of subjects: nothing but the judge configures them.

    Programs that are installed beside poolpact are found last, whether its environment is active or not.
    """
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(own_prefixes)}
    beside = str(Path(sys.executable).parent)
    return inherited | {"PATH": os.pathsep.join([inherited.get("PATH", os.defpath), beside])}
