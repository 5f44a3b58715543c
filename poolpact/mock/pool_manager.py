"""The scripted pool manager: real HTTP, scripted pools, every answer held against the contract before it is sent."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from urllib.parse import unquote

from poolpact.contract import Contract, ContractViolation
from poolpact.exchange import ExchangeFailed
from poolpact.faults.wire import Connection, Listener, Reply, Request
from poolpact.mock.script import ScriptedPool

VERSION = "scripted"


class ScriptedPoolManager:
    """Serves ``pools``. A ``token`` is asked for when it is set.

    An answer that the contract does not allow is never sent: the connection is reset, and :meth:`close` raises the violation.
    """

    def __init__(self, contract: Contract, *, token: str | None = None) -> None:
        self._contract = contract
        self.token = token
        self.pools: dict[str, ScriptedPool] = {}
        self.violations: list[ContractViolation] = []
        self._listener = Listener(self._serve)

    @property
    def url(self) -> str:
        """Where it is reached."""
        return f"http://127.0.0.1:{self._listener.port}"

    async def start(self, port: int = 0) -> None:
        """Begin to listen; raises OSError when ``port`` is taken."""
        await self._listener.start(port)

    async def close(self) -> None:
        """Stop; raises the first ContractViolation that was held back."""
        await self._listener.close()
        if self.violations:
            raise self.violations[0]

    async def _serve(self, connection: Connection) -> None:
        while (request := await connection.receive()) is not None:
            try:
                await connection.reply(await self.answer(request))
            except ExchangeFailed:
                connection.reset()
                return
            if not connection.keeps_alive:
                return

    async def answer(self, request: Request) -> Reply:
        """What the script says to ``request``; raises ExchangeFailed where the contract does not allow that."""
        reply = self._scripted(request)
        try:
            self._contract.check(request.method, request.target, reply.status, reply.headers, reply.body)
        except ContractViolation as violation:
            self.violations.append(violation)
            raise ExchangeFailed(str(violation)) from None
        return reply

    def _scripted(self, request: Request) -> Reply:
        path = request.target.split("?", 1)[0]
        if path != "/health" and self.token is not None and request.header("authorization") != f"Bearer {self.token}":
            return _problem(401, "unauthorised", "a bearer token is needed", www_authenticate="Bearer")
        if path in _DAEMON_CALLS:
            return _DAEMON_CALLS[path](self) if request.method == "GET" else _not_allowed("GET")
        match [unquote(part) for part in path.split("/")]:
            case ["", "pools", pool_id, "status" | "leases" as noun, *rest] if (noun, len(rest)) in _POOL_CALLS:
                return self._pool_answer(request, pool_id, _POOL_CALLS[noun, len(rest)], *rest)
        return _problem(404, "not_found", "no such path")

    def _pool_answer(self, request: Request, pool_id: str, calls: "_Calls", lease_id: str = "") -> Reply:
        call = calls.get(request.method)
        if call is None:
            return _not_allowed(*calls)
        pool = self.pools.get(pool_id)
        if pool is None:
            return _problem(404, "unknown_pool", f"no pool {pool_id!r}")
        return call(pool, request, lease_id)

    def health(self) -> Reply:
        """The daemon's own health."""
        return Reply.of_json(200, {"status": "ok", "version": VERSION, "profiles": ["core", "auth", "leases"]})

    def listing(self) -> Reply:
        """All pools, on one page."""
        pools = [self.pools[pool_id].status() for pool_id in sorted(self.pools)]
        return Reply.of_json(200, {"pools": pools, "next_after": None})


def _status(pool: ScriptedPool, _request: Request, _lease_id: str) -> Reply:
    return Reply.of_json(200, pool.status())


def _acquire(pool: ScriptedPool, request: Request, _lease_id: str) -> Reply:
    if pool.state != "ready":
        return _problem(409, "pool_not_ready", f"pool {pool.pool_id!r} is {pool.state}, not ready")
    taken = pool.lease(request.header("idempotency-key"))
    if taken is None:
        return _problem(429, "no_free_slot", f"all {pool.slots_total} slots are leased", retry_after="1")
    lease_id, is_new = taken
    return _lease(pool, lease_id, status=201 if is_new else 200)


def _renew(pool: ScriptedPool, _request: Request, lease_id: str) -> Reply:
    if not pool.renew(lease_id):
        return _problem(410, "lease_lost", "the lease is no longer held")
    return _lease(pool, lease_id, status=200)


def _release(pool: ScriptedPool, _request: Request, lease_id: str) -> Reply:
    pool.release(lease_id)
    return Reply(204)


def _lease(pool: ScriptedPool, lease_id: str, *, status: int) -> Reply:
    expires_at = datetime.now(UTC) + timedelta(seconds=pool.lease_seconds)
    lease = {
        "lease_id": lease_id,
        "pool_id": pool.pool_id,
        "expires_at": expires_at.isoformat().replace("+00:00", "Z"),
        "ttl": pool.lease_seconds,
    }
    return Reply.of_json(status, lease)


def _problem(status: int, code: str, detail: str, **headers: str) -> Reply:
    document = {"type": "about:blank", "title": code.replace("_", " "), "status": status, "code": code, "detail": detail}
    return Reply.of_json(status, document, "application/problem+json", **headers)


def _not_allowed(*methods: str) -> Reply:
    return _problem(405, "method_not_allowed", "the script has no such call", allow=", ".join(sorted(methods)))


_Calls = Mapping[str, Callable[[ScriptedPool, Request, str], Reply]]
_DAEMON_CALLS: dict[str, Callable[[ScriptedPoolManager], Reply]] = {
    "/health": ScriptedPoolManager.health,
    "/pools": ScriptedPoolManager.listing,
}
_POOL_CALLS: dict[tuple[str, int], _Calls] = {
    ("status", 0): {"GET": _status},
    ("leases", 0): {"POST": _acquire},
    ("leases", 1): {"PUT": _renew, "DELETE": _release},
}
