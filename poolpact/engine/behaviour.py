"""What a simulated engine does: its flags, and where it stands after some seconds. Pure."""

import signal
from collections.abc import Callable, Iterable, Sequence
from enum import Enum
from typing import NamedTuple

CUDA_ERROR = "ggml_backend_cuda_buffer_type_alloc_buffer: allocating 4096.00 MiB on device 0: cudaMalloc failed: out of memory"


class BadFlag(ValueError):
    """A flag or an order that cannot be understood; the message is one line."""


class State(Enum):
    """What an observer finds."""

    MUTE = "mute"
    """It runs and does not listen."""
    LOADING = "loading"
    """It listens and answers 503."""
    HEALTHY = "healthy"
    ENDED = "ended"


class Cause(Enum):
    """Why an engine ended."""

    PLANNED = "planned"
    """One of its flags says so."""
    TOLD = "told"
    LIFE = "life"
    """Its life is over (``--sim-life``)."""
    TERM = "term"
    BIND = "bind"
    """It could not listen where it should."""
    LISTENER = "listener"
    """Its listening child ended."""


class Ending(NamedTuple):
    """How and when an engine ends. ``after`` is in seconds since its start; exactly one of ``code`` and ``signal`` is set."""

    after: float
    cause: Cause
    code: int | None = None
    signal: int | None = None

    @property
    def returncode(self) -> int:
        """As the parent sees it: negative for a signal."""
        return self.code or 0 if self.signal is None else -self.signal


class Order(NamedTuple):
    """What a running engine is told: ``at`` in seconds since its start."""

    at: float
    word: str
    value: str = ""


ORDER_WORDS = ("healthy", "healthy-after-probe", "unhealthy", "hold", "release", "exit", "signal", "end")


def parse_order(line: str, at: float) -> Order:
    """One line of the control file; BadFlag when it is no order.

    They are ``healthy``, ``healthy-after-probe`` (right after the next request that it answers as loading), ``unhealthy``,
    ``hold``, ``release``, ``exit CODE``, ``signal NAME``, and ``end``, at which the engine
    and its children end with code 0.
    """
    word, _, value = line.strip().partition(" ")
    if word not in ORDER_WORDS:
        raise BadFlag(f"no such order: {line!r}")
    if word == "exit":
        _exit_code(word, value)
    elif word == "signal":
        signal_number(word, value)
    return Order(at, word, value)


class Behaviour(NamedTuple):
    """Everything the flags of one simulated engine say. Times are in seconds."""

    host: str = "127.0.0.1"
    port: int = 8080
    model: str = ""
    slots: int = 1
    context: int = 4096
    load: float = 0.0
    wait: bool = False
    mute: bool = False
    exit_after: float | None = None
    exit_code: int = 1
    exit_signal: int | None = None
    prints: tuple[str, ...] = ()
    cuda_error: bool = False
    ignore_term: bool = False
    listen_child: bool = False
    spawn_child: bool = False
    props: bool = True
    tells_slots: bool = True
    token_interval: float = 0.0
    hold: bool = False
    break_after: int | None = None
    life: float = 120.0
    directory: str | None = None
    nonce: str | None = None
    once: bool = False
    again: bool = False

    @classmethod
    def parse(cls, flags: Sequence[str]) -> "Behaviour":
        """The behaviour that ``flags`` (the argv after the binary) ask for.

        Flags it does not know are accepted. Raises BadFlag for a known one without its value or with a wrong one.
        """
        chosen: dict[str, object] = {}
        prints: list[str] = []
        rest = iter(flags)
        for flag in rest:
            if flag in _SWITCHES:
                chosen[_SWITCHES[flag]] = not flag.startswith("--sim-no-")
            elif flag in _VALUES:
                name, parse = _VALUES[flag]
                value = next(rest, None)
                if value is None:
                    raise BadFlag(f"{flag} needs a value")
                if name == "prints":
                    prints.append(value)
                else:
                    chosen[name] = parse(flag, value)
        return cls(**chosen, prints=tuple(prints))  # type: ignore[arg-type]

    @property
    def output(self) -> tuple[str, ...]:
        """The lines it prints on stderr as soon as it starts."""
        return (*self.prints, CUDA_ERROR) if self.cuda_error else self.prints

    def ending(self, orders: Iterable[Order] = ()) -> Ending:
        """How it will end if nobody sends a signal and it gets no more orders; the earliest ending counts."""
        endings = [Ending(self.life, Cause.LIFE, code=1)]
        if self.cuda_error:
            endings.append(Ending(0.0, Cause.PLANNED, code=1))
        if self.exit_after is not None:
            code = self.exit_code if self.exit_signal is None else None
            endings.append(Ending(self.exit_after, Cause.PLANNED, code, self.exit_signal))
        for order in orders:
            if order.word == "exit":
                endings.append(Ending(order.at, Cause.TOLD, code=int(order.value)))
            elif order.word == "signal":
                endings.append(Ending(order.at, Cause.TOLD, signal=signal_number("signal", order.value)))
            elif order.word == "end":
                endings.append(Ending(order.at, Cause.TOLD, code=0))
        return min(endings, key=lambda ending: ending.after)

    def ending_on_term(self, elapsed: float, orders: Iterable[Order] = ()) -> Ending | None:
        """How it ends on a SIGTERM ``elapsed`` seconds after its start: None when it ignores that.

        Like llama-server it ends with code 0, and by the signal itself while it still loads.
        """
        if self.ignore_term:
            return None
        if self.state_at(elapsed, orders) is State.LOADING:
            return Ending(elapsed, Cause.TERM, signal=signal.SIGTERM.value)
        return Ending(elapsed, Cause.TERM, code=0)

    def state_at(self, elapsed: float, orders: Iterable[Order] = ()) -> State:
        """Where it stands ``elapsed`` seconds after its start, having got ``orders`` (in the order of their times)."""
        heard = [order for order in orders if order.at <= elapsed]
        if self.ending(heard).after <= elapsed:
            return State.ENDED
        if self.mute:
            return State.MUTE
        healthy = not self.wait and elapsed >= self.load
        for order in heard:
            if order.word in ("healthy", "unhealthy"):
                healthy = order.word == "healthy"
        return State.HEALTHY if healthy else State.LOADING

    def changes(self) -> tuple[float, ...]:
        """The seconds after its start at which its state may change by itself, ascending."""
        moments = {self.ending().after}
        if not self.wait and not self.mute:
            moments.add(self.load)
        return tuple(sorted(moments))


