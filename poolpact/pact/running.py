"""One run of ``poolpact pact verify``: the provider is found or started, and each pact is verified and reported."""

import asyncio
import signal
import tempfile
from collections.abc import Sequence
from pathlib import Path

from poolpact.contract.pact import PactDocument
from poolpact.options import Options
from poolpact.pact.findings import Finding, lines
from poolpact.pact.verification import Verification, claimed_profiles
from poolpact.targets.live import LiveTarget

_TOKEN = "token-of-this-run"  # noqa: S105 - of a daemon that lives as long as the run
_OWN_SETTINGS = {"POOL_MANAGERD_TOKEN": _TOKEN, "POOL_MANAGERD_STOP_GRACE": "10s"}


def _end_when_told() -> None:
    """Let SIGTERM and SIGHUP cancel this task, so that all that it began is ended first."""
    task = asyncio.current_task()
    if task is not None:
        for number in (signal.SIGTERM, signal.SIGHUP):
            asyncio.get_running_loop().add_signal_handler(number, task.cancel)


async def verify_provider(documents: Sequence[PactDocument], options: Options, wanted: frozenset[str]) -> list[Finding]:
    """Verify what is ``wanted`` (profiles; empty: what the provider claims, all of the reference) and print a line for each.

    Without a url in ``options`` the reference is the provider. Raises CannotJudge, NotStarted, ReplayFailed.
    """
    _end_when_told()
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
                for pid in verification.remains:
                    print(f"left running: process {pid}, an engine of this run that was told to end", flush=True)
                findings += found
        finally:
            await target.aclose()
    return findings
