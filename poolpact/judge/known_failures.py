"""The file of failures that are known: requirements that a subject may fail for now, each with the reason."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import yaml

from poolpact.errors import PoolpactError

_MOST_BYTES = 1024 * 1024


class InvalidKnownFailures(PoolpactError):
    """The file cannot be used; the message is one line that says why."""


@dataclass(frozen=True, slots=True)
class KnownFailures:
    """Why each of the requirements that are listed may fail. ``path`` is where that is written; None where nothing is."""

    path: Path | None = None
    reasons: Mapping[str, str] = field(default_factory=dict)

    def unknown(self, requirement_ids: Collection[str]) -> list[str]:
        """What is listed and is no requirement."""
        return sorted(self.reasons.keys() - set(requirement_ids))


def read_known_failures(path: Path) -> KnownFailures:
    """Read a YAML mapping such as ``PM-READY-2: slow disks``; raises InvalidKnownFailures.

    A reason is a text that says something. A requirement that is listed twice is an error.
    """
    try:
        entries = _pairs(yaml.compose(_read(path).decode("utf-8-sig"), Loader=yaml.SafeLoader))
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError) as error:
        raise InvalidKnownFailures(f"{path}: no YAML: {' '.join(str(error).split())[:200]}") from None
    except InvalidKnownFailures as error:
        raise InvalidKnownFailures(f"{path}: {error}") from None
    return KnownFailures(path, entries)


def _read(path: Path) -> bytes:
    try:
        if path.exists() and not path.is_file():
            raise InvalidKnownFailures("it is no file")
        with path.open("rb") as file:
            content = file.read(_MOST_BYTES + 1)
    except (OSError, ValueError) as error:
        raise InvalidKnownFailures(getattr(error, "strerror", None) or str(error)) from None
    if len(content) > _MOST_BYTES:
        raise InvalidKnownFailures(f"more than {_MOST_BYTES} bytes are no list of known failures")
    return content


def _pairs(document: yaml.Node | None) -> dict[str, str]:
    if document is None:
        return {}
    if not isinstance(document, yaml.MappingNode):
        raise InvalidKnownFailures("expected lines such as PM-READY-2: the reason why it fails")
    pairs: dict[str, str] = {}
    for key, value in document.value:
        if not all(isinstance(node, yaml.ScalarNode) and node.value.strip() for node in (key, value)):
            raise InvalidKnownFailures(f"line {key.start_mark.line + 1}: expected a requirement and the reason why it fails")
        if value.tag != "tag:yaml.org,2002:str":
            raise InvalidKnownFailures(f"line {key.start_mark.line + 1}: {value.value!r} is no reason")
        if key.value in pairs:
            raise InvalidKnownFailures(f"line {key.start_mark.line + 1}: {key.value} is listed twice")
        pairs[key.value] = " ".join(value.value.split())
    return pairs
