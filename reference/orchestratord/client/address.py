"""Where the pool manager is, and with which token: checked before anything is sent."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from orchestratord.errors import InvalidSettings

DEFAULT_URL = "http://127.0.0.1:9200"
URL_VARIABLE = "POOL_MANAGERD_URL"
TOKEN_VARIABLE = "POOL_MANAGERD_TOKEN"  # noqa: S105 - the name of a variable


@dataclass(frozen=True, slots=True)
class Address:
    """``url`` without a slash at its end; ``token`` is kept out of the repr."""

    url: str = DEFAULT_URL
    token: str | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "url", check_url(self.url))
        if self.token is not None:
            check_token(self.token)

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> "Address":
        """From POOL_MANAGERD_URL and POOL_MANAGERD_TOKEN; empty is the same as not set (OR-CFG-1)."""
        return cls(environ.get(URL_VARIABLE) or DEFAULT_URL, environ.get(TOKEN_VARIABLE) or None)


def check_url(url: str) -> str:
    """``url`` without a slash at its end; raises InvalidSettings for what is not a plain http(s) base URL."""
    problem = _problem_of_url(url)
    if problem is not None:
        raise InvalidSettings(f"{URL_VARIABLE} {problem}; it is a URL such as {DEFAULT_URL}")
    return url.rstrip("/")


def _problem_of_url(url: str) -> str | None:
    if not url.isascii() or not url.isprintable() or " " in url:
        return "holds a character that a URL cannot have"
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        return f"cannot be read: {error}"
    if parts.username is not None or parts.password is not None:
        return f"must not hold credentials: put the token into {TOKEN_VARIABLE}"
    if parts.scheme not in ("http", "https"):
        return f"{url!r} does not begin with http:// or https://"
    if not parts.hostname:
        return f"{url!r} names no host"
    if port == 0:
        return f"{url!r} has port 0"
    if parts.query or parts.fragment or url.endswith(("?", "#")):
        return f"{url!r} has a query or a fragment"
    return None


def check_token(token: str) -> None:
    """Raise InvalidSettings for a token that cannot be a header; the token is not shown."""
    if not token or not token.isascii() or not token.isprintable() or " " in token:
        raise InvalidSettings(f"{TOKEN_VARIABLE} must be printable ASCII without spaces")
