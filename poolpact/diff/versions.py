"""Reading a version of the contract: an OpenAPI document, a contracts/ folder, or that folder at a revision of the repository."""

import json
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import unquote

import yaml

from poolpact.contract.document import InvalidContract, at_pointer, load_document, references
from poolpact.diff.canonical import without_prose
from poolpact.diff.errors import CannotCompare
from poolpact.diff.operations import FILE as OPENAPI
from poolpact.diff.requirements import FILE as REQUIREMENTS
from poolpact.diff.revisions import Revision
from poolpact.yamlfile import parse_yaml

_SCHEMAS, _PACTS = "schemas", "pacts"


@dataclass(frozen=True)
class ContractVersion:
    """One version of the contract. ``whole`` is false for a single OpenAPI document, of which the rest is not known.

    ``files`` are the schemas that no operation refers to: those of files on a disk. They and the ``pacts`` go by their
    names from the folder; ``text_of`` gives the text of any file of it by such a name, and raises OSError. ``home`` is what
    people would write before such a name.
    """

    name: str
    document: dict[str, Any]
    files: dict[str, Any] = field(default_factory=dict)
    requirements: Any = None
    pacts: dict[str, Any] = field(default_factory=dict)
    whole: bool = False
    home: str = ""
    text_of: Callable[[str], str] = field(default=lambda name: _no_text(name), compare=False, repr=False)

    def path_of(self, name: str) -> str:
        """A file of it, as people would write it."""
        if self.whole:
            return f"{self.home}/{name}"
        return self.home if name == OPENAPI else str(Path(self.home).parent / name)


class Folder(Protocol):
    """A contracts/ folder, wherever it is."""

    @property
    def home(self) -> Path:
        """Its path."""

    def names(self) -> list[str]:
        """The files in it, by their paths from it."""

    def read(self, path: Path) -> str:
        """The text of a file by its path; raises OSError, UnicodeDecodeError."""


@dataclass(frozen=True)
class FolderOnDisk:
    """A contracts/ folder on the disk."""

    home: Path

    def names(self) -> list[str]:
        """The files in it that may be part of a contract."""
        patterns = (OPENAPI, REQUIREMENTS, f"{_SCHEMAS}/*.json", f"{_PACTS}/*.json")
        return sorted(path.relative_to(self.home).as_posix() for pattern in patterns for path in self.home.glob(pattern))

    def read(self, path: Path) -> str:
        """The text of a file; raises OSError, UnicodeDecodeError."""
        return path.read_text(encoding="utf-8")


def read_version(argument: str) -> ContractVersion:
    """The version that ``argument`` names: a folder, else a file, else a revision; raises CannotCompare."""
    try:
        if os.path.isdir(argument):
            return _whole(argument, argument.rstrip("/") or "/", FolderOnDisk(Path(argument)))
        if os.path.isfile(argument):
            return _document_only(argument)
        if os.path.exists(argument):
            raise CannotCompare(f"{argument}: neither a file nor a folder")
        revision = Revision.named(argument)
        return _whole(argument, f"{argument}:{revision.home}", revision, f"{argument}: ")
    except RecursionError:
        raise CannotCompare(f"{argument}: nested too deeply") from None


def _document_only(argument: str) -> ContractVersion:
    path = Path(argument)
    document = _bundled(path, FolderOnDisk(path.parent).read)

    def text_of(name: str) -> str:
        return (path if name == OPENAPI else path.parent / name).read_text(encoding="utf-8")

    return ContractVersion(argument, document, home=argument, text_of=text_of)


def _whole(argument: str, home: str, folder: Folder, prefix: str = "") -> ContractVersion:
    names = folder.names()
    if OPENAPI not in names:
        raise CannotCompare(f"{prefix}{folder.home}: there is no {OPENAPI} in it")
    document = _bundled(folder.home / OPENAPI, folder.read, prefix)
    on_the_wire = _behind_paths(folder)
    schemas = [name for name in names if _is_json(name, _SCHEMAS) and name not in on_the_wire]
    return ContractVersion(
        argument,
        document,
        files=_standing_alone(folder, schemas, prefix),
        requirements=_parsed(folder, REQUIREMENTS, parse_yaml, prefix) if REQUIREMENTS in names else None,
        pacts={name: _parsed(folder, name, json.loads, prefix) for name in names if _is_json(name, _PACTS)},
        whole=True,
        home=home,
        text_of=lambda name: folder.read(folder.home / name),
    )


def _bundled(path: Path, read_text: Callable[[Path], str], prefix: str = "") -> dict[str, Any]:
    try:
        document: dict[str, Any] = _with_text_keys(load_document(path, read_text))
    except InvalidContract as error:
        raise CannotCompare(f"{prefix}{error}") from None
    return document


def _behind_paths(folder: Folder) -> set[str]:
    """The files that hold what operations send and answer, by their names from the folder; all of it has been read before."""
    texts: dict[str, Any] = {}
    seen: set[str] = set()
    todo = [(OPENAPI, "/paths")]
    while todo:
        file, pointer = todo.pop()
        if file not in texts:
            text = folder.read(folder.home / file)
            texts[file] = json.loads(text) if file.endswith(".json") else parse_yaml(text)
        for reference in set(references(without_prose(at_pointer(texts[file], pointer)))):
            beside, _, below = reference.partition("#")
            target = os.path.normpath(Path(file).parent / unquote(beside)) if beside else file
            if f"{target}#{below}" not in seen:
                seen.add(f"{target}#{below}")
                todo.append((target, below))
    return set(texts)


def _standing_alone(folder: Folder, names: list[str], prefix: str) -> dict[str, Any]:
    """The schema files with what they refer to: they are read as the components of a document that has nothing else."""
    if not names:
        return {}
    home = folder.home / _SCHEMAS
    schemas = {name: {"$ref": Path(name).relative_to(_SCHEMAS).as_posix()} for name in names}
    stand_in = json.dumps({"paths": {}, "components": {"schemas": schemas}})
    document = _bundled(home / "index", lambda path: stand_in if path == home / "index" else folder.read(path), prefix)
    found: dict[str, Any] = document["components"]["schemas"]
    return found


def _parsed(folder: Folder, name: str, parse: Callable[[str], Any], prefix: str) -> Any:
    path = folder.home / name
    try:
        return parse(folder.read(path))
    except OSError as error:
        raise CannotCompare(f"{prefix}{path}: {error.strerror or error}") from None
    except (ValueError, yaml.YAMLError) as error:
        raise CannotCompare(f"{prefix}{path}: cannot be parsed: {' '.join(str(error).split())}") from None


def _is_json(name: str, folder: str) -> bool:
    return Path(name).parent == Path(folder) and name.endswith(".json")


def _with_text_keys(node: Any) -> Any:
    """YAML takes 200 for a number."""
    if isinstance(node, list):
        return [_with_text_keys(member) for member in node]
    return {str(name): _with_text_keys(member) for name, member in node.items()} if isinstance(node, dict) else node


def _no_text(name: str) -> str:
    raise FileNotFoundError(name)
