"""openapi.yaml and the files beside it, read as one document."""

import json
from pathlib import Path
from typing import Any

import pytest

from poolpact.contract import InvalidContract, load_document
from poolpact.contract.document import at_pointer, references

HOME = Path("contracts/openapi.yaml")


def read(files: dict[str, Any]) -> dict[str, Any]:
    """The document made of ``files``, by path below contracts/; a string stands for itself, anything else is written as JSON."""

    def read_text(path: Path) -> str:
        try:
            content = files[str(path.relative_to("contracts"))]
        except KeyError:
            raise FileNotFoundError(2, "No such file or directory") from None
        return content if isinstance(content, str) else json.dumps(content)

    return load_document(HOME, read_text)


def with_schemas(**schemas: Any) -> dict[str, Any]:
    return {"paths": {}, "components": {"schemas": schemas}}


def test_a_reference_to_a_file_is_replaced_by_what_is_there() -> None:
    document = read(
        {
            "openapi.yaml": with_schemas(
                Lease={"$ref": "./schemas/lease.json"}, Leases={"items": {"$ref": "#/components/schemas/Lease"}}
            ),
            "schemas/lease.json": {"$schema": "x", "type": "object", "properties": {"ttl": {"$ref": "ttl.yaml#/$defs/Ttl"}}},
            "schemas/ttl.yaml": "$defs: {Ttl: {type: number}}",
        }
    )
    assert document["components"]["schemas"] == {
        "Lease": {"type": "object", "properties": {"ttl": {"type": "number"}}},
        "Leases": {"items": {"$ref": "#/components/schemas/Lease"}},
    }


def test_a_file_may_refer_to_itself_and_back_to_the_document() -> None:
    document = read(
        {
            "openapi.yaml": with_schemas(A={"$ref": "schemas/a.json"}, B={"type": "string"}),
            "schemas/a.json": {
                "anyOf": [{"$ref": "#/$defs/One~1Two"}, {"$ref": "../openapi.yaml#/components/schemas/B"}],
                "$defs": {"One/Two": {"const": 1}},
            },
        }
    )
    assert document["components"]["schemas"]["A"] == {"anyOf": [{"const": 1}, {"$ref": "#/components/schemas/B"}]}


def test_a_description_beside_the_reference_wins() -> None:
    document = read(
        {
            "openapi.yaml": with_schemas(A={"$ref": "a.json", "description": "here"}),
            "a.json": {"type": "string", "description": "there"},
        }
    )
    assert document["components"]["schemas"]["A"] == {"type": "string", "description": "here"}


@pytest.mark.parametrize(
    ("files", "told"),
    [
        ({}, "contracts/openapi.yaml: No such file or directory"),
        ({"openapi.yaml": "a: [1"}, "contracts/openapi.yaml: not YAML: "),
        ({"openapi.yaml": "[1, 2]"}, "contracts/openapi.yaml: not an OpenAPI document: it has no paths"),
        ({"openapi.yaml": {"paths": []}}, "contracts/openapi.yaml: not an OpenAPI document: it has no paths"),
        (
            {"openapi.yaml": with_schemas(A={"$ref": "#/components/schemas/B"})},
            "contracts/openapi.yaml: #/components/schemas/B: leads nowhere",
        ),
        ({"openapi.yaml": with_schemas(A={"$ref": "a.json"})}, "contracts/a.json: No such file or directory"),
        ({"openapi.yaml": with_schemas(A={"$ref": "a.json"}), "a.json": "{"}, "contracts/a.json: not JSON: "),
        ({"openapi.yaml": with_schemas(A={"$ref": "a.json"}), "a.json": "7"}, "$ref a.json: there is no object"),
        (
            {"openapi.yaml": with_schemas(A={"$ref": "a.json#/$defs/B"}), "a.json": {}},
            "contracts/openapi.yaml: $ref a.json#/$defs/B: leads nowhere",
        ),
        ({"openapi.yaml": with_schemas(A={"$ref": "https://example.org/a.json"})}, "only references to files are followed"),
        (
            {"openapi.yaml": with_schemas(A={"$ref": "a.json", "minimum": 1}), "a.json": {}},
            "beside a reference to a file only a description can stand, not minimum",
        ),
        (
            {
                "openapi.yaml": with_schemas(A={"$ref": "a.json"}),
                "a.json": {"items": {"$ref": "b.json"}},
                "b.json": {"$ref": "a.json"},
            },
            "contracts/b.json: $ref a.json: it refers to itself",
        ),
    ],
)
def test_what_cannot_be_read_is_told_in_one_line(files: dict[str, Any], told: str) -> None:
    with pytest.raises(InvalidContract) as caught:
        read(files)
    assert told in str(caught.value)
    assert "\n" not in str(caught.value)


def test_bytes_that_are_no_text_are_told(tmp_path: Path) -> None:
    path = tmp_path / "openapi.yaml"
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(InvalidContract, match=r"openapi\.yaml: not UTF-8"):
        load_document(path)


def test_the_contract_itself_is_one_document() -> None:
    document = load_document()
    assert {reference[0] for reference in references(document)} == {"#"}
    assert at_pointer(document, "/components/schemas/Problem/properties/errors/items/required") == ["location", "message"]
