"""Two versions of the contract compared as a whole."""

from collections.abc import Iterator
from dataclasses import dataclass

from poolpact.diff.canonical import wording
from poolpact.diff.changes import Change
from poolpact.diff.errors import CannotCompare
from poolpact.diff.files import file_changes
from poolpact.diff.operations import operation_changes, operations_of
from poolpact.diff.pacts import Interaction, pact_changes, read_pact
from poolpact.diff.pair import Pair
from poolpact.diff.requirements import Requirement, asides_of, read_requirements, requirement_changes
from poolpact.diff.source import Source
from poolpact.diff.structure import read_openapi
from poolpact.diff.verdict import Verdict, bump_for, release
from poolpact.diff.versions import ContractVersion


@dataclass(frozen=True)
class Comparison:
    """What is different between two versions. ``wording`` counts the texts and examples that are not the same."""

    old: ContractVersion
    new: ContractVersion
    changes: tuple[Change, ...]
    wording: int
    verdict: Verdict

    def breaking(self) -> tuple[Change, ...]:
        """The changes that break someone."""
        return tuple(change for change in self.changes if change.breaks)


def compare(old: ContractVersion, new: ContractVersion) -> Comparison:
    """Compare; raises CannotCompare when one of them is broken, or when they are not versions of one contract.

    When one of them is a single OpenAPI document, only that is compared.
    """
    try:
        changes = tuple(_changes(old, new))
        wordings = _wording(old, new)
    except RecursionError:
        raise CannotCompare(f"{old.name} or {new.name}: nested too deeply") from None
    releases = (release(old.document["info"]["version"], old.name), release(new.document["info"]["version"], new.name))
    asks = bump_for(releases[0], breaks=any(change.breaks for change in changes), changes=bool(changes), wording=wordings > 0)
    return Comparison(old, new, changes, wordings, Verdict(*releases, asks))


def _changes(old: ContractVersion, new: ContractVersion) -> Iterator[Change]:
    olds, news = read_openapi(old.document, old.name), read_openapi(new.document, new.name)
    before, after = operations_of(olds), operations_of(news)
    titles = olds["info"]["title"], news["info"]["title"]
    shared = len(before.keys() & after.keys())
    if titles[0] != titles[1] and (not shared or shared * 2 < min(len(before), len(after))):
        raise CannotCompare(
            f"{old.name} is {titles[0]!r} and {new.name} is {titles[1]!r}, with {shared} operations in common: "
            "these are not two versions of one contract"
        )
    yield from operation_changes(Pair(Source(old.document, old.name), Source(new.document, new.name)), olds, news)
    if old.whole and new.whole:
        yield from file_changes(old.files, new.files, (old.name, new.name))
        yield from requirement_changes(_requirements(old), _requirements(new))
        yield from pact_changes(_pacts(old), _pacts(new))


def _requirements(version: ContractVersion) -> dict[str, Requirement]:
    return {} if version.requirements is None else read_requirements(version.requirements, version.name)


def _pacts(version: ContractVersion) -> dict[str, dict[str, Interaction]]:
    return {file: read_pact(pact, f"{version.name}: {file}") for file, pact in version.pacts.items()}


def _wording(old: ContractVersion, new: ContractVersion) -> int:
    whole = old.whole and new.whole
    olds, news = _texts(old, whole=whole), _texts(new, whole=whole)
    return max(len(olds - news), len(news - olds))


def _texts(version: ContractVersion, *, whole: bool) -> frozenset[tuple[str, str]]:
    if not whole:
        return wording(version.document)
    asides = (aside for name, requirement in _requirements(version).items() for aside in asides_of(name, requirement))
    return wording([version.document, *version.files.values()]).union(asides)
