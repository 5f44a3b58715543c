"""Two versions of the pacts compared: what each consumer expects of its provider, one interaction after another."""

from collections.abc import Iterator, Mapping
from typing import Any

from poolpact.diff.canonical import text
from poolpact.diff.changes import ABSENT, NEITHER, PROVIDERS, Change, Place
from poolpact.diff.errors import CannotCompare

Interaction = Mapping[str, Any]

_ASIDE = ("comments", "key", "pending", "interactionMarkup")
"""What an interaction says beside what is expected."""


def read_pact(document: Any, name: str) -> dict[str, Interaction]:
    """The interactions of a pact, by their description and the states that they need; raises CannotCompare."""
    entries = document.get("interactions") if isinstance(document, Mapping) else None
    if not isinstance(entries, list) or not all(_is_interaction(entry) for entry in entries):
        raise CannotCompare(f"{name}: not a pact: it has no list of interactions with descriptions")
    return {_title(entry): {key: value for key, value in entry.items() if key not in _ASIDE} for entry in entries}


def pact_changes(
    olds: Mapping[str, Mapping[str, Interaction]], news: Mapping[str, Mapping[str, Interaction]]
) -> Iterator[Change]:
    """What changed, by file; a provider must satisfy what is new or different, and nobody misses what is no longer expected."""
    for file in sorted(olds.keys() | news.keys()):
        before, after = olds.get(file, {}), news.get(file, {})
        for title in sorted(before.keys() | after.keys()):
            place = Place(file, part=f"interaction {title!r}", path=("interactions", title))
            if title not in before:
                yield Change(place, "new interaction", breaks=PROVIDERS)
            elif title not in after:
                yield Change(place, "interaction removed", breaks=NEITHER)
            else:
                yield from _of_interaction(place, before[title], after[title])


def _of_interaction(place: Place, old: Interaction, new: Interaction) -> Iterator[Change]:
    for member in sorted(old.keys() | new.keys()):
        before, after = old.get(member, ABSENT), new.get(member, ABSENT)
        if ABSENT in (before, after) or text(before) != text(after):
            yield Change(place, member, before, after, PROVIDERS, undecided=True)


def _is_interaction(entry: Any) -> bool:
    if not isinstance(entry, Mapping) or not isinstance(entry.get("description"), str):
        return False
    states = entry.get("providerStates", [])
    return isinstance(states, list) and all(isinstance(state, Mapping) for state in states)


def _title(interaction: Interaction) -> str:
    given = ", ".join(_state(state) for state in interaction.get("providerStates", []))
    return f"{interaction['description']}, given {given}" if given else str(interaction["description"])


def _state(state: Mapping[str, Any]) -> str:
    return f"{state.get('name')} {text(state['params'])}" if state.get("params") else str(state.get("name"))
