"""The simulated engine's HTTP server: one thread, one selector, no waiting on any client."""

import contextlib
import selectors
import socket
import threading
import time
from collections.abc import Callable
from typing import Self

from poolpact.engine.behaviour import Behaviour
from poolpact.engine.completion import Completion, CompletionRequest
from poolpact.engine.connection import Connection
from poolpact.engine.http1 import LAST_CHUNK, Malformed, Request, answer, event_chunk, event_stream_head, problem, take_request
from poolpact.engine.record import Recorder
from poolpact.engine.slots import Slots
from poolpact.engine.surface import route


class SimulatedEngineServer:
    """Serves a behaviour's HTTP surface; it starts loading, unless ``is_healthy``.

    Either its owner calls :meth:`listen` and :meth:`turn` (the engine process does), or :meth:`start` runs it in a thread; then
    the hooks ``healthy``, ``unhealthy``, ``hold``, ``release`` and ``exit`` may be called from any other thread; a request sent
    afterwards sees their effect. It records the completions; the rest is its owner's to record.
    """

    def __init__(self, behaviour: Behaviour, recorder: Recorder | None = None, *, is_healthy: bool = False) -> None:
        self._behaviour = behaviour
        self._recorder = recorder or Recorder(None, None)
        self._is_healthy = is_healthy
        self._is_held = behaviour.hold
        self._is_over = False
        self._on_refusal: Callable[[], None] | None = None
        self._has_refused = False
        self._completions = 0
        self._slots: Slots[Connection] = Slots(behaviour.slots)
        self._connections: set[Connection] = set()
        self._selector = selectors.DefaultSelector()
        self._told: list[Callable[[], None]] = []
        self._wake_reader, self._wake_writer = socket.socketpair()
        self._wake_reader.setblocking(False)
        self._wake_writer.setblocking(False)
        self._selector.register(self._wake_reader, selectors.EVENT_READ)
        self._listener: socket.socket | None = None
        self._thread: threading.Thread | None = None

    # --- life -----------------------------------------------------------------------------------------------------

    def listen(self) -> int:
        """Listen on the behaviour's host and port and return the port; OSError when that cannot be."""
        family = socket.AF_INET6 if ":" in self._behaviour.host else socket.AF_INET
        listener = socket.socket(family, socket.SOCK_STREAM)
        try:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind((self._behaviour.host, self._behaviour.port))
            listener.listen(128)
        except OSError:
            listener.close()
            raise
        listener.setblocking(False)
        self._selector.register(listener, selectors.EVENT_READ)
        self._listener = listener
        port: int = listener.getsockname()[1]
        return port

    def start(self) -> int:
        """Listen, serve in a thread of its own until :meth:`stop`, and return the port."""
        port = self.listen()
        self._thread = threading.Thread(target=self._serve, name=f"simulated-engine-{port}", daemon=True)
        self._thread.start()
        return port

    def stop(self) -> None:
        """Hang up on everybody and return when nothing listens any more."""
        self.exit()
        if self._thread is not None:
            self._thread.join()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _serve(self) -> None:
        while not self._is_over:
            self.turn(None)

    @property
    def is_busy(self) -> bool:
        """Whether a slot works."""
        return any(self._slots.busy)

    # --- hooks ----------------------------------------------------------------------------------------------------

    def healthy(self) -> None:
        """Answer health with 200 from now on."""
        self._tell(lambda: self._set_healthy(True))

    def unhealthy(self) -> None:
        """Answer everything with 503, as while loading; streams go on."""
        self._tell(lambda: self._set_healthy(False))

    def hold(self) -> None:
        """Let every stream wait after its first token."""
        self._tell(lambda: self._set_held(True))

    def release(self) -> None:
        """Let the streams that wait go on."""
        self._tell(lambda: self._set_held(False))

    def after_refusal(self, act: Callable[[], None]) -> None:
        """Do ``act`` once, right after the next request that is answered with 503; it must not call a hook of this server."""
        self._on_refusal = act

    def exit(self) -> None:
        """Hang up on everybody and stop listening, as when the process ends."""
        self._tell(self._close)

    def wake(self) -> None:
        """Let a :meth:`turn` that waits return; safe in a signal handler."""
        with contextlib.suppress(OSError):
            self._wake_writer.send(b"\0")

    def _tell(self, act: Callable[[], None]) -> None:
        if self._thread is None:
            act()
        else:
            self._told.append(act)
            self.wake()

    def _set_healthy(self, healthy: bool) -> None:
        self._is_healthy = healthy

    def _set_held(self, held: bool) -> None:
        self._is_held = held

    # --- serving --------------------------------------------------------------------------------------------------

    def turn(self, timeout: float | None) -> None:
        """Do what is due, waiting at most ``timeout`` seconds for something to come (None: as long as it takes)."""
        if self._is_over:
            return
        ready = self._selector.select(self._patience(timeout))
        while self._told:
            self._told.pop(0)()
        if self._is_over:
            return
        for key, events in ready:
            if key.fileobj is self._wake_reader:
                self._drain_wake()
            elif self._listener is not None and key.fileobj is self._listener:
                self._accept(self._listener)
            else:
                self._exchange(key.data, events)
        self._advance()

    def _patience(self, timeout: float | None) -> float | None:
        if self._told:
            return 0.0
        now = time.monotonic()
        due = [at for each in self._slots.occupants if (at := self._due_at(each)) is not None]
        waits = [max(at - now, 0.0) for at in due] + ([] if timeout is None else [timeout])
        return min(waits) if waits else None

    def _due_at(self, connection: Connection) -> float | None:
        return connection.completion.due_at(self._is_held) if connection.completion else None

    def _drain_wake(self) -> None:
        with contextlib.suppress(BlockingIOError):
            while self._wake_reader.recv(4096):
                pass

    def _accept(self, listener: socket.socket) -> None:
        with contextlib.suppress(BlockingIOError, ConnectionAbortedError):
            sock, _ = listener.accept()
            connection = Connection(sock)
            self._connections.add(connection)
            self._selector.register(sock, selectors.EVENT_READ, connection)

    def _exchange(self, connection: Connection, events: int) -> None:
        if connection not in self._connections:
            return
        try:
            if events & selectors.EVENT_READ:
                received = connection.sock.recv(65536)
                if not received:
                    self._drop(connection)
                    return
                connection.inbox += received
                self._answer_inbox(connection)
            self._flush(connection)
            self._tell_of_refusal()
        except BlockingIOError:
            pass
        except OSError:
            self._drop(connection)

    def _answer_inbox(self, connection: Connection) -> None:
        while connection.completion is None and not connection.ends_after_outbox:
            try:
                request = take_request(connection.inbox)
            except Malformed as refused:
                body = problem(refused.status, "invalid_request_error", str(refused))
                connection.outbox += answer(refused.status, body, close=True)
                connection.ends_after_outbox = True
                return
            if request is None:
                return
            self._answer(connection, request)

    def _answer(self, connection: Connection, request: Request) -> None:
        reply = route(request, self._behaviour, healthy=self._is_healthy, busy=self._slots.busy)
        connection.ends_after_outbox = not request.keeps_alive
        if isinstance(reply, CompletionRequest):
            self._begin(connection, reply)
        else:
            connection.outbox += answer(reply.status, reply.body, close=not request.keeps_alive)
            self._has_refused = self._has_refused or not self._is_healthy

    def _tell_of_refusal(self) -> None:
        act = self._on_refusal
        if self._has_refused and act is not None:
            self._on_refusal = None
            act()
        self._has_refused = False

    # --- completions ----------------------------------------------------------------------------------------------

    def _begin(self, connection: Connection, request: CompletionRequest) -> None:
        self._completions += 1
        number = self._completions
        behaviour = self._behaviour
        completion = Completion(request, number, interval=behaviour.token_interval, break_after=behaviour.break_after)
        connection.completion = completion
        self._slots.enqueue(connection)
        self._recorder.write("completion", completion=number, prompt=request.prompt, n_predict=request.n_predict)

    def _advance(self) -> None:
        self._fill_slots()
        for connection in self._slots.occupants:
            try:
                self._produce(connection)
                self._flush(connection)
            except OSError:
                self._drop(connection)
        self._fill_slots()

    def _fill_slots(self) -> None:
        for slot, connection in self._slots.fill():
            completion = connection.completion
            if completion is not None:
                completion.start(slot, time.monotonic())
                if completion.request.stream:
                    connection.outbox += event_stream_head()

    def _produce(self, connection: Connection) -> None:
        completion = connection.completion
        while completion is not None:
            now = time.monotonic()
            due = completion.due_at(self._is_held)
            if due is None or due > now:
                return
            if completion.is_to_break:
                self._break(connection)
                return
            if completion.is_complete:
                self._complete(connection, completion)
                return
            token = completion.produce(now)
            if completion.request.stream:
                connection.outbox += event_chunk(completion.chunk(token))

    def _complete(self, connection: Connection, completion: Completion) -> None:
        if completion.request.stream:
            connection.outbox += event_chunk(completion.summary("")) + LAST_CHUNK
        else:
            connection.outbox += answer(200, completion.summary("".join(completion.sent)), close=connection.ends_after_outbox)
        self._end_completion(connection)
        self._answer_inbox(connection)

    def _break(self, connection: Connection) -> None:
        self._flush(connection)
        connection.reset_on_close()
        self._drop(connection)

    def _end_completion(self, connection: Connection) -> None:
        completion, connection.completion = connection.completion, None
        if completion is None:
            return
        self._slots.leave(connection)
        count = len(completion.sent)
        self._recorder.write("completion_end", completion=completion.number, tokens=count, complete=completion.is_complete)

    # --- connections ----------------------------------------------------------------------------------------------

    def _flush(self, connection: Connection) -> None:
        if connection not in self._connections:
            return
        connection.send_outbox()
        if connection.ends_after_outbox and not connection.outbox and connection.completion is None:
            self._drop(connection)
            return
        interest = selectors.EVENT_READ | (selectors.EVENT_WRITE if connection.outbox else 0)
        self._selector.modify(connection.sock, interest, connection)

    def _drop(self, connection: Connection) -> None:
        if connection not in self._connections:
            return
        self._connections.remove(connection)
        self._selector.unregister(connection.sock)
        connection.sock.close()
        self._end_completion(connection)

    def _close(self) -> None:
        if self._is_over:
            return
        self._is_over = True
        for connection in tuple(self._connections):
            self._drop(connection)
        if self._listener is not None:
            self._listener.close()
        self._selector.close()
        self._wake_reader.close()
        self._wake_writer.close()
