"""Ids of pools."""

import re
from collections.abc import Callable
from urllib.parse import unquote

from pool_managerd.domain import prepared
from pool_managerd.manager import incarnation
from pool_managerd.storage.journal import Intent
from tests.mutants.daemon.refusals import preloads
from tests.mutants.mutant import Mutant
from tests.mutants.patching import patch


def allows(pattern: str) -> Callable[[], None]:
    """An id is what ``pattern`` says."""

    def apply() -> None:
        patch(prepared, "_POOL_ID", re.compile(pattern, re.DOTALL))
        patch(incarnation, "Intent", Intent.model_construct)

    return apply


def repairs(change: Callable[[str], str]) -> Callable[[], None]:
    """A wrong id is made a right one."""
    return lambda: preloads(
        lambda pool_id, engine: (change(pool_id), engine.model_copy(update={"pool_id": change(engine.pool_id)}))
    )


MUTANTS = (
    Mutant("PM-PRELOAD-9: takes a path for an id", allows(r"[A-Za-z0-9._-][A-Za-z0-9._/-]{0,127}")),
    Mutant("PM-PRELOAD-9: takes a hidden file for an id", allows(r"[A-Za-z0-9._-]{1,128}")),
    Mutant("PM-PRELOAD-9: takes any letters of any script", allows(r"[\w-][\w.-]{0,127}")),
    Mutant("PM-PRELOAD-9: takes whatever is no slash", allows(r"[^/]{1,128}")),
    Mutant("PM-PRELOAD-9: takes ids of any length", allows(r"[A-Za-z0-9_-][A-Za-z0-9._-]*")),
    Mutant("PM-PRELOAD-9: takes no more than 64 letters", allows(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,63}")),
    Mutant("PM-PRELOAD-9: replaces what it does not like", repairs(lambda pool_id: re.sub(r"[^A-Za-z0-9._-]", "_", pool_id))),
    Mutant("PM-PRELOAD-9: keeps the last part of a path", repairs(lambda pool_id: re.split(r"[/\\]", unquote(pool_id))[-1])),
)
