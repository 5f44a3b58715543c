"""Secrets are taken out of everything that a report shows."""

from collections.abc import Collection, Mapping

_SHORTEST = 4
"""A secret that is shorter than this is too common a text to be looked for."""
_BEARER = "Bearer "


class Redaction:
    """Replaces ``secrets`` wherever they turn up, and whatever is sent as a credential."""

    def __init__(self, secrets: Collection[str]) -> None:
        self._secrets = sorted((secret for secret in secrets if len(secret) >= _SHORTEST), key=len, reverse=True)

    def text(self, text: str) -> str:
        """``text`` without a secret."""
        for secret in self._secrets:
            text = text.replace(secret, "(secret)")
        return text

    def headers(self, headers: Mapping[str, str]) -> dict[str, str]:
        """``headers`` without a secret. Of a credential that is none of them no part is shown: it may be made from one."""
        return {name: self._credential(value) if name == "authorization" else self.text(value) for name, value in headers.items()}

    def _credential(self, value: str) -> str:
        if value.startswith(_BEARER) and value.removeprefix(_BEARER) in self._secrets:
            return f"{_BEARER}(the token)"
        return "(another credential)"
