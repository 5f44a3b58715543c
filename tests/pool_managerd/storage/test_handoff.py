import json
import stat
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from pool_managerd.domain.prepared import PreparedEngine
from pool_managerd.storage.handoff import Handoff, remove_handoff, write_handoff

SCHEMA = json.loads(Path(__file__).parents[3].joinpath("contracts/schemas/handoff.json").read_text())
PREPARED = PreparedEngine(
    binary_path="/engines/llama-server",
    flags=("-m", "/models/mö.gguf", ""),
    host="127.0.0.1",
    port=8080,
    model_path="/models/mö.gguf",
    engine_version="b1",
    pool_id="p",
    replica_id="r0",
    device_mask=None,
)


def handoff(**changes: Any) -> Handoff:
    return Handoff.of(PREPARED.model_copy(update=changes), pid=42, slots=2, url="http://127.0.0.1:8080")


@pytest.mark.parametrize("mask", [None, "0,1"])
def test_a_handoff_is_what_the_schema_says(tmp_path: Path, mask: str | None) -> None:
    write_handoff(tmp_path / "p.json", handoff(device_mask=mask))
    written = json.loads((tmp_path / "p.json").read_text())
    jsonschema.Draft202012Validator(SCHEMA).validate(written)
    assert written == {
        "pool_id": "p",
        "replica_id": "r0",
        "engine": "llama-server",
        "engine_version": "b1",
        "url": "http://127.0.0.1:8080",
        "pid": 42,
        "device_mask": mask,
        "model": {"path": "/models/mö.gguf"},
        "flags": ["-m", "/models/mö.gguf", ""],
        "slots": 2,
    }


def test_the_schema_is_valid_and_misses_nothing() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    assert set(SCHEMA["required"]) == set(SCHEMA["properties"]) == set(Handoff.model_fields)


@pytest.mark.parametrize("member", sorted(Handoff.model_fields))
def test_the_schema_refuses_a_handoff_without(member: str) -> None:
    document = handoff().model_dump(mode="json")
    del document[member]
    with pytest.raises(jsonschema.ValidationError, match=member):
        jsonschema.Draft202012Validator(SCHEMA).validate(document)


def test_a_handoff_is_replaced_in_one_step_and_for_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "p.json"
    write_handoff(path, handoff())
    with path.open() as reader:
        write_handoff(path, handoff(engine_version="b2"))
        assert json.load(reader)["engine_version"] == "b1"
    assert json.loads(path.read_text())["engine_version"] == "b2"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [path]


def test_a_write_that_fails_leaves_nothing(tmp_path: Path) -> None:
    blocked = tmp_path / "p.json"
    blocked.mkdir()
    with pytest.raises(OSError, match="directory"):
        write_handoff(blocked, handoff())
    assert list(tmp_path.iterdir()) == [blocked]


def test_removing_may_be_repeated(tmp_path: Path) -> None:
    path = tmp_path / "p.json"
    write_handoff(path, handoff())
    remove_handoff(path)
    remove_handoff(path)
    assert list(tmp_path.iterdir()) == []
