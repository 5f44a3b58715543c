"""The fuzz check finds a defect, and names it. Without one it finds nothing."""

import asyncio
from pathlib import Path

import httpx
import pytest

from ci.fuzz import daemon, fuzz, prepared_engine
from poolpact.contract import load_document
from poolpact.faults import FaultProxy
from poolpact.faults.faults import Fault, having, without
from poolpact.faults.proxy import over_http
from poolpact.ports import free_port

TINY = ["--include-operation-id", "get_pool_status", "--phases", "examples"]
LONG = 30.0


def preload(url: str, engines: Path) -> None:
    """The pool of the examples, ready."""
    body = load_document()["components"]["examples"]["llama_server"]["value"]
    body["prepared"] |= prepared_engine(engines, free_port())
    headers = {"prefer": "wait=20"}
    answer = httpx.post(f"{url}/pools/gpu-0/preload", json=body, headers=headers, timeout=LONG, trust_env=False)
    assert answer.status_code == 200, answer.text


async def fuzz_with(fault: Fault | None, url: str, folder: Path) -> int:
    """What the fuzz run says of the daemon at ``url``, whose statuses have ``fault``."""
    line = FaultProxy(over_http(url))
    await line.start()
    try:
        if fault is not None:
            await line.misbehave(fault, lambda request: request.target.endswith("/status"))
        return await asyncio.to_thread(fuzz, line.url, folder, None, TINY)
    finally:
        await line.close()


@pytest.mark.parametrize(
    ("fault", "found", "named"),
    [
        (None, False, "No issues found"),
        (without("slots_free"), True, '"slots_free" is a required property'),
        (having("slots_free", 2), True, "slots_free is above slots_total"),
    ],
)
def test_a_planted_defect_is_found_and_named(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], fault: Fault | None, found: bool, named: str
) -> None:
    with daemon(tmp_path, None) as url:
        preload(url, tmp_path / "engines")
        assert asyncio.run(fuzz_with(fault, url, tmp_path)) == int(found)
    assert named in capfd.readouterr().out
