"""Who may call, from where, and what an engine gets to see."""

import base64
import contextlib
import ipaddress
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs

import structlog

from pool_managerd import daemon
from pool_managerd.api import problems
from pool_managerd.api.gate import Gate
from pool_managerd.api.problems import RequestRefused, Unauthorised
from pool_managerd.api.security import Security
from pool_managerd.engines import environment
from pool_managerd.settings import Address
from tests.mutants.mutant import Mutant
from tests.mutants.patching import patch, rework

Given = Callable[[bytes, bytes], bool]


def opens_to(good: Given) -> Callable[[], None]:
    """What follows the scheme is compared by ``good(what was given, the token)``."""

    def authorises(self: Any, authorization: Any) -> bool:
        if self.token is None:
            return True
        scheme, _, credentials = (authorization[0] if authorization else b"").strip().partition(b" ")
        return scheme.lower() == b"bearer" and good(credentials.strip(), self.token.encode())

    return lambda: patch(Security, "authorises", authorises)


def knows_the_basic_scheme() -> None:
    def authorises(self: Any, authorization: Any) -> bool:
        if check(self, authorization):
            return True
        scheme, _, credentials = b"".join(authorization).partition(b" ")
        with contextlib.suppress(ValueError):
            return scheme == b"Basic" and base64.b64decode(credentials).rpartition(b":")[2] == self.token.encode()
        return False

    check = Security.authorises
    patch(Security, "authorises", authorises)


def looks_into_the_query() -> None:
    def check_request(self: Any, scope: Any) -> None:
        tokens = parse_qs(scope["query_string"]).get(b"token", [])
        check(self, {**scope, "headers": [*scope["headers"], *((b"authorization", b"Bearer " + each) for each in tokens)]})

    check = Gate._check
    patch(Gate, "_check", check_request)


def trips_over_other_letters() -> None:
    rework(
        Security,
        "authorises",
        lambda check: lambda self, given: check(self, [each.decode("ascii").encode() for each in given]),
    )


def lets_everybody(method: str) -> Callable[[], None]:
    """A method is not guarded."""

    def make(check: Any) -> Any:
        def some(self: Any, scope: Any) -> None:
            with contextlib.suppress(Unauthorised):
                check(self, scope)
                return
            if scope["method"] != method:
                raise Unauthorised(token_given=True)

        return some

    return lambda: rework(Gate, "_check", make)


def does_not_say_what_it_wants() -> None:
    rework(problems, "_headers", lambda headers: lambda error: {} if isinstance(error, Unauthorised) else headers(error))


def refuses_when_it_is_done() -> None:
    async def pass_(self: Any, scope: Any, receive: Any, answer: Any) -> None:
        try:
            self._check(scope)
        except Unauthorised:
            await self._app(scope, receive, _nowhere)
        except RequestRefused:
            pass
        await check_and_pass(self, scope, receive, answer)

    check_and_pass = Gate._pass
    patch(Gate, "_pass", pass_)


async def _nowhere(message: Any) -> None:
    return


def listens_where(good: Callable[[Any], bool]) -> Callable[[], None]:
    """An address needs no token where it is ``good``."""
    return lambda: patch(Address, "on_loopback", property(good))


def compares_as_it_goes() -> None:
    def make(authorises: Any) -> Any:
        def compared(self: Any, given: Any) -> bool:
            return self.token is None or [each.partition(b" ")[2] for each in given] == [self.token.encode()]

        return compared

    rework(Security, "authorises", make)


def logs_what_it_is_sent() -> None:
    def make(check: Any) -> Any:
        def talkative(self: Any, scope: Any) -> None:
            structlog.get_logger("pool_managerd").debug("checking", headers=repr(scope["headers"]))
            check(self, scope)

        return talkative

    rework(Gate, "_check", make)


def shows_the_token() -> None:
    patch(Security, "__repr__", lambda self: f"Security(token={self.token!r})")


def admits(good: Callable[[str], bool]) -> Callable[[], None]:
    """A Host header is also fine where it is ``good``."""

    def make(admits_host: Any) -> Any:
        return lambda self, host, arrived_at: admits_host(self, host, arrived_at) or good(b"".join(host).decode("latin-1"))

    return lambda: rework(Security, "admits_host", make)


def is_address(host: str) -> bool:
    try:
        return bool(ipaddress.ip_address(host.partition(":")[0]))
    except ValueError:
        return False


def knows_no_ipv6() -> None:
    rework(
        Security,
        "admits_host",
        lambda check: lambda self, host, at: not b"".join(host).startswith(b"[") and check(self, host, at),
    )


def forgets_the_allowed_hosts() -> None:
    rework(daemon, "_security", lambda make: lambda settings: Security(make(settings).token))


def hands_everything_down() -> None:
    patch(environment, "_is_allowed", lambda name: True)


def withholds_only_its_token() -> None:
    patch(environment, "_is_allowed", lambda name: name != "POOL_MANAGERD_TOKEN")


MUTANTS = (
    Mutant("PM-AUTH-1: is content with the beginning of the token", opens_to(lambda given, token: token.startswith(given))),
    Mutant("PM-AUTH-1: is content with a token that begins right", opens_to(lambda given, token: given.startswith(token))),
    Mutant("PM-AUTH-1: takes the Basic scheme, too", knows_the_basic_scheme),
    Mutant("PM-AUTH-1: looks for the token in the query", looks_into_the_query),
    Mutant("PM-AUTH-1: trips over a token that is not ASCII", trips_over_other_letters),
    Mutant(
        "PM-AUTH-1: lets everybody read", lets_everybody("GET"), also=frozenset({"PM-HEALTH-1"}), why="it reads a status, too"
    ),
    Mutant(
        "PM-AUTH-1: does not say what it wants",
        does_not_say_what_it_wants,
        also=frozenset({"PM-HEALTH-1"}),
        why="it is refused a status, too",
    ),
    Mutant("PM-AUTH-1: refuses when it has done it", refuses_when_it_is_done),
    Mutant("PM-AUTH-2: listens anywhere without a token", listens_where(lambda address: True)),
    Mutant("PM-AUTH-2: forgets IPv6", listens_where(lambda address: address.host != "0.0.0.0")),
    Mutant("PM-AUTH-3: compares letter by letter", compares_as_it_goes, how="source"),
    Mutant("PM-AUTH-3: logs the headers", logs_what_it_is_sent, how="source"),
    Mutant("PM-AUTH-3: shows the token when it is printed", shows_the_token, how="source"),
    Mutant("PM-AUTH-4: looks at no Host header", admits(lambda host: True)),
    Mutant("PM-AUTH-4: looks at the beginning of the Host header", admits(lambda host: host.startswith(("127.", "localhost")))),
    Mutant("PM-AUTH-4: trusts any address", admits(is_address)),
    Mutant("PM-AUTH-4: does not know IPv6", knows_no_ipv6),
    Mutant("PM-AUTH-4: forgets the hosts that are allowed", forgets_the_allowed_hosts),
    Mutant("PM-AUTH-5: hands its environment down", hands_everything_down),
    Mutant("PM-AUTH-5: withholds nothing but its token", withholds_only_its_token),
)
