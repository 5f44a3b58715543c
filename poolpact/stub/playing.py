"""A stub as a program of its own: from its start to the signal that ends it."""

import asyncio
import signal
from collections.abc import Mapping

from pool_managerd.domain.errors import StartupRefused
from pool_managerd.logs import configure_logs
from pool_managerd.settings import Settings, read_settings, variable
from poolpact.contract import Contract
from poolpact.stub.errors import StubRefused
from poolpact.stub.script import Script
from poolpact.stub.strictness import Strictness
from poolpact.stub.stub import Stub
from poolpact.stub.voice import Voice


def stub_settings(environ: Mapping[str, str], *, addr: str, token: str, lease_ttl: str) -> Settings:
    """What the reference would make of these; of ``environ`` only the token counts, and only without ``token``.

    Raises StubRefused, also for an address beyond loopback without a token.
    """
    name = variable("token")
    flags = {"addr": addr, "lease_ttl": lease_ttl} | ({"token": token} if token else {})
    try:
        return read_settings({name: environ.get(name, "")}, flags)
    except StartupRefused as refusal:
        raise StubRefused(str(refusal)) from None


async def play(script: Script, settings: Settings, *, quiet: bool = False, strict: bool = False) -> bool:
    """Play ``script`` until SIGINT or SIGTERM, and print what happens; raises StubRefused, and InvalidContract when ``strict``.

    False when it is ``strict`` and was asked what the contract does not describe. When ``quiet`` only such requests are printed.
    """
    configure_logs("error", "console")
    over = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, over.set)
    voice = Voice(quiet=quiet)
    strictness = Strictness(Contract.load()) if strict else None
    async with Stub(script, settings, voice.tell, strictness) as stub:
        voice.introduce(script, stub.url, with_token=settings.token is not None)
        await over.wait()
    if strictness is None:
        return True
    voice.conclude(strictness)
    return strictness.undescribed == 0
