"""What people and programs read."""

import json
from pathlib import Path
from typing import Any

import pytest

from poolpact.diff import Comparison, compare, read_version
from poolpact.diff.report import as_json, as_text
from tests.poolpact.diff.documents import DOCUMENT, edited
from tests.poolpact.diff.folders import INTERACTION, REQUIREMENT, write_contract

PATH = "/pools/{pool_id}/preload"


@pytest.fixture
def old(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return write_contract(Path("old"))


def compared(old: Path, new: Path) -> Comparison:
    return compare(read_version(str(old)), read_version(str(new)))


def edit_many(document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]
    schemas["Status"]["properties"]["state"]["enum"] = ["loading", "failed"]
    schemas["Request"]["properties"]["port"]["maximum"] = 1024
    schemas["Request"]["properties"]["tag"] = {"type": "string"}
    document["paths"]["/ready"] = {"get": {"responses": {"200": {"description": "yes"}}}}
    document["paths"]["/health"]["get"]["operationId"] = "is_up"


MANY = """\
old (0.1.0) → new (0.1.0)

breaks consumers and providers
  POST /pools/{pool_id}/preload response 200 body /state
      enum: loses "ready"; gains "failed"  new/openapi.yaml:LINE
  requirements.yaml PM-A-1
      sentence: "It holds." → "It is." (cannot be decided: treated as a break)  new/requirements.yaml:LINE

breaks consumers
  POST /pools/{pool_id}/preload request body /port
      maximum: 65535 → 1024  new/openapi.yaml:LINE

breaks providers
  POST /pools/{pool_id}/preload request body /tag
      new optional member: {"type": "string"}  new/openapi.yaml:LINE
  GET /ready
      new operation  new/openapi.yaml:LINE

breaks neither
  GET /health
      operationId: "health" → "is_up"  new/openapi.yaml:LINE

6 changes: 2 breaking both sides, 1 breaking consumers, 2 breaking providers, 1 breaking neither
1 text or example differs, which breaks neither
a break asks for a minor bump, 0.2.0 or later; new says 0.1.0, which is not enough
(before 1.0 a break asks for a minor bump, any other change for a patch)
"""


def test_people_read_what_breaks_first(old: Path) -> None:
    new = write_contract(
        Path("new"), edited(edit_many), requirements_yaml={"requirements": [REQUIREMENT | {"sentence": "It is."}]}
    )
    lines = as_text(compared(old, new)).plain.splitlines()
    without_numbers = [line.rpartition(":")[0] + ":LINE" if line.rpartition(":")[2].isdigit() else line for line in lines]
    assert "\n".join(without_numbers) + "\n" == MANY


def test_no_change_says_so(old: Path) -> None:
    assert as_text(compared(old, old)).plain == "old (0.1.0) → old (0.1.0)\n\nno change\n"


def test_wording_is_counted(old: Path) -> None:
    def edit(document: dict[str, Any]) -> None:
        document["info"] |= {"summary": "pools", "version": "0.1.1"}
        document["components"]["schemas"]["Status"]["description"] = "words"

    ending = as_text(compared(old, write_contract(Path("new"), edited(edit)))).plain.splitlines()[2:5]
    assert ending == [
        "no change",
        "2 texts and examples differ, which breaks neither",
        "wording asks for a patch bump, 0.1.1 or later; new says 0.1.1, which is enough",
    ]


def test_a_single_file_says_that_the_rest_is_not_compared(old: Path) -> None:
    new = write_contract(Path("new"), requirements_yaml=None)
    said = as_text(compared(old, new / "openapi.yaml")).plain.splitlines()
    assert said[1:] == ["only openapi.yaml is compared: one of them is a single file", "", "no change"]


def test_a_schema_that_is_used_often_is_one_change(old: Path) -> None:
    def often(document: dict[str, Any]) -> None:
        for status in ("404", "422", "503"):
            document["paths"][PATH]["post"]["responses"][status] = {"$ref": "#/components/responses/Conflict"}

    def open_problem(document: dict[str, Any]) -> None:
        often(document)
        document["components"]["schemas"]["Problem"]["required"] = []

    before, after = write_contract(Path("before"), edited(often)), write_contract(Path("after"), edited(open_problem))
    said = as_text(compared(before, after)).plain.splitlines()
    assert said[2:7] == [
        "breaks consumers",
        f"  POST {PATH} response 404 body /code",
        f"  POST {PATH} response 409 body /code",
        "  and 2 more places",
        said[6],
    ]
    (change,) = as_json(compared(before, after))["changes"]
    assert [place["status"] for place in change["places"]] == ["404", "409", "422", "503"]


def test_interactions_of_a_pact_are_counted_one_by_one(old: Path) -> None:
    new = write_contract(
        Path("new"), pacts__a_b_json={"interactions": [INTERACTION | {"description": f"number {n}"} for n in range(3)]}
    )
    said = as_text(compared(old, new)).plain
    assert "  and 1 more interaction\n" in said
    assert "3 changes: 3 breaking providers\n" in said


def test_programs_read_everything(old: Path) -> None:
    new = write_contract(Path("new"), edited(edit_many))
    said = json.loads(json.dumps(as_json(compared(old, new))))
    assert said["old"] == {"name": "old", "version": "0.1.0"}
    assert (said["whole"], said["wording"]) == (True, 1)
    assert said["bump"] == {
        "rule": "before 1.0 a break asks for a minor bump, any other change for a patch",
        "asks": "minor",
        "least": "0.2.0",
        "enough": False,
    }
    changes = {change["what"]: change for change in said["changes"]}
    lines = (new / "openapi.yaml").read_text().splitlines()
    (place,) = changes["maximum"].pop("places")
    assert changes["maximum"] == {"what": "maximum", "from": 65535, "to": 1024, "breaks": ["consumers"], "undecided": False}
    number = int(place.pop("line").removeprefix("new/openapi.yaml:"))
    assert lines[number - 1].strip() == "maximum: 1024"
    assert place == {"file": "openapi.yaml", "operation": f"POST {PATH}", "part": "request body", "pointer": "/port"}
    assert "from" not in changes["new operation"]


LINES = {
    "enum": "enum:",
    "new optional member": "tag:",
    "new operation": "get:",
    "operationId": "operationId: is_up",
    "sentence": "sentence: It is.",
}


def test_lines_are_those_of_the_files(old: Path) -> None:
    new = write_contract(
        Path("new"), edited(edit_many), requirements_yaml={"requirements": [REQUIREMENT, REQUIREMENT | {"id": "PM-A-2"}]}
    )
    last = write_contract(
        Path("last"),
        edited(edit_many),
        requirements_yaml={"requirements": [REQUIREMENT, REQUIREMENT | {"id": "PM-A-2", "sentence": "It is."}]},
    )
    for before, after, expected in ((old, new, {"new MUST": "- id: PM-A-2", **LINES}), (new, last, LINES)):
        for change in as_json(compared(before, after))["changes"]:
            file, _, number = change["places"][0]["line"].rpartition(":")
            if change["what"] in expected:
                assert Path(file).read_text().splitlines()[int(number) - 1].strip() == expected[change["what"]]


def test_the_line_of_what_is_gone_is_where_it_was(old: Path) -> None:
    new = write_contract(Path("new"), edited(lambda d: d["paths"].pop("/health")))
    (change,) = as_json(compared(old, new))["changes"]
    file, _, number = change["places"][0]["line"].rpartition(":")
    assert file == "old/openapi.yaml"
    assert Path(file).read_text().splitlines()[int(number) - 1] == "    get:"


def test_the_line_behind_a_reference_is_in_its_file(old: Path) -> None:
    status = DOCUMENT["components"]["schemas"]["Status"]
    moved = edited(lambda d: d["components"]["schemas"].update(Status={"$ref": "./schemas/status.json"}))
    changed = {**status, "properties": {**status["properties"], "url": {"type": ["string", "null"]}}}
    new = write_contract(Path("new"), moved, schemas__status_json=changed)
    (change,) = as_json(compared(old, new))["changes"]
    file, _, number = change["places"][0]["line"].rpartition(":")
    assert (file, change["what"]) == ("new/schemas/status.json", "type")
    assert Path(file).read_text().splitlines()[int(number) - 1].strip() == '"type": ['
