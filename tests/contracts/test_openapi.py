"""contracts/openapi.yaml: is sound in itself, and says what the application serves."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator
from openapi_schema_validator import OAS31Validator

from pool_managerd.api import Security, create_app
from pool_managerd.clock import SystemClock
from pool_managerd.manager import ManagerConfig, PoolManager
from pool_managerd.storage.run_dir import RunDir
from poolpact.contract.document import references
from tests.contracts.normal_form import CONTRACTS, load_contract, operations, resolve
from tests.pool_managerd.manager.scripted import ScriptedSpawner

CONTRACT = load_contract()
WRITTEN = operations(CONTRACT)
SCHEMAS_OF_THE_WIRE = ["handoff.json", "prepared_engine.json", "problem.json"]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, str], dict[str, Any]]:
    run_dir = RunDir(Path(tmp_path_factory.mktemp("run")))
    manager = PoolManager(ManagerConfig(), clock=SystemClock(), spawner=ScriptedSpawner(), run_dir=run_dir)
    return operations(create_app(manager, Security()).openapi())


def test_every_call_that_is_served_is_written_and_the_other_way_round(
    served: dict[tuple[str, str], dict[str, Any]],
) -> None:
    assert sorted(WRITTEN) == sorted(served)


@pytest.mark.parametrize("call", sorted(WRITTEN), ids=" ".join)
@pytest.mark.parametrize("part", ["operationId", "parameters", "body_required", "body", "responses"])
def test_a_call_is_served_as_it_is_written(
    served: dict[tuple[str, str], dict[str, Any]], call: tuple[str, str], part: str
) -> None:
    assert WRITTEN[call][part] == served[call][part]


def test_a_difference_would_be_seen(served: dict[tuple[str, str], dict[str, Any]]) -> None:
    changed = load_contract()
    changed["components"]["schemas"]["PreparedEngine"]["properties"]["port"]["maximum"] = 65536
    call = ("post", "/pools/{pool_id}/preload")
    assert operations(changed)[call]["body"] != served[call]["body"]


def test_it_is_openapi_3_1() -> None:
    assert re.fullmatch(r"3\.1\.\d+", CONTRACT["openapi"])
    assert {"title", "version"} <= set(CONTRACT["info"])


@pytest.mark.parametrize("name", sorted(CONTRACT["components"]["schemas"]))
def test_every_schema_is_valid_in_the_dialect_of_openapi_3_1(name: str) -> None:
    OAS31Validator.check_schema(CONTRACT["components"]["schemas"][name])


@pytest.mark.parametrize("name", SCHEMAS_OF_THE_WIRE)
def test_a_schema_file_is_json_schema_2020_12_and_described(name: str) -> None:
    schema = json.loads((CONTRACTS / "schemas" / name).read_text(encoding="utf-8"))
    assert schema["$schema"] == Draft202012Validator.META_SCHEMA["$id"]
    Draft202012Validator.check_schema(schema)
    assert schema["description"]
    assert [name for name, member in schema["properties"].items() if not member.get("description")] == []


@pytest.mark.parametrize("name", SCHEMAS_OF_THE_WIRE)
def test_the_document_refers_to_the_schema_files_of_the_wire(name: str) -> None:
    written = yaml.safe_load((CONTRACTS / "openapi.yaml").read_text(encoding="utf-8"))
    assert f"./schemas/{name}" in set(references(written))


def test_every_component_is_used() -> None:
    used = set(references(CONTRACT))
    kinds = [kind for kind in CONTRACT["components"] if kind != "securitySchemes"]
    assert [
        f"{kind}/{name}" for kind in kinds for name in CONTRACT["components"][kind] if f"#/components/{kind}/{name}" not in used
    ] == []


def test_every_answer_has_a_description_and_the_correlation_id() -> None:
    for path, item in CONTRACT["paths"].items():
        for method, operation in item.items():
            for status, answer in operation["responses"].items():
                answer = resolve(answer["$ref"], CONTRACT) if "$ref" in answer else answer
                assert answer["description"], (path, method, status)
                assert "X-Correlation-Id" in answer["headers"], (path, method, status)


def test_every_part_of_a_path_is_a_parameter_and_the_other_way_round() -> None:
    for (_, path), operation in WRITTEN.items():
        in_path = {name for place, name in operation["parameters"] if place == "path"}
        assert in_path == set(re.findall(r"{(\w+)}", path))


def test_a_link_leads_to_an_operation_and_gives_its_path() -> None:
    paths = {operation["operationId"]: set(re.findall(r"{(\w+)}", path)) for (_, path), operation in WRITTEN.items()}
    for link in CONTRACT["components"]["links"].values():
        assert set(link["parameters"]) == paths[link["operationId"]]


def test_operation_ids_are_unique() -> None:
    ids = [operation["operationId"] for operation in WRITTEN.values()]
    assert len(ids) == len(set(ids))


def test_the_versions_agree() -> None:
    from pool_managerd import __version__

    assert CONTRACT["info"]["version"] == __version__
