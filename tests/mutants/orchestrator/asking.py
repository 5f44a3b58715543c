"""Orchestrators that ask in the wrong way."""

import contextlib
from dataclasses import replace
from typing import Any

import structlog

from orchestratord import correlation
from orchestratord.client import calls, client, transport
from orchestratord.client.caller import Caller
from orchestratord.errors import PoolManagerError, Rejected
from orchestratord.pool_manager.remote import RemotePoolManager
from tests.mutants.mutant import Mutant
from tests.mutants.patching import patch

REDIRECTS = (301, 302, 303, 307, 308)


def asks_with_the_id_as_it_is() -> None:
    patch(calls, "_segment", lambda text: text)


def encodes_no_slash() -> None:
    encode = calls._segment
    patch(calls, "_segment", lambda text: encode(text).replace("%2F", "/"))


def _ignore(_: object) -> Any:
    return None


def deletes_before_it_asks() -> None:
    status = calls.get_pool_status
    ask = RemotePoolManager.health

    async def health(self: Any, pool_id: str) -> Any:
        call = status(pool_id)
        deleting = replace(call.request, method="DELETE", target=f"/pools/{calls._segment(pool_id)}/leases/0")
        with contextlib.suppress(PoolManagerError):
            await self._client._call(replace(call, request=deleting, parse=_ignore), 0.1)
        return await ask(self, pool_id)

    patch(RemotePoolManager, "health", health)


def posts_before_it_asks() -> None:
    status = calls.get_pool_status
    ask = RemotePoolManager.ask

    async def posting(self: Any, pool_id: str) -> Any:
        call = status(pool_id)
        try:
            await self._client._call(replace(call, request=replace(call.request, method="POST")), 1.0)
        except Rejected:
            return await ask(self, pool_id)

    patch(RemotePoolManager, "ask", posting)


def wants_plain_text() -> None:
    make = transport.HttpTransport.__init__

    def init(self: Any, base_url: str) -> None:
        make(self, base_url)
        self._client.headers["Accept"] = "text/plain, application/json;q=0"

    patch(transport.HttpTransport, "__init__", init)


def takes_the_token_along() -> None:
    exchange = transport.HttpTransport._exchange

    async def following(self: Any, request: Any) -> Any:
        answer = await exchange(self, request)
        if answer.status in REDIRECTS and "location" in answer.headers:
            response = await self._client.get(answer.headers["location"], headers=request.headers)
            return replace(answer, status=response.status_code, body=response.content)
        return answer

    patch(transport.HttpTransport, "_exchange", following)


def logs_the_token() -> None:
    exchange = transport.HttpTransport._exchange

    async def talkative(self: Any, request: Any) -> Any:
        structlog.get_logger("orchestratord").info("asking", headers=dict(request.headers))
        return await exchange(self, request)

    patch(transport.HttpTransport, "_exchange", talkative)


def logs_the_token_of_a_lease() -> None:
    exchange = transport.HttpTransport._exchange

    async def talkative(self: Any, request: Any) -> Any:
        if request.method == "POST":
            structlog.get_logger("orchestratord").info("asking", headers=dict(request.headers))
        return await exchange(self, request)

    patch(transport.HttpTransport, "_exchange", talkative)


def never_sends_the_token() -> None:
    make = Caller.__init__
    patch(Caller, "__init__", lambda self, transport, headers: make(self, transport, {}))


def always_sends_some_token() -> None:
    class Careless(Caller):
        def __init__(self, transport: Any, headers: Any) -> None:
            super().__init__(transport, headers or {"Authorization": "Bearer None"})

    patch(client, "Caller", Careless)


def forgets_the_correlation() -> None:
    patch(correlation, "HEADER", "X-Something-Else")


def forgets_the_correlation_of_leases() -> None:
    exchange = transport.HttpTransport._exchange

    async def forgetful(self: Any, request: Any) -> Any:
        headers = {name: value for name, value in request.headers.items() if name != correlation.HEADER}
        return await exchange(self, request if request.method == "GET" else replace(request, headers=headers))

    patch(transport.HttpTransport, "_exchange", forgetful)


MUTANTS = (
    Mutant("OR-REQ-1: asks with the id as it is", asks_with_the_id_as_it_is),
    Mutant("OR-REQ-1: encodes every sign but a slash", encodes_no_slash),
    Mutant("OR-REQ-1: deletes something before it asks", deletes_before_it_asks),
    Mutant("OR-REQ-1: asks with POST first", posts_before_it_asks),
    Mutant("OR-REQ-1: wants anything but JSON", wants_plain_text),
    Mutant("OR-REQ-2: takes the token along on a redirect", takes_the_token_along),
    Mutant("OR-REQ-2: logs the token", logs_the_token),
    Mutant("OR-REQ-2: logs the token with every lease", logs_the_token_of_a_lease),
    Mutant("OR-REQ-2: never sends the token", never_sends_the_token),
    Mutant("OR-REQ-2: sends some token where none is configured", always_sends_some_token),
    Mutant("OR-REQ-3: forgets the correlation id", forgets_the_correlation),
    Mutant("OR-REQ-3: forgets the correlation id of leases", forgets_the_correlation_of_leases),
)
