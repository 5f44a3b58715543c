"""Replays interactions against a provider with pact's own verifier, in a process of its own.

The native verifier prints on stdout, cannot be interrupted, and asks again for two minutes for a provider state that failed: here
that does no harm. ``python -m poolpact.pact.replay`` reads a job from stdin and writes what it found to a file.
"""

import asyncio
import contextlib
import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from poolpact.errors import PoolpactError

REQUEST_TIMEOUT_MS = 60_000
_STDERR_TAIL = 500


class ReplayFailed(PoolpactError):
    """The verifier itself did not come to a result."""


async def replay(pact: Mapping[str, Any], url: str, state_url: str, folder: Path, *, within: float) -> dict[str, Any]:
    """Verify ``pact`` at ``url``; the verifier's results by description. ``folder`` is empty and of this call.

    Raises ReplayFailed when there is no result after ``within`` seconds, or not one for each interaction.
    """
    (folder / "pact.json").write_text(json.dumps(pact), encoding="utf-8")
    job = {"folder": str(folder), "provider": pact["provider"]["name"], "url": url, "state_url": state_url}
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        __name__,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
        env=os.environ | {"PACT_DO_NOT_TRACK": "true"},
    )
    try:
        async with asyncio.timeout(within):
            _, stderr = await process.communicate(json.dumps(job).encode())
    except TimeoutError:
        raise ReplayFailed(f"the verification was not over within {within:g} s") from None
    finally:
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()
    results = folder / "results.json"
    if not results.exists():
        raise ReplayFailed(f"the verifier ended with {process.returncode}: {stderr.decode(errors='replace')[-_STDERR_TAIL:]}")
    found = {each["description"]: each for each in json.loads(results.read_text(encoding="utf-8"))["interactionResults"]}
    missing = [each["description"] for each in pact["interactions"] if each["description"] not in found]
    if missing:
        raise ReplayFailed(f"the verifier says nothing of {missing[0]!r}")
    return found


def _main() -> None:
    from pact import Verifier

    job = json.load(sys.stdin)
    folder, where = Path(job["folder"]), urlsplit(job["url"])
    host = where.hostname or ""
    verifier = Verifier(job["provider"], host=f"[{host}]" if ":" in host else host)
    verifier.add_transport(protocol="http", scheme="http", port=where.port, path="/").add_source(folder / "pact.json")
    verifier.state_handler(job["state_url"], teardown=False, body=True).set_request_timeout(REQUEST_TIMEOUT_MS)
    # Mismatches are results; they are raised all the same.
    with contextlib.suppress(RuntimeError):
        verifier.verify()
    unfinished = folder / "unfinished.json"
    unfinished.write_text(json.dumps(verifier.results), encoding="utf-8")
    unfinished.rename(folder / "results.json")


if __name__ == "__main__":
    _main()
