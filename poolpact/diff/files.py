"""Two versions of the files that a provider leaves behind for others to read, compared by their schemas."""

from collections.abc import Iterator, Mapping
from typing import Any

from poolpact.diff.changes import CONSUMERS, PROVIDERS, Change, Place
from poolpact.diff.direction import Direction
from poolpact.diff.pair import Pair
from poolpact.diff.source import Source


def file_changes(olds: Mapping[str, Any], news: Mapping[str, Any], names: tuple[str, str]) -> Iterator[Change]:
    """What changed; schemas by file name, ``names`` are those of the two versions. Raises CannotCompare."""
    for file in sorted(olds.keys() | news.keys()):
        place = Place(file)
        if file not in olds:
            yield Change(place, "new file format", breaks=PROVIDERS)
        elif file not in news:
            yield Change(place, "file format removed", breaks=CONSUMERS)
        else:
            old, new = olds[file], news[file]
            pair = Pair(Source(old, f"{names[0]}: {file}"), Source(new, f"{names[1]}: {file}"))
            yield from pair.schemas(place, old, new, Direction.ANSWER)
