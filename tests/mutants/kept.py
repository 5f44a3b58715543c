"""What the judge found before: a run of an hour that was interrupted goes on, and another expectation needs none.

An outcome counts for as long as what was judged, and what judges, is the same to the byte.
"""

import ast
import hashlib
import json
import sys
from collections.abc import Iterable
from pathlib import Path

from tests.mutants.judging import ROOT, Outcome
from tests.mutants.mutant import Mutant

JUDGED_BY = ("contracts", "features", "poolpact", "reference", "steps")
"""The folders on which an outcome depends, besides the mutant's own module."""
_EXPECTED = ("also", "why")


class KeptOutcomes:
    """Outcomes in a file, one line each."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._shared = _digest(*_contents(ROOT / folder for folder in JUDGED_BY), *_shared_by_mutants())
        self._found = dict(self._read()) if path.exists() else {}

    def _read(self) -> Iterable[tuple[str, Outcome]]:
        for line in self._path.read_text(encoding="utf-8").splitlines():
            kept = json.loads(line)
            yield kept["key"], Outcome(kept["verdicts"], kept["seconds"])

    def of(self, mutant: Mutant) -> Outcome | None:
        """What was found of the mutant, None where it has to be judged."""
        return self._found.get(self._key(mutant))

    def keep(self, mutant: Mutant, outcome: Outcome) -> None:
        """Remember what was found; a judge that broke found nothing."""
        if outcome.broken:
            return
        self._found[self._key(mutant)] = outcome
        line = {"key": self._key(mutant), "name": mutant.name, "verdicts": dict(outcome.verdicts), "seconds": outcome.seconds}
        with self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")

    def _key(self, mutant: Mutant) -> str:
        return _digest(self._shared.encode(), mutant.name.encode(), defects_of(_module_of(mutant)).encode())


def _module_of(mutant: Mutant) -> str:
    """The source of the module that lists the mutant."""
    listing = (module for name, module in sys.modules.items() if name.startswith("tests.mutants."))
    [path] = {module.__file__ for module in listing if mutant in _listed(module)}
    return Path(str(path)).read_text(encoding="utf-8")


def _listed(module: object) -> Iterable[Mutant]:
    listed = getattr(module, "MUTANTS", ())
    return listed if isinstance(listed, tuple) else ()


def _shared_by_mutants() -> Iterable[bytes]:
    """What no mutant is listed in."""
    for path in sorted((ROOT / "tests" / "mutants").rglob("*.py")):
        if "\nMUTANTS = (" not in (source := path.read_text(encoding="utf-8")):
            yield source.encode()


def defects_of(source: str) -> str:
    """A module of mutants without what is expected of them."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == Mutant.__name__:
            node.keywords = [keyword for keyword in node.keywords if keyword.arg not in _EXPECTED]
    return ast.dump(tree)


def _contents(folders: Iterable[Path]) -> Iterable[bytes]:
    for folder in folders:
        for path in sorted(folder.rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                yield str(path.relative_to(ROOT)).encode()
                yield path.read_bytes()


def _digest(*parts: bytes) -> str:
    digest = hashlib.sha256()
    for part in parts:
        digest.update(len(part).to_bytes(8, "big") + part)
    return digest.hexdigest()
