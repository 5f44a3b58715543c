"""openapi.yaml as one document: what it refers to in the files beside it, put in its place."""

import errno
import json
import os.path
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import yaml

from poolpact.contract.files import OPENAPI
from poolpact.errors import PoolpactError
from poolpact.yamlfile import parse_yaml

ReadText = Callable[[Path], str]

_OF_A_FILE = frozenset({"$schema", "$defs"})
"""Members of a schema file that have no meaning inside another document, once its references are followed."""
_PROSE = frozenset({"summary", "description"})


class InvalidContract(PoolpactError):
    """A contract that cannot be read: which file, and what is wrong with it."""


def load_document(path: Path = OPENAPI, read_text: ReadText | None = None) -> dict[str, Any]:
    """The OpenAPI document at ``path``, with every reference to another file replaced by what is there.

    References within the document stay. ``read_text`` gives the text of a file and raises OSError where there is none (by
    default it is read from the disk): with it the same contract is read from somewhere else, such as a revision of a repository.
    Raises InvalidContract: a file is missing or broken, a reference leads nowhere, or files refer to each other in a circle.
    """
    return _Bundler(path, read_text or _from_disk).bundle()


def at_pointer(document: Any, pointer: str) -> Any:
    """What the JSON pointer (of a reference, without its ``#``) points at; raises LookupError."""
    node = document
    for part in unquote(pointer).split("/")[1:]:
        name = part.replace("~1", "/").replace("~0", "~")
        if isinstance(node, list) and name.isdecimal():
            node = node[int(name)]
        elif isinstance(node, Mapping):
            node = node[name]
        else:
            raise KeyError(name)
    return node


def references(node: Any) -> Iterator[str]:
    """Every ``$ref`` in ``node`` and below it."""
    if isinstance(node, Mapping):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"]
        for member in node.values():
            yield from references(member)
    elif isinstance(node, list):
        for member in node:
            yield from references(member)


class _Bundler:
    def __init__(self, home: Path, read_text: ReadText) -> None:
        self._home = _normal(home)
        self._read_text = read_text
        self._parsed: dict[Path, Any] = {}

    def bundle(self) -> dict[str, Any]:
        document = self._inlined(self._file(self._home), self._home, ())
        if not isinstance(document, dict) or not isinstance(document.get("paths"), dict):
            raise InvalidContract(f"{self._home}: not an OpenAPI document: it has no paths")
        for reference in sorted(set(references(document))):
            self._at(document, reference.removeprefix("#"), f"{self._home}: {reference}")
        return document

    def _file(self, path: Path) -> Any:
        if path not in self._parsed:
            self._parsed[path] = self._read(path)
        return self._parsed[path]

    def _read(self, path: Path) -> Any:
        try:
            text = self._read_text(path)
            return json.loads(text) if path.suffix == ".json" else parse_yaml(text)
        except OSError as error:
            raise InvalidContract(f"{path}: {error.strerror or error}") from None
        except UnicodeDecodeError:
            raise InvalidContract(f"{path}: not UTF-8") from None
        except json.JSONDecodeError as error:
            raise InvalidContract(f"{path}: not JSON: {error}") from None
        except (ValueError, RecursionError) as error:
            raise InvalidContract(f"{path}: {' '.join(str(error).split())}") from None
        except yaml.YAMLError as error:
            raise InvalidContract(f"{path}: not YAML: {' '.join(str(error).split())}") from None

    def _inlined(self, node: Any, file: Path, trail: tuple[str, ...]) -> Any:
        if isinstance(node, list):
            return [self._inlined(member, file, trail) for member in node]
        if not isinstance(node, dict):
            return node
        if not isinstance(node.get("$ref"), str):
            return {name: self._inlined(member, file, trail) for name, member in node.items()}
        return self._followed(node, file, trail)

    def _followed(self, node: dict[str, Any], file: Path, trail: tuple[str, ...]) -> Any:
        beside, _, pointer = node["$ref"].partition("#")
        target = _normal(file.parent / unquote(beside)) if beside else file
        siblings = {name: member for name, member in node.items() if name != "$ref"}
        if target == self._home:
            return {"$ref": f"#{pointer}", **self._inlined(siblings, file, trail)}
        place = f"{file}: $ref {node['$ref']}"
        if "://" in beside:
            raise InvalidContract(f"{place}: only references to files are followed")
        for name in sorted(siblings.keys() - _PROSE):
            raise InvalidContract(f"{place}: beside a reference to a file only a description can stand, not {name}")
        step = f"{target}#{pointer}"
        if step in trail:
            raise InvalidContract(f"{place}: it refers to itself")
        content = self._at(self._file(target), pointer, place)
        if not isinstance(content, dict):
            raise InvalidContract(f"{place}: there is no object")
        own = {name: member for name, member in content.items() if name not in _OF_A_FILE}
        inlined: dict[str, Any] = self._inlined(own, target, (*trail, step))
        return inlined | siblings

    def _at(self, document: Any, pointer: str, place: str) -> Any:
        try:
            return at_pointer(document, pointer)
        except LookupError:
            raise InvalidContract(f"{place}: leads nowhere") from None


def _from_disk(path: Path) -> str:
    if path.exists() and not path.is_file():
        raise OSError(errno.EINVAL, "not a file")
    return path.read_text(encoding="utf-8")


def _normal(path: Path) -> Path:
    return Path(os.path.normpath(path))
