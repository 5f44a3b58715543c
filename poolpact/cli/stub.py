"""``poolpact stub``."""

import asyncio
import os
import random
from pathlib import Path
from typing import Annotated

import typer


def stub(
    pool: Annotated[
        list[str] | None,
        typer.Option(
            metavar="ID=STATE[,...]",
            help="a pool: ready, loading, failed or stopped; slots=4,free=2, ready-after=3s, error=TEXT; repeatable",
        ),
    ] = None,
    fault: Annotated[
        list[str] | None,
        typer.Option(
            metavar="CALL:HOW[,...]",
            help="what goes wrong with a call: delay=3s, status=503, reset, stall, drip, truncate, malformed; "
            "p=0.1, times=2; repeatable",
        ),
    ] = None,
    file: Annotated[Path | None, typer.Option(metavar="FILE", help="pools and faults in YAML", show_default=False)] = None,
    addr: Annotated[str, typer.Option(metavar="HOST:PORT", help="where to listen; port 0 takes a free one")] = "127.0.0.1:9200",
    token: Annotated[
        str, typer.Option(metavar="TOKEN", help="ask for this bearer token [POOL_MANAGERD_TOKEN]", show_default=False)
    ] = "",
    lease_ttl: Annotated[str, typer.Option(metavar="DURATION", help="after this a lease that was not renewed ends")] = "30s",
    preload_takes: Annotated[str, typer.Option(metavar="DURATION", help="from a preload until its pool is ready")] = "100ms",
    pace: Annotated[str, typer.Option(metavar="DURATION", help="between two tokens of a completion")] = "20ms",
    seed: Annotated[
        int | None, typer.Option(metavar="N", help="replays the faults that have a p (random)", show_default=False)
    ] = None,
    quiet: Annotated[bool, typer.Option("--quiet", help="print no line for each request", show_default=False)] = False,
    strict: Annotated[
        bool, typer.Option("--strict", help="exit 1 in the end when a request was not in the contract", show_default=False)
    ] = False,
) -> int:
    """Play a pool manager that behaves as told: pools, leases, preloads and faults, for the development of an orchestrator.

    It spawns nothing and is not conformant: a preload becomes ready whatever its program is, and the tokens are made up.
    """
    from poolpact.stub.playing import play, stub_settings
    from poolpact.stub.script import read_script, read_seconds

    settings = stub_settings(os.environ, addr=addr, token=token, lease_ttl=lease_ttl)
    script = read_script(
        pool or (),
        fault or (),
        file,
        seed=random.randrange(2**32) if seed is None else seed,  # noqa: S311 - not a secret
        preload_takes=read_seconds("--preload-takes", preload_takes),
        token_interval=read_seconds("--pace", pace),
    )
    return 0 if asyncio.run(play(script, settings, quiet=quiet, strict=strict)) else 1
