import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from pool_managerd.domain.errors import InvalidSettings, RunDirInUse
from pool_managerd.storage.journal import Intent
from pool_managerd.storage.run_dir import RunDir

HOLD = """
import sys
from pathlib import Path
from pool_managerd.storage.run_dir import RunDir
run_dir = RunDir(Path(sys.argv[1]))
run_dir.open()
print("held", flush=True)
sys.stdin.read()
"""


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_everything_in_it_is_for_its_owner_only(tmp_path: Path) -> None:
    run_dir = RunDir(tmp_path / "deep" / "run")
    run_dir.open()
    for path in (run_dir.path, run_dir.handoff_path("p").parent, run_dir.log_path("p").parent, run_dir.journal.folder):
        assert mode(path) == 0o700
        assert path.is_relative_to(tmp_path / "deep" / "run")
    assert mode(run_dir.path / "lock") == 0o600
    run_dir.close()


def test_one_manager_at_a_time(tmp_path: Path) -> None:
    first, second = RunDir(tmp_path / "run"), RunDir(tmp_path / "run")
    first.open()
    for late in (second, first):
        with pytest.raises(RunDirInUse, match="run directory"):
            late.open()
    first.close()
    first.close()
    second.open()
    second.close()


def test_a_second_process_is_refused_until_the_first_is_killed(tmp_path: Path) -> None:
    command = [sys.executable, "-c", HOLD, str(tmp_path / "run")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        run_dir = RunDir(tmp_path / "run")
        with pytest.raises(RunDirInUse):
            run_dir.open()
        holder.kill()
        holder.wait()
        run_dir.open()
        run_dir.close()


def test_a_refused_second_one_touches_nothing(tmp_path: Path) -> None:
    first = RunDir(tmp_path / "run")
    first.open()
    first.journal.intend(Intent(nonce="a" * 32, pool_id="p", binary_path="/b"))
    draft = first.handoff_path("p").with_name(".draft-x")
    draft.write_text("being written")
    before = {path: path.stat() for path in sorted(first.path.rglob("*"))}
    with pytest.raises(RunDirInUse):
        RunDir(tmp_path / "run").open()
    assert {path: path.stat() for path in sorted(first.path.rglob("*"))} == before
    first.close()


def test_what_is_there_stays_but_drafts_of_a_killed_writer(tmp_path: Path) -> None:
    run_dir = RunDir(tmp_path / "run")
    run_dir.open()
    run_dir.handoff_path("p").write_text("{}")
    run_dir.handoff_path("p").with_name(".draft-x").write_text("{")
    run_dir.close()
    run_dir.open()
    assert list(run_dir.handoff_path("p").parent.iterdir()) == [run_dir.handoff_path("p")]
    run_dir.close()


@pytest.mark.parametrize("inner", ["", "journal", "handoff", "logs"])
@pytest.mark.parametrize("kind", ["a symbolic link", "not a folder", "writable by others"])
def test_a_folder_that_others_could_have_laid_is_refused(tmp_path: Path, inner: str, kind: str) -> None:
    path = tmp_path / "run" / inner
    path.parent.mkdir(exist_ok=True)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    match kind:
        case "a symbolic link":
            path.symlink_to(elsewhere)
        case "not a folder":
            path.write_text("")
        case _:
            path.mkdir()
            path.chmod(0o777)
    run_dir = RunDir(tmp_path / "run")
    descriptors = len(os.listdir("/proc/self/fd"))
    with pytest.raises(InvalidSettings, match=kind):
        run_dir.open()
    assert len(os.listdir("/proc/self/fd")) == descriptors
    assert list(elsewhere.iterdir()) == []


def test_a_lock_that_is_a_link_is_refused(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir(mode=0o700)
    (tmp_path / "run" / "lock").symlink_to(tmp_path / "victim")
    with pytest.raises(InvalidSettings, match="cannot be used"):
        RunDir(tmp_path / "run").open()
    assert not (tmp_path / "victim").exists()


def test_another_users_folder_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "run").mkdir(mode=0o700)
    monkeypatch.setattr(os, "geteuid", lambda: (tmp_path / "run").stat().st_uid + 1)
    with pytest.raises(InvalidSettings, match="another user"):
        RunDir(tmp_path / "run").open()


def test_a_place_where_no_folder_can_be_made_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(InvalidSettings, match="cannot be used"):
        RunDir(tmp_path / "file" / "run").open()


def test_a_relative_path_means_the_same_folder_after_a_change_of_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    run_dir = RunDir(Path("run"))
    assert run_dir.log_path("p") == tmp_path / "run" / "logs" / "p.log"
