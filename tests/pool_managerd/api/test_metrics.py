"""The metrics over HTTP."""

from prometheus_client.parser import text_string_to_metric_families

from pool_managerd.api import Security, create_app
from tests.pool_managerd.api.in_process import Api, with_api

Series = dict[tuple[str, ...], float]


async def series(api: Api) -> Series:
    """Every sample but those of the time that something was made, by its name and the values of its labels."""
    answer = await api.call("GET", "/metrics")
    assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    samples = [each for family in text_string_to_metric_families(answer.body.decode()) for each in family.samples]
    found = {
        (each.name.removeprefix("pool_manager_"), *(value for _, value in sorted(each.labels.items()))): each.value
        for each in samples
    }
    assert len(found) == len(samples)
    return {key: value for key, value in found.items() if not key[0].endswith("_created")}


@with_api()
async def test_without_pools_there_are_no_series(api: Api) -> None:
    assert await series(api) == {}


@with_api()
async def test_a_pool_is_told_as_its_status_is(api: Api) -> None:
    await api.ready(slots_total=3)
    await api.call("POST", "/pools/p/leases")
    await api.loading("q")
    found = await series(api)
    assert {key[2] for key, value in found.items() if key[:2] == ("pool_state", "p") and value == 1} == {"ready"}
    assert {key[2] for key, value in found.items() if key[:2] == ("pool_state", "q") and value == 1} == {"loading"}
    assert {key[2] for key in found if key[:2] == ("pool_state", "p")} == {
        "loading",
        "ready",
        "draining",
        "stopping",
        "failed",
        "stopped",
    }
    counts = [found[name, "p"] for name in ("pool_slots", "pool_slots_free", "pool_leases")]
    assert counts == [3, 2, 1]


@with_api()
async def test_preloads_are_counted_and_timed_by_pool(api: Api) -> None:
    (await api.loading()).exit(3)
    await api.until("failed")
    await api.ready()
    await api.preload()
    found = await series(api)
    assert (found["preloads_total", "failed", "p"], found["preloads_total", "ready", "p"]) == (1, 1)
    assert found["preload_duration_seconds_count", "p"] == 2
    assert found["preload_duration_seconds_bucket", "+Inf", "p"] == 2
    assert found["preload_duration_seconds_sum", "p"] > 0


@with_api()
async def test_a_load_that_is_stopped_was_cancelled(api: Api) -> None:
    engine = await api.loading()
    engine.may_end.clear()
    stop = api.manager._runners["p"].stop
    stop()
    assert (await series(api))["preloads_total", "cancelled", "p"] == 1
    engine.may_end.set()
    await api.call("DELETE", "/pools/p")
    assert await series(api) == {}


@with_api()
async def test_the_series_of_a_pool_that_is_gone_go_with_it(api: Api) -> None:
    await api.ready("p")
    await api.ready("q")
    assert (await api.call("DELETE", "/pools/p")).status == 204
    found = await series(api)
    assert found != {}
    assert [key for key in found if "p" in key] == []


@with_api()
async def test_two_applications_share_nothing(api: Api) -> None:
    create_app(api.manager, Security())
    await api.ready()
    assert (await series(api))["preloads_total", "ready", "p"] == 1
