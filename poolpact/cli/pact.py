"""``poolpact pact verify``."""

import asyncio
import tempfile
import time
from pathlib import Path
from typing import Annotated

import typer

from poolpact.contract.files import PACT
from poolpact.contract.pact import PactDocument, read_pacts
from poolpact.options import Options, base_url
from poolpact.pact.findings import Finding, counts, lines, summary
from poolpact.pact.verification import Verification, claimed_profiles
from poolpact.targets.base import CannotJudge
from poolpact.targets.live import LiveTarget

app = typer.Typer(help="What consumers of a pool manager rely on.", rich_markup_mode=None, no_args_is_help=True)

_TOKEN = "token-of-this-run"  # noqa: S105 - of a daemon that lives as long as the run
_OWN_SETTINGS = {"POOL_MANAGERD_TOKEN": _TOKEN, "POOL_MANAGERD_STOP_GRACE": "10s"}


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
    documents = read_pacts(pact)
    given = base_url("--url", url or None)
    if host_dir is not None and not host_dir.is_dir():
        raise CannotJudge(f"--host-dir: {str(host_dir)!r} is not a folder")
    options = Options(
        mode="live",
        engine="process",
        url=given,
        token=token or None if given else None,
        host_dir=host_dir.resolve() if host_dir else None,
        engine_program=engine,
    )
    wanted = frozenset(each.strip() for each in profiles.split(",") if each.strip())
    began = time.monotonic()
    findings = asyncio.run(_verify(documents, options, wanted))
    print(summary(findings, time.monotonic() - began), flush=True)
    many = counts(findings)
    if many["failed"] or many["blocked"]:
        return 1
    if not many["ok"]:
        raise CannotJudge(f"nothing was verified: none of {len(findings)} interactions applies")
    return 0


async def _verify(documents: list[PactDocument], options: Options, wanted: frozenset[str]) -> list[Finding]:
    findings: list[Finding] = []
    with tempfile.TemporaryDirectory(prefix="poolpact-") as scratch:
        target = LiveTarget(options, Path(scratch))
        try:
            await target.start()
            manager = await target.pool_manager(_OWN_SETTINGS)
            declared = await claimed_profiles(manager)
            for document in documents:
                every = frozenset(interaction.profile for interaction in document.interactions)
                claimed = wanted or (declared if options.url else every)
                print(f"pact of {document.consumer} and {document.provider}: {manager.url} ({', '.join(sorted(claimed))})")
                verification = Verification(
                    document, claimed, target=target, settings=_OWN_SETTINGS, options=options, scratch=Path(scratch)
                )
                found = await verification.run(manager.url)
                print(*lines(found), sep="\n", flush=True)
                findings += found
        finally:
            await target.aclose()
    return findings
