"""The scripted pool manager: real HTTP, scripted pools, the pact's own answers, each held against openapi.yaml."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import unquote

from poolpact.contract import Contract, ContractViolation
from poolpact.contract.requests import refusal_of
from poolpact.exchange import ExchangeFailed
from poolpact.faults.wire import Connection, Listener, Reply, Request
from poolpact.mock.answers import PactAnswers
from poolpact.mock.script import ScriptedPool, State

PROBLEM = "a problem document"
_STATUS_OF: Mapping[State, str] = {
    "ready": "the status of a ready pool",
    "loading": "the status of a pool that is loading",
    "stopping": "the status of a pool that is being stopped",
    "failed": "the status of a pool that has failed",
    "stopped": "the status of a pool that has failed",
}


class ScriptedPoolManager:
    """Serves ``pools``. A ``token`` is asked for when it is set.

    A request that the contract does not describe is refused, and kept in ``refused``. An answer that the contract does not allow
    is never sent: the connection is reset, and :meth:`close` raises the violation.
    """

    def __init__(self, contract: Contract, answers: PactAnswers, *, token: str | None = None) -> None:
        self._contract = contract
        self._answers = answers
        self.token = token
        self.pools: dict[str, ScriptedPool] = {}
        self.refused: list[str] = []
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
            self.refused.append(f"{request.method} {request.target}: without the right token")
            return self._problem("the status without the right token")
        refusal = refusal_of(self._contract, request.method, request.target, dict(request.headers), request.body)
        if refusal is not None:
            self.refused.append(f"{request.method} {request.target}: {refusal.detail}")
            return self._refusal(request, refusal.status, refusal.code, refusal.detail)
        return self._served(request, [unquote(part) for part in path.split("/")[1:]])

    def _served(self, request: Request, parts: list[str]) -> Reply:
        match request.method, parts:
            case "GET", ["health"]:
                return self._answers.reply("the daemon's health: with its profiles", profiles=["core", "auth", "leases"])
            case "GET", ["pools"]:
                pools = [self._status(self.pools[pool_id]) for pool_id in sorted(self.pools)]
                return self._answers.reply("the pools: the last page", pools=pools)
            case method, ["pools", pool_id, *rest] if call := _CALLS.get((method, *rest[:1], len(rest))):
                return self._of_pool(pool_id, call, request, rest[-1] if rest else "")
        return self._refusal(request, 404, "not_found", "the script has no such call")

    def _of_pool(self, pool_id: str, call: "_Call", request: Request, last: str) -> Reply:
        pool = self.pools.get(pool_id)
        if pool is None:
            return self._problem("the status of a pool that nobody knows", detail=f"no pool {pool_id!r}")
        return call(self, pool, request, last)

    # --- calls ---

    def tell_status(self, pool: ScriptedPool, _request: Request, _last: str) -> Reply:
        """How the pool is."""
        return self._answers.reply(f"{_STATUS_OF[pool.state]}: in full", **self._members(pool))

    def _status(self, pool: ScriptedPool) -> Any:
        return self._answers.body(f"{_STATUS_OF[pool.state]}: in full", **self._members(pool))

    def _members(self, pool: ScriptedPool) -> dict[str, Any]:
        """What the script says of the pool; whether it lives, is ready and has a process is the example's to say."""
        return {
            "pool_id": pool.pool_id,
            "active_leases": len(pool.leases),
            "slots_total": pool.slots_total,
            "slots_free": pool.slots_free,
            "state": pool.state,
            "last_error": pool.last_error,
            "url": pool.url if pool.state == "ready" else None,
        }

    def lease(self, pool: ScriptedPool, request: Request, _last: str) -> Reply:
        """Take a slot."""
        if pool.state != "ready":
            why = f"pool {pool.pool_id!r} is {pool.state}, not ready"
            return self._problem("taking a slot of a pool that is loading", detail=why)
        taken = pool.lease(request.header("idempotency-key"))
        if taken is None:
            return self._problem("taking a slot where all are leased", detail=f"all {pool.slots_total} slots are leased")
        lease_id, is_new = taken
        kind = "taking a slot: in full" if is_new else "taking a slot with the key of a lease that is held: in full, 200"
        return self._granted(kind, pool, lease_id)

    def renew(self, pool: ScriptedPool, _request: Request, lease_id: str) -> Reply:
        """Keep a slot."""
        if not pool.renew(lease_id):
            return self._problem("renewing a lease that was given back")
        return self._granted("renewing a lease: in full", pool, lease_id)

    def release(self, pool: ScriptedPool, _request: Request, lease_id: str) -> Reply:
        """Give a slot back."""
        pool.release(lease_id)
        return self._answers.reply("giving a slot back: nothing to say")

    def _granted(self, description: str, pool: ScriptedPool, lease_id: str) -> Reply:
        expires_at = (datetime.now(UTC) + timedelta(seconds=pool.lease_seconds)).isoformat().replace("+00:00", "Z")
        members = {"lease_id": lease_id, "pool_id": pool.pool_id, "expires_at": expires_at, "ttl": pool.lease_seconds}
        return self._answers.reply(description, **members)

    # --- refusals ---

    def _problem(self, description: str, **members: Any) -> Reply:
        return self._answers.reply(f"{description}: {PROBLEM}", **members)

    def _refusal(self, request: Request, status: int, code: str, detail: str) -> Reply:
        """Of what the contract does not describe; the pact has no example of that."""
        document = {"type": "about:blank", "title": code.replace("_", " "), "status": status, "code": code, "detail": detail}
        template = self._contract.template_of(request.target)
        methods = ", ".join(sorted(method.upper() for method in self._contract.document["paths"].get(template, ())))
        return Reply.of_json(status, document, "application/problem+json", **({"allow": methods} if status == 405 else {}))


_Call = Callable[[ScriptedPoolManager, ScriptedPool, Request, str], Reply]
_CALLS: Mapping[tuple[str | int, ...], _Call] = {
    ("GET", "status", 1): ScriptedPoolManager.tell_status,
    ("POST", "leases", 1): ScriptedPoolManager.lease,
    ("PUT", "leases", 2): ScriptedPoolManager.renew,
    ("DELETE", "leases", 2): ScriptedPoolManager.release,
}
