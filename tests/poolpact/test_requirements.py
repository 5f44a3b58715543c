from pathlib import Path

import pytest
import yaml

from poolpact.requirements import InvalidRequirements, load_requirements

ENTRY = {
    "id": "PM-READY-1",
    "level": "MUST",
    "side": "daemon",
    "profile": "core",
    "modes": ["embedded", "live"],
    "needs": "url",
    "sentence": "A pool is not\n  ready before its engine is.",
    "why": "Requests would fail.",
}


def written(folder: Path, *entries: object) -> Path:
    path = folder / "requirements.yaml"
    path.write_text(yaml.safe_dump({"requirements": list(entries)}), encoding="utf-8")
    return path


def test_the_committed_file_is_right() -> None:
    requirements = load_requirements()
    assert requirements["PM-HEALTH-1"].profile == "core"
    assert {each.side for each in requirements.values()} == {"daemon", "orchestrator"}


def test_an_entry_is_read_with_its_text_on_one_line(tmp_path: Path) -> None:
    requirement = load_requirements(written(tmp_path, ENTRY))["PM-READY-1"]
    assert requirement.modes == ("embedded", "live")
    assert requirement.sentence == "A pool is not ready before its engine is."


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"level": "MAY"}, "level"),
        ({"side": "orchestrator"}, "side"),
        ({"id": "XX-1"}, "side"),
        ({"profile": "dispatch"}, "profile"),
        ({"modes": []}, "modes"),
        ({"modes": ["embeded"]}, "modes"),
        ({"modes": "live"}, "modes"),
        ({"needs": "luck"}, "needs"),
        ({"sentence": " "}, "sentence"),
        ({"why": None}, "why"),
        ({"severity": "high"}, "severity"),
        ({"id": None}, "id"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, change: dict[str, object], named: str) -> None:
    with pytest.raises(InvalidRequirements, match=named):
        load_requirements(written(tmp_path, ENTRY | change))


def test_a_missing_member_is_named(tmp_path: Path) -> None:
    entry = {name: value for name, value in ENTRY.items() if name != "why"}
    with pytest.raises(InvalidRequirements, match="PM-READY-1: missing or unknown: why"):
        load_requirements(written(tmp_path, entry))


def test_an_id_is_there_once(tmp_path: Path) -> None:
    with pytest.raises(InvalidRequirements, match="twice"):
        load_requirements(written(tmp_path, ENTRY, ENTRY))


@pytest.mark.parametrize("text", ["", "[]", "requirements: {}", "requirements: []"])
def test_no_requirements_are_no_requirements(tmp_path: Path, text: str) -> None:
    path = tmp_path / "requirements.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InvalidRequirements, match="no list"):
        load_requirements(path)
