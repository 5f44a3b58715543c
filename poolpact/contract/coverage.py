"""How much of openapi.yaml the answers of a run exercised."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from poolpact.contract.document import at_pointer, load_document

PROBLEM = "application/problem+json"
_FILE = "contract-coverage.json"


class Documented(NamedTuple):
    """One answer that a contract documents: ``code`` is that of a problem, empty for any other answer."""

    operation: str
    status: int
    code: str


class Coverage:
    """Which of the documented answers of an OpenAPI document were seen. An answer that it does not document is not counted."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self.documented = frozenset(_documented(document))
        self.seen: set[Documented] = set()

    def see(self, operation: str, status: int, code: str = "") -> None:
        """Count one answer, however often it was seen before."""
        answer = Documented(operation, status, code)
        if answer in self.documented:
            self.seen.add(answer)

    @property
    def unseen(self) -> list[Documented]:
        """What nobody saw, sorted."""
        return sorted(self.documented - self.seen)

    def summary(self) -> str:
        """One line."""
        operations, seen = ({answer.operation for answer in answers} for answers in (self.documented, self.seen))
        return (
            f"openapi.yaml: {len(self.seen)} of {len(self.documented)} documented answers seen, "
            f"of {len(seen)} of {len(operations)} operations"
        )

    def save(self, folder: Path) -> None:
        """Leave what was seen in ``folder``, for :meth:`gather`; raises OSError."""
        (folder / _FILE).write_text(json.dumps(sorted(self.seen)), encoding="utf-8")

    def gather(self, folder: Path) -> int:
        """Add what was saved in ``folder`` and the folders below it; return how many had saved something. Raises OSError."""
        files = sorted(folder.rglob(_FILE))
        for file in files:
            for operation, status, code in json.loads(file.read_text(encoding="utf-8")):
                self.see(operation, status, code)
        return len(files)


def told_of(folder: Path) -> list[str]:
    """The summary of all that was saved in ``folder`` and below it; nothing where nothing was."""
    coverage = Coverage(load_document())
    return [coverage.summary()] if coverage.gather(folder) else []


def _documented(document: Mapping[str, Any]) -> Iterator[Documented]:
    for item in document["paths"].values():
        for operation in item.values():
            if isinstance(operation, Mapping) and "operationId" in operation:
                for status, answer in operation["responses"].items():
                    for code in _codes(_behind(answer, document), document):
                        yield Documented(operation["operationId"], int(status), code)


def _codes(answer: Mapping[str, Any], document: Mapping[str, Any]) -> list[str]:
    content = answer.get("content", {})
    if PROBLEM not in content:
        return [""]
    codes = _behind(content[PROBLEM]["schema"], document).get("properties", {}).get("code", {}).get("enum", [])
    return list(codes) or [""]


def _behind(node: Mapping[str, Any], document: Mapping[str, Any]) -> Mapping[str, Any]:
    while "$ref" in node:
        node = at_pointer(document, node["$ref"].removeprefix("#"))
    return node
