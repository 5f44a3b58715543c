import stat
from pathlib import Path

import pytest
import structlog

from pool_managerd.storage.journal import Intent, Journal

A, B = "a" * 32, "b" * 32


def intent(nonce: str = A, pool_id: str = "p") -> Intent:
    return Intent(nonce=nonce, pool_id=pool_id, binary_path="/engines/server")


def test_an_intent_is_pending_until_it_is_forgotten(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    journal.intend(intent(A, "p.1"))
    journal.intend(intent(B, "p.1"))
    assert Journal(tmp_path).pending() == [intent(A, "p.1"), intent(B, "p.1")]
    journal.forget(A)
    journal.forget(A)
    assert Journal(tmp_path).pending() == [intent(B, "p.1")]
    journal.forget(B)
    assert list(tmp_path.iterdir()) == []


def test_entries_are_for_their_owner_only(tmp_path: Path) -> None:
    Journal(tmp_path).intend(intent())
    (entry,) = tmp_path.iterdir()
    assert stat.S_IMODE(entry.stat().st_mode) == 0o600


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b'{"nonce": "aa',
        b"null",
        b"\xff\x00",
        b'{"nonce": 1}',
        intent(B).model_dump_json().encode(),
        intent(A, "other").model_dump_json().encode(),
    ],
)
def test_a_torn_entry_is_set_aside_reported_and_still_found_by_its_name(tmp_path: Path, content: bytes) -> None:
    journal = Journal(tmp_path)
    journal.intend(intent(A, "p"))
    journal.intend(intent(B, "q"))
    torn = tmp_path / f"p.{A}.json"
    torn.write_bytes(content)
    with structlog.testing.capture_logs() as logs:
        found = journal.pending()
    assert [(entry.pool_id, entry.nonce) for entry in found] == [("p", A), ("q", B)]
    assert [entry["event"] for entry in logs] == ["journal_entry_set_aside"]
    assert tmp_path.joinpath(f"p.{A}.json.corrupt").read_bytes() == content
    assert journal.pending() == found
    journal.forget(A)
    assert [entry.nonce for entry in journal.pending()] == [B]


@pytest.mark.parametrize("name", ["x.json", f"..{A}.json", f".p.{A}.json", f"p.{A[:8]}.json", f"p.{'g' * 32}.json"])
def test_a_file_with_a_strange_name_is_set_aside_and_costs_nothing_else(tmp_path: Path, name: str) -> None:
    journal = Journal(tmp_path)
    journal.intend(intent())
    tmp_path.joinpath(name).write_bytes(b"{}")
    assert journal.pending() == [intent()]
    assert tmp_path.joinpath(f"{name}.corrupt").exists()


def test_a_folder_in_place_of_an_entry_is_set_aside(tmp_path: Path) -> None:
    tmp_path.joinpath("x.json").mkdir()
    assert Journal(tmp_path).pending() == []
    assert tmp_path.joinpath("x.json.corrupt").is_dir()


def test_what_a_killed_writer_left_is_removed(tmp_path: Path) -> None:
    tmp_path.joinpath(".draft-x").write_bytes(b"{")
    assert Journal(tmp_path).pending() == []
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("pool_id", ["../p", "", ".p", "p/q", "p\n"])
def test_an_intent_takes_no_hostile_pool_id(pool_id: str) -> None:
    with pytest.raises(ValueError, match="pool_id"):
        intent(A, pool_id)
