"""The console script ``orchestratord``."""

import argparse
import asyncio
import gc
import os
import sys
from collections.abc import Mapping, Sequence
from typing import NoReturn

from orchestratord import __version__
from orchestratord.app import build
from orchestratord.errors import InvalidSettings, StartupRefused
from orchestratord.logs import configure_logs
from orchestratord.serving import bind, serve
from orchestratord.settings import VARIABLES, Settings, read_settings


def main() -> NoReturn:
    """Serve; exit 0 after SIGTERM or SIGINT, 2 with one line on stderr when it cannot start."""
    sys.exit(run(sys.argv[1:], os.environ))


def run(arguments: Sequence[str], environ: Mapping[str, str]) -> int:
    """The exit code of one run."""
    try:
        settings = read_settings(environ, _flags(arguments))
        configure_logs(settings.log_level, settings.log_format)
        gc.freeze()  # what is loaded by now stays: nobody need look for garbage in it, now or at the end
        asyncio.run(_serve(settings, environ))
    except StartupRefused as refusal:
        print(f"orchestratord: {' '.join(str(refusal).split())}", file=sys.stderr)
        return 2
    return 0


async def _serve(settings: Settings, environ: Mapping[str, str]) -> None:
    sock = bind(settings.host, settings.port)
    try:
        orchestrator = build(settings, environ=environ)
    except BaseException:
        sock.close()
        raise
    await serve(orchestrator, sock, mode=settings.mode)


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise InvalidSettings(f"{message}; see --help")


def _flags(arguments: Sequence[str]) -> dict[str, str]:
    parser = _Parser(
        prog="orchestratord",
        description="Reports pool health, gates dispatch on it and relays the engine's tokens.",
        epilog="Every flag can also be given by the environment, under the name in capitals.",
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"orchestratord {__version__}")
    for variable in VARIABLES:
        parser.add_argument(variable.flag, metavar=variable.name, dest=variable.name, help=variable.help)
    return {name: text for name, text in vars(parser.parse_args(arguments)).items() if text is not None}
