"""The file of failures that are known: requirements that a subject may fail for now, each with the reason."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import yaml

from poolpact.errors import PoolpactError


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
        entries = _pairs(yaml.compose(path.read_text(encoding="utf-8"), Loader=yaml.SafeLoader))
    except OSError as error:
        raise InvalidKnownFailures(f"{path}: {error.strerror or error}") from None
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError) as error:
        raise InvalidKnownFailures(f"{path}: no YAML: {' '.join(str(error).split())[:200]}") from None
    except InvalidKnownFailures as error:
        raise InvalidKnownFailures(f"{path}: {error}") from None
    return KnownFailures(path, entries)


def _pairs(document: yaml.Node | None) -> dict[str, str]:
    if document is None:
        return {}
    if not isinstance(document, yaml.MappingNode):
        raise InvalidKnownFailures("expected lines such as PM-READY-2: the reason why it fails")
    pairs: dict[str, str] = {}
    for key, value in document.value:
        if not isinstance(key, yaml.ScalarNode) or not isinstance(value, yaml.ScalarNode) or not value.value.strip():
            raise InvalidKnownFailures(f"line {key.start_mark.line + 1}: expected a requirement and the reason why it fails")
        if value.tag != "tag:yaml.org,2002:str":
            raise InvalidKnownFailures(f"line {key.start_mark.line + 1}: {value.value!r} is no reason")
        if key.value in pairs:
            raise InvalidKnownFailures(f"line {key.start_mark.line + 1}: {key.value} is listed twice")
        pairs[key.value] = " ".join(value.value.split())
    return pairs
