"""Leases: acquire, renew, release."""

from typing import Annotated, Any

from fastapi import FastAPI, Header, Response

from pool_managerd.api.documented import header, refusals
from pool_managerd.api.models import Lease
from pool_managerd.api.parameters import LeaseId, PoolId
from pool_managerd.api.problems import InvalidRequest
from pool_managerd.domain.errors import InvalidPoolId, LeaseLost, NoFreeSlot, PoolNotReady, UnknownPool
from pool_managerd.manager import PoolManager

IdempotencyKey = Annotated[str | None, Header(min_length=1, max_length=255, pattern="^[ -~]+$")]
_LEASE = "/pools/{pool_id}/leases/{lease_id}"
_ACQUIRE_ANSWERS: dict[int | str, dict[str, Any]] = {
    200: {"model": Lease, "headers": {"Location": header()}},
    201: {"headers": {"Location": header()}},
}


def serve_leases(app: FastAPI, manager: PoolManager) -> None:
    """Add the calls on leases."""

    @app.post(
        "/pools/{pool_id}/leases",
        operation_id="acquire_lease",
        status_code=201,
        responses=_ACQUIRE_ANSWERS | refusals(InvalidRequest, InvalidPoolId, UnknownPool, PoolNotReady, NoFreeSlot),
    )
    async def acquire_lease(pool_id: PoolId, answer: Response, idempotency_key: IdempotencyKey = None) -> Lease:
        grant = manager.acquire(pool_id, idempotency_key)
        answer.headers["Location"] = f"/pools/{pool_id}/leases/{grant.lease_id}"
        answer.status_code = 201 if grant.is_new else 200
        return Lease.of(grant)

    @app.put(_LEASE, operation_id="renew_lease", responses=refusals(InvalidPoolId, UnknownPool, LeaseLost))
    async def renew_lease(pool_id: PoolId, lease_id: LeaseId) -> Lease:
        return Lease.of(manager.renew(pool_id, lease_id))

    @app.delete(_LEASE, operation_id="release_lease", status_code=204, responses=refusals(InvalidPoolId, UnknownPool))
    async def release_lease(pool_id: PoolId, lease_id: LeaseId) -> None:
        manager.release(pool_id, lease_id)
