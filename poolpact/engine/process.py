"""The program ``poolpact-engine``: one simulated engine as a process of its own."""

import os
import resource
import signal
import sys
import time
from types import FrameType
from typing import NoReturn

from poolpact.engine.behaviour import BadFlag, Behaviour, Cause, Ending, Order, State
from poolpact.engine.record import Control, Recorder
from poolpact.engine.server import SimulatedEngineServer

TICK = 0.005
"""Seconds between two looks at the control file."""


class Actor:
    """One process of the engine: it follows the behaviour's timeline and its orders until it ends."""

    def __init__(
        self, behaviour: Behaviour, recorder: Recorder, control: Control, started: float, *, deaf_to: tuple[str, ...] = ()
    ) -> None:
        self._behaviour = behaviour
        self._recorder = recorder
        self._control = control
        self._started = started
        self._deaf_to = deaf_to
        self._orders: list[Order] = []
        self._listening = False
        self._state = State.LOADING
        self._server = SimulatedEngineServer(behaviour, recorder)
        self._termed: list[float] = []
        signal.signal(signal.SIGTERM, self._on_term)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})

    def _on_term(self, number: int, frame: FrameType | None) -> None:
        self._termed.append(time.monotonic())
        self._server.wake()

    def act(self, *, watched: int | None = None) -> Ending:
        """Play until the end and return how that is; ``watched`` is a child whose end is this one's, too."""
        while True:
            now = time.monotonic()
            self._hear(now)
            ending = self._ending(now - self._started) or _ending_of_child(watched, now - self._started)
            if ending is not None:
                return ending
            try:
                self._follow(self._behaviour.state_at(now - self._started, self._orders))
            except OSError as refused:
                print(f"couldn't bind HTTP server socket: {refused}", file=sys.stderr, flush=True)
                return Ending(now - self._started, Cause.BIND, code=1)
            self._server.turn(self._patience())

    def _hear(self, now: float) -> None:
        for order in self._control.read(now):
            if order.word in self._deaf_to:
                continue
            self._orders.append(order)
            if order.word == "healthy-after-probe":
                self._server.after_refusal(self._turn_healthy)
            elif order.word == "hold":
                self._server.hold()
            elif order.word == "release":
                self._server.release()

    def _turn_healthy(self) -> None:
        self._orders.append(Order(time.monotonic() - self._started, "healthy"))

    def _ending(self, elapsed: float) -> Ending | None:
        while self._termed:
            at = self._termed.pop(0)
            self._recorder.write("term", at=at)
            ending = self._behaviour.ending_on_term(at - self._started, self._orders)
            if ending is not None:
                return ending
        ending = self._behaviour.ending(self._orders)
        return ending if ending.after <= elapsed else None

    def _follow(self, state: State) -> None:
        if state is State.MUTE:
            return
        if not self._listening:
            port = self._server.listen()
            self._listening = True
            self._recorder.write("listening", port=port)
        if state is self._state:
            return
        self._state = state
        if state is State.HEALTHY:
            self._server.healthy()
            self._recorder.write("healthy")
        else:
            self._server.unhealthy()
            self._recorder.write("unhealthy")

    def _patience(self) -> float:
        elapsed = time.monotonic() - self._started
        return min([TICK, *(moment - elapsed for moment in self._behaviour.changes() if moment > elapsed)])


def _ending_of_child(pid: int | None, elapsed: float) -> Ending | None:
    if pid is None or os.waitpid(pid, os.WNOHANG) == (0, 0):
        return None
    return Ending(elapsed, Cause.LISTENER, code=1)


def _end(ending: Ending) -> NoReturn:
    sys.stderr.flush()
    if ending.signal is not None:
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        if ending.signal not in (signal.SIGKILL, signal.SIGSTOP):
            signal.signal(ending.signal, signal.SIG_DFL)
        os.kill(os.getpid(), ending.signal)
    os._exit(ending.returncode % 256)


def _spawn_child(behaviour: Behaviour, recorder: Recorder, control: Control, started: float) -> int:
    """Fork a child that plays ``behaviour`` until a SIGTERM, the order ``end`` or the end of its life.

    The other endings are its parent's alone. Whichever of the two goes on to listen records the child before it does.
    """
    pid = os.fork()
    child_listens = not behaviour.mute
    if child_listens is (pid == 0):
        recorder.write("child", child_pid=pid or os.getpid(), listens=child_listens)
    if pid:
        return pid
    alone = behaviour._replace(exit_after=None, cuda_error=False)
    _end(Actor(alone, recorder, control, started, deaf_to=("exit", "signal")).act())


def is_spent(behaviour: Behaviour, earlier: list[dict[str, object]]) -> bool:
    """Whether this start is a restart that is not to be simulated.

    That is so when an earlier engine of this nonce ended without a SIGTERM, or with ``--sim-once`` when there was one at all;
    never with ``--sim-again``.
    """
    if behaviour.again:
        return False
    if behaviour.once:
        return any(event["event"] == "started" for event in earlier)
    return any(event["event"] == "exiting" and event["cause"] != Cause.TERM.value for event in earlier)


def main() -> NoReturn:
    """Play the behaviour that the command line asks for until it ends."""
    started = time.monotonic()
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})  # until every process of the engine handles it
    try:
        behaviour = Behaviour.parse(sys.argv[1:])
    except BadFlag as refused:
        sys.exit(f"error: {refused}")
    recorder = Recorder(behaviour.directory, behaviour.nonce)
    try:
        earlier = recorder.earlier()
        if is_spent(behaviour, earlier):
            recorder.write("restarted", at=started, argv=sys.argv)
            sys.exit(0)
        control = Control(behaviour.directory, behaviour.nonce, started=started, from_start=not earlier)
        recorder.write("started", at=started, ppid=os.getppid(), argv=sys.argv, env=dict(os.environ))
    except OSError as refused:
        sys.exit(f"error: the back-channel folder cannot be used: {refused}")
    for line in behaviour.output:
        print(line, file=sys.stderr, flush=True)
    if behaviour.spawn_child:
        _spawn_child(behaviour._replace(mute=True), recorder, control, started)
    watched = _spawn_child(behaviour, recorder, control, started) if behaviour.listen_child else None
    is_mute = behaviour.mute or watched is not None
    ending = Actor(behaviour._replace(mute=is_mute), recorder, control, started).act(watched=watched)
    how = {"code": ending.code} if ending.signal is None else {"signal": signal.Signals(ending.signal).name}
    recorder.write("exiting", cause=ending.cause.value, **how)
    _end(ending)
