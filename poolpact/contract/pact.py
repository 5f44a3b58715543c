"""A pact as a file: its interactions, and where each is written."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from poolpact.errors import PoolpactError

_HTTP = "Synchronous/HTTP"


class InvalidPact(PoolpactError):
    """The pact is missing or cannot be used; the message names the file and what is wrong with it."""


@dataclass(frozen=True, slots=True)
class State:
    """A provider state: its name and its parameters."""

    name: str
    parameters: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Interaction:
    """One interaction. Of those that share a ``group`` a provider has to match one; one without a group is its own.

    ``profile`` is the set of requirements that it belongs to, ``place`` the file and the line of its description.
    """

    description: str
    states: tuple[State, ...]
    profile: str
    group: str
    place: str
    raw: Mapping[str, Any]

    @property
    def is_safe(self) -> bool:
        """Whether its request changes nothing."""
        return str(self.raw["request"].get("method", "")).upper() in ("GET", "HEAD")


@dataclass(frozen=True, slots=True)
class PactDocument:
    """One file: who agreed, and on what."""

    path: Path
    consumer: str
    provider: str
    interactions: tuple[Interaction, ...]
    raw: Mapping[str, Any]

    def named(self, description: str) -> Interaction:
        """The interaction of that description; raises InvalidPact where there is none."""
        found = next((each for each in self.interactions if each.description == description), None)
        if found is None:
            raise InvalidPact(f"{self.path}: there is no interaction {description!r}")
        return found


def read_pacts(path: Path) -> list[PactDocument]:
    """The pact of the file, or every pact of the folder; raises InvalidPact, also where there is none."""
    if not path.is_dir():
        return [read_pact(path)]
    documents = [read_pact(file) for file in sorted(path.glob("*.json"))]
    if not documents:
        raise InvalidPact(f"{path}: there is no pact (*.json) in this folder")
    return documents


def read_pact(path: Path) -> PactDocument:
    """Read and check one file; raises InvalidPact."""
    if path.exists() and not path.is_file():
        raise InvalidPact(f"{path}: not a file")
    try:
        text = path.read_text(encoding="utf-8")
        document = json.loads(text)
    except OSError as error:
        raise InvalidPact(f"{path}: {error.strerror}") from None
    except (ValueError, RecursionError) as error:
        raise InvalidPact(f"{path}: not JSON: {error}") from None
    try:
        consumer, provider = str(document["consumer"]["name"]), str(document["provider"]["name"])
        interactions = tuple(_interactions(document["interactions"], path, text))
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise InvalidPact(f"{path}: not a pact: {type(error).__name__}: {error}") from None
    if not interactions:
        raise InvalidPact(f"{path}: a pact without an interaction over HTTP")
    _check_unique([each.description for each in interactions], path)
    return PactDocument(path, consumer, provider, interactions, document)


def _interactions(found: Sequence[Mapping[str, Any]], path: Path, text: str) -> Iterator[Interaction]:
    lines = _lines_of_descriptions(text)
    for raw in found:
        if raw.get("type", _HTTP) != _HTTP:
            continue
        description, comments = raw["description"], raw.get("comments") or {}
        if not isinstance(description, str):
            raise ValueError("a description that is not a text")
        _check_exchange(description, raw.get("request"), raw.get("response"))
        yield Interaction(
            description,
            tuple(_states(raw)),
            str(comments.get("profile") or "core"),
            str(comments.get("group") or description),
            f"{_shown(path)}:{lines.get(description, 1)}",
            raw,
        )


def _check_exchange(description: str, request: Any, response: Any) -> None:
    if not isinstance(request, Mapping) or not isinstance(response, Mapping):
        raise ValueError(f"{description!r} has no request or no response")
    if not isinstance(request.get("method"), str) or not isinstance(request.get("path"), str):
        raise ValueError(f"the request of {description!r} has no method or no path")
    if not isinstance(request.get("headers", {}), Mapping) or not isinstance(response.get("headers", {}), Mapping):
        raise ValueError(f"{description!r} has headers that are not an object")
    if type(response.get("status")) is not int:
        raise ValueError(f"the response of {description!r} has no status")


def _shown(path: Path) -> Path:
    """As short as it can be said from here."""
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path


def _states(raw: Mapping[str, Any]) -> Iterator[State]:
    if raw.get("providerState"):
        yield State(str(raw["providerState"]), {})
    for state in raw.get("providerStates") or ():
        yield State(str(state["name"]), dict(state.get("params") or {}))


def _lines_of_descriptions(text: str) -> dict[str, int]:
    lines: dict[str, int] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        match = re.fullmatch(r'\s*"description":\s*(".*?"),?\s*', line)
        if match:
            lines.setdefault(json.loads(match[1]), number)
    return lines


def _check_unique(descriptions: Sequence[str], path: Path) -> None:
    twice = sorted({each for each in descriptions if descriptions.count(each) > 1})
    if twice:
        raise InvalidPact(f"{path}: two interactions are called {twice[0]!r}, so that one would hide the other")
