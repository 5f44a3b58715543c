"""Leases over HTTP (PM-LEASE-1, PM-LEASE-2, PM-LEASE-3, PM-LEASE-6)."""

from datetime import UTC, datetime, timedelta

from tests.pool_managerd.api.in_process import Api, with_api

LEASES = "/pools/p/leases"


@with_api(lease_ttl=30.0)
async def test_a_lease_has_an_id_an_expiry_and_a_place(api: Api) -> None:
    await api.ready(slots_total=2)
    before = datetime.now(UTC)
    answer = await api.call("POST", LEASES)
    assert answer.status == 201
    assert answer.headers["location"] == f"{LEASES}/{answer.json['lease_id']}"
    expires_at = datetime.fromisoformat(answer.json["expires_at"])
    assert before < expires_at <= datetime.now(UTC) + timedelta(seconds=30)
    assert answer.json["ttl"] <= 30
    status = (await api.call("GET", "/pools/p/status")).json
    assert (status["active_leases"], status["slots_free"], status["slots_total"]) == (1, 1, 2)


@with_api()
async def test_the_same_key_gives_the_same_lease(api: Api) -> None:
    await api.ready(slots_total=2)
    first = await api.call("POST", LEASES, headers={"idempotency-key": "k"})
    again = await api.call("POST", LEASES, headers={"idempotency-key": "k"})
    other = await api.call("POST", LEASES, headers={"idempotency-key": "K"})
    assert (first.status, again.status, other.status) == (201, 200, 201)
    assert first.json["lease_id"] == again.json["lease_id"] != other.json["lease_id"]
    assert first.headers["location"] == again.headers["location"]


@with_api()
async def test_no_free_slot_says_when_to_try_again(api: Api) -> None:
    await api.ready(slots_total=1)
    await api.call("POST", LEASES)
    answer = await api.call("POST", LEASES)
    assert answer.told == (429, "no_free_slot")
    assert int(answer.headers["retry-after"]) >= 1


@with_api()
async def test_a_lease_is_renewed_and_released(api: Api) -> None:
    await api.ready(slots_total=1)
    lease = (await api.call("POST", LEASES)).json
    renewed = await api.call("PUT", f"{LEASES}/{lease['lease_id']}")
    assert renewed.status == 200
    assert renewed.json["lease_id"] == lease["lease_id"]
    assert renewed.json["expires_at"] >= lease["expires_at"]
    for _ in range(2):
        assert (await api.call("DELETE", f"{LEASES}/{lease['lease_id']}")).status == 204
    assert (await api.call("PUT", f"{LEASES}/{lease['lease_id']}")).told == (410, "lease_lost")
    assert (await api.call("GET", "/pools/p/status")).json["slots_free"] == 1
