"""Pool managers with ways of their own are as conformant as the reference, and their defects are found all the same."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.foreign.core_only import HABITS
from tests.foreign.test_pact_verify import core_only
from tests.judge.checks import Checked, check

STARTUP_TIMEOUT = 8
WAYS = (
    ("never-waits", "absolute-location", "hangs-up-on-delete"),
    ("six-members", "forgets-failures", "curt"),
)
TOUCHED = (
    "PM-STATUS-1",
    "PM-STATUS-2",
    "PM-STATUS-7",
    "PM-PRELOAD-2",
    "PM-PRELOAD-5",
    "PM-PRELOAD-6",
    "PM-PRELOAD-7",
    "PM-READY-1",
    "PM-READY-3",
    "PM-READY-4",
)
"""What the answers of these ways are judged by, in the order of the contract."""


def arguments(*habits: str) -> Iterator[str]:
    yield from ("--startup-timeout", str(STARTUP_TIMEOUT))
    for habit in habits:
        yield from ("--habit", habit)


def judge(url: str, folder: Path, *options: str) -> Checked:
    told = ("--profiles", "core", "--setting", f"startup_timeout={STARTUP_TIMEOUT}s")
    return check(folder / "check", "daemon", "--url", url, *told, *options)


def test_every_habit_is_tried() -> None:
    assert {habit for way in WAYS for habit in way} == set(HABITS)


def judged(url: str, folder: Path, *options: str) -> dict[str, str]:
    """The verdicts on a daemon that has no defect."""
    checked = judge(url, folder, *options)
    assert checked.document is not None, checked.err
    assert checked.code == 0, checked.out
    return {each["id"]: each["verdict"] for each in checked.document["requirements"] if each["verdict"] != "not_claimed"}


def test_who_always_waits_and_has_six_members_and_no_delete_is_conformant(tmp_path: Path) -> None:
    with core_only(*arguments()) as daemon:
        verdicts = judged(daemon.url, tmp_path)
        assert daemon.engines() == []
    assert len(verdicts) == 24
    assert {id_: verdict for id_, verdict in verdicts.items() if verdict != "passed"} == {"PM-STATUS-6": "failed"}


@pytest.mark.parametrize("habits", WAYS, ids=" ".join)
def test_a_way_of_its_own_is_no_defect(habits: tuple[str, ...], tmp_path: Path) -> None:
    with core_only(*arguments(*habits)) as daemon:
        verdicts = judged(daemon.url, tmp_path, "--only", ",".join(TOUCHED))
        assert daemon.engines() == []
    assert verdicts == dict.fromkeys(TOUCHED, "passed")


@pytest.mark.parametrize(
    ("defect", "habits", "requirement"),
    [
        ("no-slots-free", (), "PM-STATUS-1"),
        ("slots-as-texts", (), "PM-STATUS-1"),
        ("other-id", (), "PM-STATUS-1"),
        ("ready-too-early", (), "PM-READY-1"),
        ("ready-at-once", (), "PM-PRELOAD-2"),
        ("polls-rarely", ("never-waits",), "PM-READY-2"),
        ("says-nothing", (), "PM-READY-3"),
        ("hides-why", ("never-waits",), "PM-READY-3"),
        ("forgets-failures", ("never-waits",), "PM-READY-3"),
        ("refuses-itself", (), "PM-PRELOAD-6"),
        ("takes-another", ("never-waits",), "PM-PRELOAD-7"),
    ],
)
def test_a_defect_is_found_whatever_the_ways(defect: str, habits: tuple[str, ...], requirement: str, tmp_path: Path) -> None:
    wrong = ("--habit", defect) if defect in HABITS else ("--defect", defect)
    with core_only(*arguments(*habits), *wrong) as daemon:
        checked = judge(daemon.url, tmp_path, "--only", requirement)
    assert checked.verdicts("failed") == [requirement], checked.out
    assert checked.code == 1
