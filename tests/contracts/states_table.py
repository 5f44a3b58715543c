"""contracts/states.md as data."""

import re
from dataclasses import dataclass

from tests.contracts.normal_form import CONTRACTS

_CELL = re.compile(r"(?P<status>\d{3})(?: (?P<code>[a-z_]+))?(?: → (?P<next>[a-z]+))?")
_TOLD = re.compile(r"`(?P<status>[45]\d\d) (?P<code>[a-z_]+)`")

OPERATIONS = {
    "GET status": "get_pool_status",
    "preload same": "preload_pool",
    "preload other": "preload_pool",
    "DELETE": "delete_pool",
    "drain": "drain_pool",
    "lease acquire": "acquire_lease",
    "lease renew": "renew_lease",
    "lease release": "release_lease",
}
"""Column of the table of calls -> operation of openapi.yaml."""
_NOTES = {
    "A preload": "preload_pool",
    "A drain": "drain_pool",
    "A lease acquire": "acquire_lease",
    "A renew": "renew_lease",
    "A release": "release_lease",
}


@dataclass(frozen=True)
class Cell:
    """What one call answers in one state. ``next_state`` is the same state where the table shows no arrow."""

    status: int
    code: str | None
    next_state: str


def states() -> list[str]:
    return [row["state"] for row in _table("States")]


def calls() -> dict[tuple[str, str], Cell]:
    """(state, call) -> what it answers."""
    return {
        (row["state"], call): _cell(row["state"], text)
        for row in _table("Calls")
        for call, text in row.items()
        if call != "state"
    }


def events() -> dict[tuple[str, str], str]:
    """(state, event) -> the next state, where the event is possible."""
    return {
        (row["state"], event): text.removeprefix("→ ")
        for row in _table("Events")
        for event, text in row.items()
        if event != "state" and text
    }


def told_below_the_calls() -> dict[str, set[tuple[int, str]]]:
    """operation -> the refusals that the notes below the table of calls add."""
    told: dict[str, set[tuple[int, str]]] = {}
    for note in re.split(r"\n- ", _section("Calls"))[1:]:
        operation = next(operation for start, operation in _NOTES.items() if note.startswith(start))
        told.setdefault(operation, set()).update((int(found["status"]), found["code"]) for found in _TOLD.finditer(note))
    return told


def _cell(state: str, text: str) -> Cell:
    found = _CELL.fullmatch(text)
    assert found is not None, f"{state}: {text!r} is not `status code → state`"
    return Cell(int(found["status"]), found["code"], found["next"] or state)


def _section(title: str) -> str:
    text = (CONTRACTS / "states.md").read_text(encoding="utf-8")
    return text.split(f"\n## {title}\n", 1)[1].split("\n## ", 1)[0]


def _table(title: str) -> list[dict[str, str]]:
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")] for line in _section(title).splitlines() if line.startswith("|")
    ]
    header, _, *body = rows
    assert all(len(row) == len(header) for row in body), f"the table {title!r} is ragged"
    return [dict(zip(header, row, strict=True)) for row in body]
