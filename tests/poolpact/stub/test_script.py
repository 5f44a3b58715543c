from pathlib import Path

import pytest

from poolpact.stub.errors import StubRefused
from poolpact.stub.script import Script, read_script, read_seconds


def read(pools: list[str], faults: list[str], file: Path | None = None) -> Script:
    return read_script(pools, faults, file, seed=1, preload_takes=0.5, token_interval=0.1)


def test_flags_and_a_file_are_one_script_and_the_faults_of_flags_come_first(tmp_path: Path) -> None:
    file = tmp_path / "stub.yaml"
    file.write_text("pools:\n  b: {state: failed}\nfaults:\n  - {call: status, stall: true}\n")
    script = read(["a=ready"], ["status:reset,times=1"], file)
    assert [pool.pool_id for pool in script.pools] == ["a", "b"]
    assert [str(fault) for fault in script.faults] == ["status:reset,times=1", "status:stall"]
    assert (script.seed, script.preload_takes, script.token_interval) == (1, 0.5, 0.1)


@pytest.mark.parametrize("flags", [["a=ready", "a=failed"], ["b=ready"]])
def test_a_pool_is_told_once(tmp_path: Path, flags: list[str]) -> None:
    file = tmp_path / "stub.yaml"
    file.write_text("pools:\n  b: {state: failed}\n")
    with pytest.raises(StubRefused, match=r"pool [ab] is told twice"):
        read(flags, [], file)


@pytest.mark.parametrize(
    ("pools", "faults", "why"),
    [(["a=bogus"], [], "^--pool a=bogus: state: "), ([], ["status:reset,p=2"], "^--fault status:reset,p=2: p: ")],
)
def test_a_flag_that_does_not_fit_is_quoted(pools: list[str], faults: list[str], why: str) -> None:
    with pytest.raises(StubRefused, match=why):
        read(pools, faults)


def test_a_duration_that_is_none_names_its_flag() -> None:
    assert read_seconds("--pace", "20ms") == 0.02
    with pytest.raises(StubRefused, match=r"^--pace: 'soon' is not a duration"):
        read_seconds("--pace", "soon")
