"""``poolpact pact verify``."""

import asyncio
import time
from pathlib import Path
from typing import Annotated

import typer

from poolpact.contract.files import PACT
from poolpact.contract.pact import read_pacts
from poolpact.errors import PoolpactError
from poolpact.pact.findings import counts, summary

app = typer.Typer(help="What consumers of a pool manager rely on.", rich_markup_mode=None, no_args_is_help=True)


@app.command("verify")
def verify(
    url: Annotated[str, typer.Option(metavar="URL", help="a daemon that runs; without it the reference is started")] = "",
    token: Annotated[str, typer.Option(metavar="TOKEN", envvar="POOL_MANAGERD_TOKEN", help="its bearer token")] = "",
    pact: Annotated[Path, typer.Option(metavar="FILE|DIR", help="the pact, or a folder of them")] = PACT,
    profiles: Annotated[str, typer.Option(metavar="A,B", help="what it claims; by default what its /health declares")] = "",
    engine: Annotated[Path | None, typer.Option(metavar="PATH", help="poolpact-engine as the daemon sees it")] = None,
    host_dir: Annotated[Path | None, typer.Option(metavar="DIR", help="a folder that the daemon's engines can write to")] = None,
) -> int:
    """Verify that a pool manager, in any language, answers as its consumers rely on.

    Exit code 0: every interaction that applies was verified. 1: one does not match. 2: nothing was verified.
    """
    from poolpact.options import Options, base_url
    from poolpact.pact.running import verify_provider

    documents = read_pacts(pact)
    given = base_url("--url", url or None)
    if host_dir is not None and not host_dir.is_dir():
        raise PoolpactError(f"--host-dir: {str(host_dir)!r} is not a folder")
    options = Options(
        mode="live",
        engine="process",
        url=given,
        token=token or None if given else None,
        host_dir=host_dir.resolve() if host_dir else None,
        engine_program=engine,
        wants_evidence=False,
    )
    wanted = frozenset(each.strip() for each in profiles.split(",") if each.strip())
    known = {interaction.profile for document in documents for interaction in document.interactions}
    for unknown in sorted(wanted - known):
        raise PoolpactError(f"--profiles: no interaction is of the profile {unknown!r}; there are {', '.join(sorted(known))}")
    began = time.monotonic()
    findings = asyncio.run(verify_provider(documents, options, wanted))
    print(summary(findings, time.monotonic() - began), flush=True)
    many = counts(findings)
    if many["failed"] or many["blocked"]:
        return 1
    if not many["ok"]:
        raise PoolpactError(f"nothing was verified: none of {len(findings)} interactions applies")
    return 0
