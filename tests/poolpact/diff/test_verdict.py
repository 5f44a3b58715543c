import pytest

from poolpact.diff.errors import CannotCompare
from poolpact.diff.verdict import BEFORE_1, FROM_1, Bump, Release, Verdict, bump_for, release


@pytest.mark.parametrize(
    ("old", "breaks", "changes", "wording", "asked"),
    [
        ("0.1.0", True, True, True, Bump.MINOR),
        ("0.1.0", False, True, False, Bump.PATCH),
        ("0.1.0", False, False, True, Bump.PATCH),
        ("0.1.0", False, False, False, Bump.NONE),
        ("1.2.3", True, True, False, Bump.MAJOR),
        ("1.2.3", False, True, True, Bump.MINOR),
        ("1.2.3", False, False, True, Bump.PATCH),
        ("1.2.3", False, False, False, Bump.NONE),
    ],
)
def test_the_bump_that_is_asked_for(old: str, breaks: bool, changes: bool, wording: bool, asked: Bump) -> None:
    assert bump_for(release(old, "old"), breaks=breaks, changes=changes, wording=wording) is asked


@pytest.mark.parametrize(
    ("old", "new", "asks", "least", "enough"),
    [
        ("0.1.0", "0.1.0", Bump.MINOR, "0.2.0", False),
        ("0.1.0", "0.1.9", Bump.MINOR, "0.2.0", False),
        ("0.1.0", "0.2.0", Bump.MINOR, "0.2.0", True),
        ("0.1.9", "0.2.0-rc.1", Bump.MINOR, "0.2.0", True),
        ("0.1.0", "1.0.0", Bump.MINOR, "0.2.0", True),
        ("0.2.0", "0.1.9", Bump.NONE, "0.2.0", False),
        ("0.9.3", "0.10.0", Bump.MINOR, "0.10.0", True),
        ("1.2.3", "1.9.0", Bump.MAJOR, "2.0.0", False),
        ("1.2.3", "2.0.0", Bump.MAJOR, "2.0.0", True),
        ("1.2.3", "1.2.4", Bump.PATCH, "1.2.4", True),
    ],
)
def test_whether_it_was_given(old: str, new: str, asks: Bump, least: str, enough: bool) -> None:
    verdict = Verdict(release(old, "old"), release(new, "new"), asks)
    assert (str(verdict.least), verdict.enough) == (least, enough)


def test_the_rule_goes_by_the_old_version() -> None:
    assert Verdict(Release(0, 9, 0), Release(1, 0, 0), Bump.MINOR).rule == BEFORE_1
    assert Verdict(Release(1, 0, 0), Release(1, 0, 0), Bump.MAJOR).rule == FROM_1


@pytest.mark.parametrize("version", ["1", "1.2", "v1.2.3", "01.2.3", "1.2.3 ", "1.2.3\n", "1.2.3.4", "", "١.2.3"])
def test_what_is_no_semantic_version_is_named(version: str) -> None:
    with pytest.raises(CannotCompare, match=r"^new: "):
        release(version, "new")
