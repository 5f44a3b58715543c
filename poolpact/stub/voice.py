"""What a stub prints: what it plays, and a line a request."""

import os
import sys

from rich.console import Console
from rich.text import Text

from poolpact.stub.exchanges import Exchange
from poolpact.stub.script import Script
from poolpact.stub.strictness import Strictness

_COLOURS = {"ready": "green", "loading": "yellow", "failed": "red", "stopped": "dim"}


class _Console(Console):
    def on_broken_pipe(self) -> None:
        """Go on in silence: a stub is there to answer, whether or not somebody reads."""
        self.quiet = True
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


class Voice:
    """Prints on stdout; coloured on a terminal only. When ``quiet`` it tells of requests only what is wrong with them."""

    def __init__(self, *, quiet: bool = False) -> None:
        self._quiet = quiet
        self._console = _Console(highlight=False, soft_wrap=True)

    def introduce(self, script: Script, url: str, *, with_token: bool) -> None:
        """What is played, and where."""
        self._say(Text("poolpact stub: spawns nothing, conforms to nothing", style="dim"))
        for pool in script.pools:
            self._say(Text.assemble("pool   ", (str(pool), _COLOURS[pool.state])))
        for fault in script.faults:
            self._say(Text.assemble("fault  ", (str(fault), "magenta")))
        if any(fault.p < 1 for fault in script.faults):
            self._say(Text(f"seed   {script.seed}"))
        needs = " (needs its token)" if with_token else ""
        self._say(Text.assemble("url    ", (url, "bold"), needs))

    def tell(self, exchange: Exchange) -> None:
        """One request."""
        if not self._quiet or exchange.wrong is not None:
            self._say(Text(str(exchange), style=_style_of(exchange)))

    def conclude(self, strictness: Strictness) -> None:
        """What the contract has against the requests."""
        self._say(Text(f"strict {strictness}", style="red" if strictness.undescribed else "green"))

    def _say(self, line: Text) -> None:
        self._console.print(line)


def _style_of(exchange: Exchange) -> str:
    if exchange.wrong is None and exchange.fault is not None:
        return "magenta"
    if exchange.wrong is not None or exchange.status is None or exchange.status >= 500:
        return "red"
    return "yellow" if exchange.status >= 400 else ""
