"""Gathers the commands, and turns what went wrong into one line on stderr and an exit code."""

import asyncio
import gc
import io
import os
import sys
from collections.abc import Sequence
from typing import Annotated, NoReturn

import typer
import typer.main

from poolpact import __version__
from poolpact.cli.check import app as check
from poolpact.cli.compare import compare
from poolpact.cli.diff import diff
from poolpact.cli.interruption import INTERRUPTED
from poolpact.cli.list import list_
from poolpact.cli.pact import app as pact
from poolpact.cli.stub import stub
from poolpact.errors import PoolpactError

CANNOT = 2
"""The exit code of a run that could not do what it was asked for."""

app = typer.Typer(add_completion=False, rich_markup_mode=None, context_settings={"help_option_names": ["-h", "--help"]})


def main() -> NoReturn:
    """Run; exit 0 when all is well, 1 when what was looked at is not, 2 with one line on stderr otherwise."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    code = run(sys.argv[1:])
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = code or CANNOT
    gc.freeze()  # what is left goes with the process: to look for garbage in it is a tenth of a second
    sys.exit(code)


def run(arguments: Sequence[str]) -> int:
    """The exit code of one run."""
    try:
        return int(typer.main.get_command(app).main(list(arguments), prog_name="poolpact", standalone_mode=False) or 0)
    except typer.TyperException as error:
        return _refuse(f"{error.format_message()} (see --help)")
    except PoolpactError as error:
        return _refuse(str(error))
    except OSError as error:
        return _refuse(f"{error.filename or 'the output'}: {error.strerror or error}")
    except (typer.Abort, KeyboardInterrupt, asyncio.CancelledError):
        return INTERRUPTED


def _refuse(reason: str) -> int:
    print(f"poolpact: {' '.join(reason.split())}", file=sys.stderr)
    return CANNOT


@app.callback(invoke_without_command=True)
def _poolpact(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="print the version and exit", show_default=False)] = False,
) -> int:
    """Judge, verify and imitate pool managers and orchestrators."""
    if version:
        print(f"poolpact {__version__}")
    elif context.invoked_subcommand is None:
        print(context.get_help())
    return 0


app.command("compare")(compare)
app.command("diff")(diff)
app.command("list")(list_)
app.command("stub")(stub)
app.add_typer(pact, name="pact")
app.add_typer(check, name="check")
