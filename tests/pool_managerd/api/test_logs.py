"""What engines printed, over HTTP."""

from pathlib import Path

import pytest

from tests.pool_managerd.api.in_process import Api, with_api


async def printed(api: Api, text: bytes) -> None:
    await api.ready()
    write(api.spawner.log_paths[-1], text)


def write(path: Path, text: bytes) -> None:
    path.write_bytes(text)


@with_api()
async def test_the_last_lines_are_told_as_text(api: Api) -> None:
    await printed(api, b"one\ntwo\nthree\n")
    answer = await api.call("GET", "/pools/p/logs?lines=2")
    assert (answer.status, answer.body) == (200, b"two\nthree\n")
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert answer.headers["x-content-type-options"] == "nosniff"


@with_api()
async def test_there_are_a_hundred_unless_more_are_wanted(api: Api) -> None:
    await printed(api, b"".join(b"%d\n" % number for number in range(500)))
    assert (await api.call("GET", "/pools/p/logs")).body.split() == [b"%d" % number for number in range(400, 500)]
    assert len((await api.call("GET", "/pools/p/logs?lines=10000")).body.split()) == 500


@with_api()
async def test_nothing_that_a_terminal_would_obey_is_told(api: Api) -> None:
    await printed(api, b"\x1b[2Jgone\x07\r\n\xff\n")
    assert (await api.call("GET", "/pools/p/logs")).body.decode() == " [2Jgone  \n\ufffd\n"


@with_api()
async def test_an_engine_that_printed_nothing_has_an_empty_log(api: Api) -> None:
    await api.loading()
    answer = await api.call("GET", "/pools/p/logs")
    assert (answer.status, answer.body) == (200, b"")


@pytest.mark.parametrize("case", ["0", "-1", "10001", "many", "1.5", "", "9" * 5000, "1e3", "\xb2"])
@with_api()
async def test_a_number_of_lines_that_is_none_is_refused(api: Api, case: str) -> None:
    await api.ready()
    assert (await api.call("GET", f"/pools/p/logs?lines={case}")).told == (422, "invalid_request")


@pytest.mark.parametrize("case", ["..", "%2e%2e", "..%2f..%2fetc%2fpasswd", ".p", "%00", "p%0a", "x" * 129])
@with_api()
async def test_an_id_that_cannot_be_is_refused(api: Api, case: str) -> None:
    assert (await api.call("GET", f"/pools/{case}/logs")).told == (400, "invalid_pool_id")


@with_api()
async def test_a_pool_that_is_unknown_has_no_log(api: Api) -> None:
    assert (await api.call("GET", "/pools/p/logs")).told == (404, "unknown_pool")
    await printed(api, b"one\n")
    await api.call("DELETE", "/pools/p")
    assert (await api.call("GET", "/pools/p/logs")).told == (404, "unknown_pool")
