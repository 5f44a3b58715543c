"""Which answers of which calls were seen, as a grid."""

from collections import Counter
from dataclasses import dataclass

from poolpact.report.document import Document

_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")


@dataclass(frozen=True, slots=True)
class Row:
    """One call, and for each status of the grid how often it was answered so."""

    method: str
    path: str
    counts: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Grid:
    """A row a call, a column a status."""

    statuses: tuple[int, ...]
    rows: tuple[Row, ...]


def grid_of(document: Document) -> Grid:
    """The grid; rows by path and method, columns by status."""
    seen: Counter[tuple[str, str, int]] = Counter()
    for entry in document["coverage"]:
        seen[entry["path"], entry["method"], entry["status"]] += entry["count"]
    statuses = tuple(sorted({status for _, _, status in seen}))
    calls = sorted({(path, method) for path, method, _ in seen}, key=lambda call: (call[0], _rank(call[1]), call[1]))
    rows = (Row(method, path, tuple(seen[path, method, status] for status in statuses)) for path, method in calls)
    return Grid(statuses, tuple(rows))


def _rank(method: str) -> int:
    return _METHODS.index(method) if method in _METHODS else len(_METHODS)
