import json
import os
from pathlib import Path
from typing import Any

import pytest

from poolpact.contract.pact import InvalidPact, State, read_pact, read_pacts


def an_interaction(description: str = "one", **members: Any) -> dict[str, Any]:
    request = {"method": "GET", "path": "/health"}
    return {"type": "Synchronous/HTTP", "description": description, "request": request, "response": {"status": 200}, **members}


def a_pact(*interactions: dict[str, Any]) -> dict[str, Any]:
    return {"consumer": {"name": "c"}, "provider": {"name": "p"}, "interactions": list(interactions)}


def written(folder: Path, document: Any, name: str = "c-p.json") -> Path:
    path = folder / name
    path.write_text(json.dumps(document, indent=2))
    return path


def test_an_interaction_has_its_states_profile_group_and_place(tmp_path: Path) -> None:
    states = [{"name": "a pool is ready", "params": {"pool": "gpu-0"}}, {"name": "it rains"}]
    raw = an_interaction(providerStates=states, comments={"profile": "leases", "group": "some"})
    [read] = read_pact(written(tmp_path, a_pact(raw))).interactions
    assert read.states == (State("a pool is ready", {"pool": "gpu-0"}), State("it rains", {}))
    assert (read.profile, read.group, read.is_safe) == ("leases", "some", True)
    path, line = read.place.rsplit(":", 1)
    assert '"description": "one"' in Path(path).read_text().splitlines()[int(line) - 1]


def test_without_comments_it_is_core_and_a_group_of_its_own(tmp_path: Path) -> None:
    [read] = read_pact(written(tmp_path, a_pact(an_interaction(providerState="it rains")))).interactions
    assert (read.profile, read.group) == ("core", "one")
    assert read.states == (State("it rains", {}),)


def test_messages_are_left_out(tmp_path: Path) -> None:
    message = {"type": "Asynchronous/Messages", "description": "told", "contents": {}}
    assert [each.description for each in read_pact(written(tmp_path, a_pact(an_interaction(), message))).interactions] == ["one"]


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        ([], "not a pact"),
        ({}, "not a pact"),
        ({"consumer": "c", "provider": {"name": "p"}, "interactions": []}, "not a pact"),
        (a_pact(), "without an interaction"),
        ({**a_pact(), "interactions": {"a": 1}}, "not a pact"),
        (a_pact({"description": "one"}), "has no request"),
        (a_pact(an_interaction(), an_interaction()), "two interactions are called 'one'"),
        (a_pact(an_interaction(providerStates=["ready"])), "not a pact"),
    ],
)
def test_a_broken_pact_is_named(tmp_path: Path, document: Any, expected: str) -> None:
    path = written(tmp_path, document)
    with pytest.raises(InvalidPact, match=expected) as raised:
        read_pact(path)
    assert str(path) in str(raised.value)


def test_what_is_no_json_or_is_not_there_is_named(tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    with pytest.raises(InvalidPact, match="No such file"):
        read_pact(path)
    path.write_text("{")
    with pytest.raises(InvalidPact, match="not JSON"):
        read_pact(path)


def test_a_folder_holds_pacts_or_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidPact, match="there is no pact"):
        read_pacts(tmp_path)
    written(tmp_path, a_pact(an_interaction()), "b.json")
    written(tmp_path, a_pact(an_interaction()), "a.json")
    assert [document.path.name for document in read_pacts(tmp_path)] == ["a.json", "b.json"]


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("request", None),
        ("request", []),
        ("request", {"method": 5, "path": "/"}),
        ("request", {"method": "GET", "path": ["/"]}),
        ("request", {"method": "GET", "path": "/", "headers": ["a"]}),
        ("response", None),
        ("response", "x"),
        ("response", {"status": "200"}),
        ("description", {}),
    ],
)
def test_an_interaction_of_the_wrong_shape_is_named(tmp_path: Path, member: str, value: Any) -> None:
    with pytest.raises(InvalidPact, match="not a pact"):
        read_pact(written(tmp_path, a_pact({**an_interaction(), member: value})))


def test_what_is_no_file_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo.json")
    with pytest.raises(InvalidPact, match="not a file"):
        read_pact(tmp_path / "fifo.json")
