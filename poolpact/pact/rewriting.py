"""An interaction as it is sent: with the ids that the pools of this run have. Pure."""

import re
from collections.abc import Mapping
from typing import Any

REPLAY = "replay"
"""The parameter of every provider state that says which arrangement the interaction is about."""


def rewritten(raw: Mapping[str, Any], ids: Mapping[str, str], arrangement: str) -> dict[str, Any]:
    """``raw`` with each pool called by its id, where it is a whole text or a segment of a path, and asking for ``arrangement``.

    So two runs against one daemon have nothing in common, and no provider state of the one is taken for that of the other.
    """
    changed = {name: _renamed(value, ids) if name in ("request", "response") else value for name, value in raw.items()}
    changed.pop("providerState", None)
    changed["providerStates"] = [{"name": REPLAY, "params": {REPLAY: arrangement}}]
    return changed


def _renamed(value: Any, ids: Mapping[str, str]) -> Any:
    if isinstance(value, str):
        return _renamed_text(value, ids)
    if isinstance(value, Mapping):
        return {key: _renamed(member, ids) for key, member in value.items()}
    if isinstance(value, list):
        return [_renamed(member, ids) for member in value]
    return value


def _renamed_text(text: str, ids: Mapping[str, str]) -> str:
    if text in ids:
        return ids[text]
    for name, pool_id in ids.items():
        text = re.sub(rf"(?<=/){re.escape(name)}(?=[/?]|$)", pool_id, text)
    return text
