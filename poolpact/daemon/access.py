"""Who is let in: credentials, hosts and hostile ids, in one scenario."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from poolpact.daemon.answers import REFUSED, json_object, refused, shown
from poolpact.daemon.bad_input import raw_pool_id, wrong_credentials
from poolpact.daemon.bounds import Trial, timed, within_bound
from poolpact.daemon.calls import JSON, pool_path, preload_request
from poolpact.daemon.leases import Leases
from poolpact.daemon.preloads import Preloads
from poolpact.daemon.statuses import Statuses, calls_of
from poolpact.daemon.unanswered import NONE, refused_without_a_word, tried
from poolpact.expectation import expect
from poolpact.targets.base import Answer
from poolpact.world import World


class Access:
    """The requests of a scenario that somebody makes who may not, or for what cannot be. ``answer`` is the last one."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._calls = world.of(calls_of)
        self._statuses = world.of(Statuses)
        self._preloads = world.of(Preloads)
        self._answer: Answer | None = None
        self._first = Trial(0.0)
        self._id_pool = ""
        self._files: set[Path] = set()
        self._nonces: list[str] = []

    @property
    def answer(self) -> Answer:
        """The last answer."""
        if self._answer is None:
            raise AssertionError("nothing was tried yet")
        return self._answer

    # --- the daemon's health ---

    async def ask_health(self) -> None:
        """Ask for the daemon's health without a token."""

        async def once() -> float:
            self._answer = await tried(self._calls.health())
            return self._answer.elapsed

        self._first = await timed(self._world.time, once)

    def daemon_is_ok(self) -> None:
        """The daemon says that it is ok, and tells its version."""
        expect(self.answer.status == 200, f"{shown(self.answer)}: expected 200")
        told = json_object(self.answer)
        expect(told.get("status") == "ok", f"{shown(self.answer)}: status is not ok")
        version = told.get("version")
        expect(isinstance(version, str) and version != "", f"{shown(self.answer)}: no version")

    async def daemon_is_ok_within(self, seconds: float) -> None:
        """The daemon said in time that it is ok."""
        self.daemon_is_ok()

        async def again() -> Trial:
            await self.ask_health()
            self.daemon_is_ok()
            return self._first

        await within_bound(seconds, again, first=self._first)

    # --- credentials ---

    async def call_without_token(self, phrase: str) -> None:
        """Make the call that ``phrase`` names without the token."""
        method, target, body = self._call(phrase)
        headers = {} if body is None else JSON
        self._answer = await tried(self._calls.raw(method, target, body=body, headers=headers, authorised=False))

    def _call(self, phrase: str) -> tuple[str, str, bytes | None]:
        world = self._world
        first = pool_path(world.pool("gpu-0").id)
        lease = world.of(Leases).lease_id
        _, target_0, body_0, _ = preload_request(world.pool("gpu-0").prepared, None)
        _, target_1, body_1, _ = preload_request(world.pool("gpu-1").prepared, None)
        calls: Mapping[str, Any] = {
            'reading the status of "gpu-0"': lambda: ("GET", f"{first}/status", None),
            'preloading "gpu-0"': lambda: ("POST", target_0, body_0),
            'preloading "gpu-1"': lambda: ("POST", target_1, body_1),
            'stopping "gpu-0"': lambda: ("DELETE", first, None),
            'leasing a slot of "gpu-0"': lambda: ("POST", f"{first}/leases", None),
            'renewing lease "A"': lambda: ("PUT", f"{first}/leases/{lease('A')}", None),
            'releasing lease "A"': lambda: ("DELETE", f"{first}/leases/{lease('A')}", None),
            "listing the pools": lambda: ("GET", "/pools", None),
            "asking for readiness": lambda: ("GET", "/ready", None),
            "reading the events": lambda: ("GET", "/events", None),
            "reading the metrics": lambda: ("GET", "/metrics", None),
            'reading the log of "gpu-0"': lambda: ("GET", f"{first}/logs", None),
            "reading a status that is not there": lambda: ("GET", "/pools/nobody/status", None),
            "a path that is not there": lambda: ("GET", "/no/such/path", None),
        }
        method, target, body = calls[phrase]()
        return str(method), str(target), body

    async def status_with(self, name: str, phrase: str) -> None:
        """Read the status of pool ``name`` with the credentials, or for the host, that ``phrase`` names."""
        target = f"{pool_path(self._world.pool(name).id)}/status"
        token = self._world.manager.token or ""
        if phrase.startswith("the Host header "):
            host = {"host": phrase.removeprefix("the Host header ")}
            self._answer = await refused_without_a_word(self._calls.raw("GET", target, headers=host))
        elif phrase == "the token in the query":
            asked = self._calls.raw("GET", f"{target}?token={token}&access_token={token}", authorised=False)
            self._answer = await tried(asked)
        else:
            credentials = {"authorization": wrong_credentials(phrase, token)}
            self._answer = await tried(self._calls.raw("GET", target, headers=credentials, authorised=False))
        self._statuses.keep(self._answer, name)

    def no_token(self) -> None:
        """The call was refused for want of a token."""
        refused(self.answer, (401,))
        challenge = self.answer.headers.get("www-authenticate", "")
        expect("bearer" in challenge.lower(), f"{shown(self.answer)}: WWW-Authenticate is {challenge!r}")

    def no_token_or_no_call(self) -> None:
        """The call was refused for want of a token, unless there is no such call: nobody has to answer that."""
        if self.answer.status == 401:
            self.no_token()
        else:
            expect(self.answer.status in (NONE, 404, 405), f"{shown(self.answer)}: expected 401, or that there is no such call")

    async def untouched(self, name: str) -> None:
        """Pool ``name`` is served as before, and no engine was started elsewhere."""
        await self._statuses.same_engine(name)
        others = [pool.name for pool in self._world.pools if pool.name != name and self._world.records.starts(pool.nonce)]
        expect(not others, f"engines were started in {others}")

    # --- methods and hosts ---

    async def method_on(self, method: str, phrase: str) -> None:
        """Try ``method`` on the route that ``phrase`` names."""
        kind, _, name = phrase.partition(' of pool "')
        path = pool_path(self._world.pool(name.rstrip('"')).id) if name else ""
        target = {
            "the daemon's health": "/health",
            "the status": f"{path}/status",
            "the preload": f"{path}/preload",
        }[kind]
        await self._ask(method, target)

    def method_refused(self) -> None:
        """The method is not allowed, and the answer names those that are."""
        refused(self.answer, (405,))
        allowed = self.answer.headers.get("allow", "")
        expect(allowed.strip() != "", f"{shown(self.answer)}: no Allow")

    def host_refused(self) -> None:
        """The request was refused, however that is said; to hang up says it as well."""
        expect(self.answer.status in (NONE, *REFUSED), f"{shown(self.answer)}: expected that it is refused")

    # --- ids ---

    async def preload_id(self, phrase: str) -> None:
        """Preload a pool with the id that ``phrase`` describes."""
        self.look_around()
        self._id_pool = f"the id {phrase}"
        pool = self._world.pool(self._id_pool)
        raw = raw_pool_id(phrase, pool.nonce, self._world.options.share)
        pool.id = unquote(raw, errors="replace")
        self._answer = None
        await self._preloads.preload_at(self._id_pool, f"/pools/{raw}/preload")

    async def id_becomes_ready(self) -> None:
        """The pool of the last such preload becomes ready."""
        await self._preloads.becomes_ready(self._id_pool)

    async def status_of_id(self, phrase: str) -> None:
        """Read the status of the pool with the id that ``phrase`` describes; to hang up is no success either."""
        self.look_around()
        raw = raw_pool_id(phrase, self._world.pool("the id").nonce)
        await self._ask("GET", f"/pools/{raw}/status")

    async def _ask(self, method: str, target: str) -> None:
        self._answer = await tried(self._calls.raw(method, target))

    def look_around(self) -> None:
        """From now on ``nothing_happened`` compares with this."""
        self._files = self._files_outside()
        self._nonces = self._world.records.nonces()

    def _files_outside(self) -> set[Path]:
        """The files around the run directory, where it is known."""
        run_dir = self._world.manager.run_dir
        if run_dir is None:
            return set()
        return {path for path in run_dir.parent.rglob("*") if path != run_dir and run_dir not in path.parents}

    def nothing_happened(self) -> None:
        """The last request was no success; no engine was started and no file is new outside the run directory."""
        if self._answer is None:
            self._preloads.no_success()
        else:
            expect(not 200 <= self._answer.status < 300, f"{shown(self._answer)}: expected that it is refused")
        new = set(self._world.records.nonces()) - set(self._nonces)
        expect(not new, f"engines were started: {sorted(new)}")
        files = self._files_outside() - self._files
        expect(not files, f"files outside the run directory: {sorted(map(str, files))}")
