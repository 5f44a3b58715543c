"""The console script ``pool-managerd``: serves, or sends one preload to a daemon that serves."""

import asyncio
import gc
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer
import typer.main

from pool_managerd import __version__
from pool_managerd.domain.errors import InvalidPoolsFile, InvalidSettings, StartupRefused
from pool_managerd.durations import parse_duration
from pool_managerd.poolsfile import read_pools_file
from pool_managerd.settings import Settings, flag, read_settings, variable

_app = typer.Typer(add_completion=False, rich_markup_mode=None, context_settings={"help_option_names": ["-h", "--help"]})


def main() -> NoReturn:
    """Run; exit 0 when all went well, 1 when a preload was refused or failed, 2 with one line on stderr otherwise."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: Sequence[str]) -> int:
    """The exit code of one run."""
    try:
        return int(typer.main.get_command(_app).main(list(arguments), prog_name="pool-managerd", standalone_mode=False) or 0)
    except typer.TyperException as error:
        return _refuse(f"{error.format_message()} (see --help)")
    except StartupRefused as refusal:
        return _refuse(str(refusal))
    except (typer.Abort, KeyboardInterrupt):
        return 130


def _refuse(reason: str) -> int:
    print(f"pool-managerd: {_one_line(reason)}", file=sys.stderr)
    return 2


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _setting(name: str) -> Any:
    """The flag of a setting."""
    return typer.Option(flag(name), metavar=variable(name), help=Settings.model_fields[name].description, show_default=False)


@_app.callback(invoke_without_command=True)
def _serve(
    context: typer.Context,
    addr: Annotated[str, _setting("addr")] = "",
    token: Annotated[str, _setting("token")] = "",
    run_dir: Annotated[str, _setting("run_dir")] = "",
    engine_dirs: Annotated[str, _setting("engine_dirs")] = "",
    engine_hosts: Annotated[str, _setting("engine_hosts")] = "",
    allowed_hosts: Annotated[str, _setting("allowed_hosts")] = "",
    advertise_host: Annotated[str, _setting("advertise_host")] = "",
    startup_timeout: Annotated[str, _setting("startup_timeout")] = "",
    stop_grace: Annotated[str, _setting("stop_grace")] = "",
    lease_ttl: Annotated[str, _setting("lease_ttl")] = "",
    drain_deadline: Annotated[str, _setting("drain_deadline")] = "",
    pools: Annotated[str, _setting("pools")] = "",
    log_level: Annotated[str, _setting("log_level")] = "",
    log_format: Annotated[str, _setting("log_format")] = "",
    version: Annotated[bool, typer.Option("--version", help="print the version and exit", show_default=False)] = False,
) -> int:
    """Spawn inference engines, gate their readiness and hand out their slots, over HTTP.

    Every flag can also be given by the environment, under the name in capitals.
    """
    if version:
        print(f"pool-managerd {__version__}")
    elif context.invoked_subcommand is None:
        given = {name: text for name, text in context.params.items() if name in Settings.model_fields and text}
        _run_daemon(read_settings(os.environ, given))
    return 0


def _run_daemon(settings: Settings) -> None:
    from pool_managerd.daemon import serve
    from pool_managerd.logs import configure_logs

    configure_logs(settings.log_level, settings.log_format)
    gc.freeze()  # what is loaded by now stays: nobody need look for garbage in it, now or at the end
    asyncio.run(serve(settings))


@_app.command("preload")
def _preload(
    name: Annotated[str, typer.Argument(metavar="NAME", help="a pool of the file")],
    pools: Annotated[str, typer.Option(metavar="FILE", help="pools.toml [POOL_MANAGERD_POOLS]", show_default=False)] = "",
    url: Annotated[str, typer.Option(metavar="URL", help="the daemon [POOL_MANAGERD_URL]", show_default=False)] = "",
    wait: Annotated[str, typer.Option(metavar="DURATION", help="wait at most this long for ready; 0 does not wait")] = "300s",
) -> int:
    """Send one pool of pools.toml to a running daemon, with the token of POOL_MANAGERD_TOKEN."""
    from pool_managerd.preloading import DEFAULT_URL, send_preload

    path = Path(pools or os.environ.get(variable("pools")) or "pools.toml")
    engines = {engine.pool_id: engine for engine in read_pools_file(path)}
    if name not in engines:
        raise InvalidPoolsFile(f"{path}: no [pools.{name}]; there are {', '.join(engines)}")
    try:
        seconds = parse_duration(wait)
    except ValueError as error:
        raise InvalidSettings(f"--wait: {error}") from None
    target = url or os.environ.get("POOL_MANAGERD_URL") or DEFAULT_URL
    outcome = send_preload(engines[name], url=target, token=os.environ.get(variable("token")), wait=seconds)
    print(_one_line(outcome.line), file=sys.stdout if outcome.ok else sys.stderr)
    return 0 if outcome.ok else 1