def signal_number(flag: str, value: str) -> int:
    """The number of the signal called ``value`` (``SIGSEGV`` or ``SEGV``)."""
    name = value.upper() if value.upper().startswith("SIG") else f"SIG{value.upper()}"
    try:
        return signal.Signals[name].value
    except KeyError:
        raise BadFlag(f"{flag}: no signal is called {value!r}") from None


def _text(flag: str, value: str) -> str:
    return value


def _nonce(flag: str, value: str) -> str:
    return check_nonce(value)


def check_nonce(nonce: str) -> str:
    """Return ``nonce`` unchanged; BadFlag unless it can name a file of the back-channel folder and nothing outside it."""
    if not nonce or nonce.startswith(".") or not all(c.isascii() and (c.isalnum() or c in "._-") for c in nonce):
        raise BadFlag(f"not a nonce: {nonce!r}")
    return nonce


def _seconds(flag: str, value: str) -> float:
    try:
        seconds = float(value)
    except ValueError:
        seconds = -1.0
    if not 0.0 <= seconds < 1e9:
        raise BadFlag(f"{flag} takes seconds, not {value!r}")
    return seconds


def _integer(lowest: int, highest: int) -> Callable[[str, str], int]:
    def parse(flag: str, value: str) -> int:
        try:
            number = int(value)
        except ValueError:
            number = lowest - 1
        if not lowest <= number <= highest:
            raise BadFlag(f"{flag} takes an integer from {lowest} to {highest}, not {value!r}")
        return number

    return parse


_exit_code = _integer(0, 255)
_slots = _integer(1, 65536)

_SWITCHES = {
    "--sim-wait": "wait",
    "--sim-mute": "mute",
    "--sim-cuda-error": "cuda_error",
    "--sim-ignore-term": "ignore_term",
    "--sim-listen-child": "listen_child",
    "--sim-spawn-child": "spawn_child",
    "--sim-no-props": "props",
    "--sim-no-slots": "tells_slots",
    "--sim-hold": "hold",
    "--sim-once": "once",
    "--sim-again": "again",
}
_VALUES: dict[str, tuple[str, Callable[[str, str], object]]] = {
    "--host": ("host", _text),
    "--port": ("port", _integer(0, 65535)),
    "-m": ("model", _text),
    "--model": ("model", _text),
    "-np": ("slots", _slots),
    "--parallel": ("slots", _slots),
    "-c": ("context", _integer(0, 2**31)),
    "--sim-dir": ("directory", _text),
    "--sim-nonce": ("nonce", _nonce),
    "--sim-load": ("load", _seconds),
    "--sim-exit-after": ("exit_after", _seconds),
    "--sim-exit-code": ("exit_code", _exit_code),
    "--sim-exit-signal": ("exit_signal", signal_number),
    "--sim-print": ("prints", _text),
    "--sim-slots": ("slots", _slots),
    "--sim-token-interval": ("token_interval", _seconds),
    "--sim-break-after": ("break_after", _integer(0, 2**31)),
    "--sim-life": ("life", _seconds),
}
