import json
import os
from pathlib import Path

import pytest

from poolpact.daemon import bad_input
from poolpact.daemon.bad_input import broken_body, raw_pool_id, useless_binary, wrong_credentials

PREPARED = {"pool_id": "gpu-0", "replica_id": "replica-0"}


def is_whole(body: bytes) -> bool:
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return False
    return isinstance(value, dict) and isinstance(value.get("prepared"), dict) and "pool_id" in value["prepared"]


def test_a_right_body_is_whole() -> None:
    assert is_whole(json.dumps({"prepared": PREPARED}).encode())


@pytest.mark.parametrize("phrase", bad_input._BODIES)
def test_a_broken_body_is_not(phrase: str) -> None:
    assert not is_whole(broken_body(phrase, PREPARED))


@pytest.mark.parametrize("phrase", ["missing", "a folder", "a text file", "an executable file that is no program"])
def test_a_useless_binary_within_reach_is_no_program(phrase: str, tmp_path: Path) -> None:
    allowed, elsewhere = tmp_path / "allowed", tmp_path / "elsewhere"
    allowed.mkdir()
    path = Path(useless_binary(phrase, allowed, elsewhere))
    assert path.is_relative_to(allowed)
    with pytest.raises(OSError, match=r".+"):
        os.execv(path, [str(path)])


@pytest.mark.parametrize("phrase", ["outside the allowed folders", "behind a link that goes outside the allowed folders"])
def test_a_useless_binary_may_work_and_be_forbidden(phrase: str, tmp_path: Path) -> None:
    allowed, elsewhere = tmp_path / "allowed", tmp_path / "elsewhere"
    allowed.mkdir()
    elsewhere.mkdir()
    path = Path(useless_binary(phrase, allowed, elsewhere))
    assert path.resolve().is_relative_to(elsewhere)
    assert os.access(path, os.X_OK)


def test_a_relative_path_is_relative(tmp_path: Path) -> None:
    path = Path(useless_binary("a relative path to nothing", tmp_path, tmp_path))
    assert not path.is_absolute()
    assert not path.exists()


def test_an_unknown_binary_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="there is no binary"):
        useless_binary("rusty", tmp_path, tmp_path)


@pytest.mark.parametrize(
    ("phrase", "length"), [("of no letter", 0), ("of one letter", 1), ("of 128 letters", 128), ("of 129 letters", 129)]
)
def test_an_id_has_the_length_that_is_asked_for(phrase: str, length: int) -> None:
    assert len(raw_pool_id(phrase, "3f2a-17")) == length


def test_runs_side_by_side_have_letters_of_their_own() -> None:
    letters = [{raw_pool_id("of one letter", f"3f2a-{number}", (share, 3)) for number in range(200)} for share in range(3)]
    assert len(set.union(*letters)) == sum(map(len, letters))


def test_an_id_that_is_no_description_is_itself() -> None:
    assert raw_pool_id("%2e%2e", "3f2a-17") == "%2e%2e"


@pytest.mark.parametrize(
    "phrase",
    [
        "another token",
        "the beginning of the token",
        "the token and a letter more",
        "the token in other capitals",
        "an empty token",
    ],
)
def test_wrong_credentials_are_wrong(phrase: str) -> None:
    assert wrong_credentials(phrase, "abc1") != "Bearer abc1"
