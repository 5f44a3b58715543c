"""Sending one pool of pools.toml to a running daemon."""

import json
from dataclasses import dataclass

import httpx

from pool_managerd.domain.errors import InvalidSettings, StartupRefused
from pool_managerd.domain.prepared import PreparedEngine

DEFAULT_URL = "http://127.0.0.1:9200"
_SPARE = 10.0
"""Seconds that an answer may take beyond the wait that was asked for."""


class DaemonUnreachable(StartupRefused):
    """No daemon answers at the URL."""

    code = "daemon_unreachable"


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a preload went: one line for a person."""

    ok: bool
    line: str


def send_preload(prepared: PreparedEngine, *, url: str, token: str | None, wait: float) -> Outcome:
    """Ask the daemon at ``url`` to preload, and wait at most ``wait`` seconds for ready.

    Raises InvalidSettings for a URL that cannot be used, and DaemonUnreachable.
    """
    headers = {"Prefer": f"wait={round(wait)}"} | ({"Authorization": f"Bearer {token}"} if token else {})
    try:
        answer = httpx.post(
            f"{url.rstrip('/')}/pools/{prepared.pool_id}/preload",
            json={"prepared": prepared.model_dump(mode="json")},
            headers=headers,
            timeout=httpx.Timeout(_SPARE, read=wait + _SPARE),
            trust_env=False,
        )
    except (httpx.InvalidURL, httpx.UnsupportedProtocol, UnicodeError) as error:
        raise InvalidSettings(f"POOL_MANAGERD_URL (--url) {url!r} cannot be used: {error}") from None
    except httpx.HTTPError as error:
        raise DaemonUnreachable(f"no answer from {url}: {error or type(error).__name__}") from None
    return _outcome(prepared.pool_id, answer, wait)


def _outcome(pool_id: str, answer: httpx.Response, wait: float) -> Outcome:
    document = _document(answer)
    if answer.status_code == 200:
        return Outcome(True, f"{pool_id}: ready, pid {document.get('pid')}")
    if answer.status_code == 202:
        return Outcome(wait == 0, f"{pool_id}: still loading" + (f" after {wait:g} s" if wait else ""))
    reason = document.get("detail") or document.get("error") or answer.reason_phrase
    return Outcome(False, f"{pool_id}: {document.get('code', answer.status_code)}: {reason}")


def _document(answer: httpx.Response) -> dict[str, object]:
    try:
        document = answer.json()
    except (json.JSONDecodeError, UnicodeDecodeError, RecursionError):
        return {}
    return document if isinstance(document, dict) else {}
