"""Versions from files, folders and revisions, and what keeps them from being read."""

from pathlib import Path
from typing import Any

import pytest

from poolpact.diff import CannotCompare, compare, read_version
from poolpact.diff.changes import CONSUMERS, NEITHER, PROVIDERS, Side
from tests.poolpact.diff.documents import DOCUMENT, edited
from tests.poolpact.diff.folders import HANDOFF, INTERACTION, REQUIREMENT, commit, git, write_contract


@pytest.fixture
def contracts(tmp_path: Path) -> Path:
    return write_contract(tmp_path / "repository" / "contracts")


@pytest.fixture
def repository(contracts: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"):
        monkeypatch.delenv(name, raising=False)
    folder = contracts.parent
    git(folder, "init", "--quiet")
    git(folder, "config", "commit.gpgsign", "false")
    commit(folder)
    git(folder, "tag", "v0.1.0")
    monkeypatch.chdir(folder)
    return folder


def found(old: Path | str, new: Path | str) -> list[tuple[str, str, frozenset[Side]]]:
    comparison = compare(read_version(str(old)), read_version(str(new)))
    return [(change.place.file, change.what, change.breaks) for change in comparison.changes]


CASES: dict[str, tuple[dict[str, Any], list[tuple[str, str, frozenset[Side]]]]] = {
    "nothing": ({}, []),
    "a file format narrows": (
        {"schemas__handoff_json": HANDOFF | {"required": ["url", "pid"]}},
        [("schemas/handoff.json", "required", PROVIDERS)],
    ),
    "a file format widens behind a reference": (
        {"schemas__handoff_json": HANDOFF | {"$defs": {"Url": {"type": ["string", "null"]}}}},
        [("schemas/handoff.json", "type", CONSUMERS)],
    ),
    "a new file format": ({"schemas__report_json": {"type": "object"}}, [("schemas/report.json", "new file format", PROVIDERS)]),
    "no file format": ({"schemas__handoff_json": None}, [("schemas/handoff.json", "file format removed", CONSUMERS)]),
    "a requirement": (
        {"requirements_yaml": {"requirements": [REQUIREMENT, REQUIREMENT | {"id": "PM-A-2"}]}},
        [("requirements.yaml", "new MUST", PROVIDERS)],
    ),
    "no requirements": ({"requirements_yaml": None}, [("requirements.yaml", "MUST removed", CONSUMERS)]),
    "an interaction": (
        {"pacts__a-b_json": {"interactions": [INTERACTION, INTERACTION | {"description": "again"}]}},
        [("pacts/a-b.json", "new interaction", PROVIDERS)],
    ),
    "no pact": ({"pacts__a-b_json": None}, [("pacts/a-b.json", "interaction removed", NEITHER)]),
    "other files": ({"states_md": "# States", "schemas__notes_txt": "x", "released__0.1.0__schemas__x_json": {}}, []),
}


@pytest.mark.parametrize("case", CASES)
def test_every_part_of_a_folder_is_compared(case: str, contracts: Path, tmp_path: Path) -> None:
    files, expected = CASES[case]
    assert found(contracts, write_contract(tmp_path / "new", **files)) == expected


def test_what_operations_refer_to_is_compared_where_it_is_used(contracts: Path, tmp_path: Path) -> None:
    status = DOCUMENT["components"]["schemas"]["Status"]
    moved = edited(lambda d: d["components"]["schemas"].update(Status={"$ref": "./schemas/status.json"}))
    new = write_contract(
        tmp_path / "new", moved, schemas__status_json={"$schema": "https://json-schema.org/draft/2020-12/schema", **status}
    )
    assert found(contracts, new) == []
    narrowed = write_contract(
        tmp_path / "narrowed", moved, schemas__status_json={**status, "required": [*status["required"], "url"]}
    )
    assert found(new, narrowed) == [("openapi.yaml", "required", PROVIDERS)]


def test_a_schema_that_only_an_extension_refers_to_is_a_file_format(contracts: Path, tmp_path: Path) -> None:
    def edit(document: dict[str, Any]) -> None:
        document["components"]["schemas"]["Handoff"] = {"$ref": "schemas/handoff.json"}
        document["paths"]["/health"]["get"]["x-file"] = {"$ref": "#/components/schemas/Handoff"}

    new = write_contract(tmp_path / "new", edited(edit), schemas__handoff_json={**HANDOFF, "required": []})
    assert found(contracts, new) == [("schemas/handoff.json", "required", CONSUMERS)]


def test_of_a_single_file_only_the_document_is_compared(contracts: Path, tmp_path: Path) -> None:
    new = write_contract(tmp_path / "new", requirements_yaml=None)
    assert found(contracts / "openapi.yaml", new) == []
    assert not read_version(str(contracts / "openapi.yaml")).whole


def test_a_status_may_be_a_number(contracts: Path, tmp_path: Path) -> None:
    text = (contracts / "openapi.yaml").read_text()
    assert "'200':" in text
    numbered = write_contract(tmp_path / "new")
    (numbered / "openapi.yaml").write_text(text.replace("'200':", "200:"))
    assert found(contracts, numbered) == []


def test_a_revision_has_the_folder_of_then(repository: Path) -> None:
    write_contract(repository / "contracts", schemas__handoff_json=HANDOFF | {"required": []})
    commit(repository)
    expected = [("schemas/handoff.json", "required", CONSUMERS)]
    assert found("v0.1.0", "HEAD") == found("HEAD~1", "contracts") == expected
    assert found("HEAD", "HEAD") == []


def test_a_revision_is_read_from_any_folder_of_the_repository(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(repository / "contracts" / "schemas")
    assert found("v0.1.0", "..") == []


def test_a_file_goes_before_a_revision_of_the_same_name(repository: Path) -> None:
    write_contract(repository / "v0.1.0", schemas__handoff_json=None)
    assert found("v0.1.0", "contracts") == [("schemas/handoff.json", "new file format", PROVIDERS)]


@pytest.mark.parametrize(
    "name",
    [
        "v9.9.9",
        "",
        "-h",
        "--output=x",
        "HEAD..HEAD",
        "HEAD:contracts",
        "HEAD HEAD",
        "HEAD; touch x",
        "$(touch x)",
        "HEAD\0",
        "@{99}",
        "x" * 9999,
    ],
)
def test_an_unknown_revision_is_named_and_nothing_is_run(name: str, repository: Path) -> None:
    before = sorted(repository.rglob("*"))
    with pytest.raises(CannotCompare, match="nor a revision that git knows here") as raised:
        read_version(name)
    assert str(raised.value).startswith(f"{name}: ")
    assert sorted(path for path in repository.rglob("*") if ".git" not in path.parts) == [
        p for p in before if ".git" not in p.parts
    ]


def test_a_revision_without_a_contract_is_named(repository: Path) -> None:
    git(repository, "rm", "--quiet", "-r", "contracts")
    git(repository, "commit", "--quiet", "--message", "no contract")
    with pytest.raises(CannotCompare, match=r"^HEAD: contracts: there is no openapi\.yaml"):
        read_version("HEAD")


def test_a_broken_file_of_a_revision_is_named_with_it(repository: Path) -> None:
    write_contract(repository / "contracts", schemas__handoff_json="{")
    commit(repository)
    with pytest.raises(CannotCompare, match=r"^HEAD: contracts/schemas/handoff\.json: not JSON"):
        read_version("HEAD")


def test_no_revision_without_a_repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    with pytest.raises(CannotCompare, match=r"^v0\.1\.0: .*not a git repository"):
        read_version("v0.1.0")


def test_no_revision_without_git(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(CannotCompare, match="git cannot be run"):
        read_version("v0.1.0")


BROKEN: dict[str, tuple[dict[str, Any], str]] = {
    "openapi.yaml is no YAML": ({"openapi_yaml": "a: [b"}, r"openapi\.yaml: not YAML"),
    "openapi.yaml is a list": ({"openapi_yaml": "- a"}, r"openapi\.yaml: not an OpenAPI document"),
    "openapi.yaml contains itself": ({"openapi_yaml": "paths: &a {b: *a}"}, "nested too deeply"),
    "openapi.yaml is deep": ({"openapi_yaml": "paths: " + "{a: " * 4000 + "b" + "}" * 4000}, "nested too deeply"),
    "requirements.yaml is no YAML": ({"requirements_yaml": "a: [b"}, r"requirements\.yaml: cannot be parsed"),
    "a pact is no JSON": ({"pacts__a-b_json": "{"}, r"pacts/a-b\.json: cannot be parsed"),
    "a schema is no JSON": ({"schemas__handoff_json": "{"}, r"handoff\.json: not JSON"),
    "a schema is a list": ({"schemas__handoff_json": []}, "there is no object"),
    "a schema refers to nowhere": ({"schemas__handoff_json": {"$ref": "none.json"}}, r"none\.json"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_file_is_named(case: str, tmp_path: Path) -> None:
    files, reason = BROKEN[case]
    folder = write_contract(tmp_path / "new", **files)
    with pytest.raises(CannotCompare, match=reason) as raised:
        read_version(str(folder))
    assert str(folder) in str(raised.value)


def test_a_folder_without_a_contract_is_named(tmp_path: Path) -> None:
    with pytest.raises(CannotCompare, match=r"there is no openapi\.yaml in it"):
        read_version(str(tmp_path))


def test_what_is_neither_file_nor_folder_is_named() -> None:
    with pytest.raises(CannotCompare, match=r"^/dev/null: neither a file nor a folder"):
        read_version("/dev/null")
