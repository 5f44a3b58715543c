import json
import os
from pathlib import Path

import pytest

from poolpact.engine.behaviour import BadFlag
from poolpact.engine.record import Control, Recorder, record_path
from poolpact.engine.records import EngineRecords, UnreadableRecord


def test_events_come_back_as_written_and_in_order(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path, "n", clock=lambda: 4.5)
    recorder.write("started", argv=["x", "ü\n"], env={"A": "b"}, ppid=1)
    recorder.write("child", child_pid=77, pid=5, at=6.0)
    records = EngineRecords(tmp_path)
    first, second = records.events("n")
    assert first | {"pid": 0} == {"event": "started", "pid": 0, "at": 4.5, "argv": ["x", "ü\n"], "env": {"A": "b"}, "ppid": 1}
    assert (second["at"], second["pid"]) == (6.0, 5)
    assert records.starts("n") == [first]
    assert records.pids("n") == {int(first["pid"]), 77}
    assert records.nonces() == ["n"]


@pytest.mark.parametrize(
    ("folder", "file"), [(0o700, 0o600), (0o755, 0o600), (0o770, 0o640), (0o775, 0o640), (0o777, 0o644), (0o1777, 0o644)]
)
def test_it_is_read_by_those_who_may_write_into_the_folder(tmp_path: Path, folder: int, file: int) -> None:
    tmp_path.chmod(folder)
    usual = os.umask(0)
    try:
        Recorder(tmp_path, "n").write("started")
        EngineRecords(tmp_path).tell("n", "end")
    finally:
        os.umask(usual)
    assert {path.stat().st_mode & 0o777 for path in tmp_path.iterdir()} == {file}


def test_what_another_user_keeps_to_himself_is_one_line_with_the_remedy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: str) -> list[dict[str, object]]:
        raise PermissionError(13, "Permission denied", path)

    monkeypatch.setattr("poolpact.engine.records.read_events", refuse)
    with pytest.raises(
        UnreadableRecord, match=r"n\.jsonl cannot be read: another user's engine wrote it; give the engines a host-dir"
    ):
        EngineRecords(tmp_path).starts("n")


def test_a_line_that_is_still_being_written_is_not_read(tmp_path: Path) -> None:
    Path(record_path(tmp_path, "n")).write_bytes(json.dumps({"event": "started"}).encode() + b'\n{"event": "hea')
    assert [event["event"] for event in EngineRecords(tmp_path).events("n")] == ["started"]


def test_without_a_folder_nothing_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    recorder = Recorder(None, "n")
    recorder.write("started")
    assert recorder.earlier() == []
    assert list(tmp_path.iterdir()) == []


def test_an_unused_nonce_has_no_events(tmp_path: Path) -> None:
    assert EngineRecords(tmp_path).events("never") == []


@pytest.mark.parametrize("nonce", ["../n", "", "a/b"])
def test_a_nonce_never_leads_out_of_the_folder(tmp_path: Path, nonce: str) -> None:
    records = EngineRecords(tmp_path / "inner")
    with pytest.raises(BadFlag):
        records.events(nonce)
    with pytest.raises(BadFlag):
        records.tell(nonce, "end")


def test_orders_are_heard_once_and_in_order(tmp_path: Path) -> None:
    records = EngineRecords(tmp_path)
    control = Control(tmp_path, "n", started=10.0)
    assert control.read(10.0) == []
    records.tell("n", "hold")
    records.tell("n", "exit 3")
    assert [(order.at, order.word, order.value) for order in control.read(12.5)] == [(2.5, "hold", ""), (2.5, "exit", "3")]
    assert control.read(13.0) == []
    records.tell("n", "release")
    assert [order.word for order in control.read(14.0)] == ["release"]


def test_a_half_written_order_waits_for_its_end_and_nonsense_is_left_out(tmp_path: Path) -> None:
    control = Control(tmp_path, "n", started=0.0)
    path = tmp_path / "n.control"
    path.write_text("nonsense\nhealthy\nexi")
    assert [order.word for order in control.read(1.0)] == ["healthy"]
    with path.open("a") as file:
        file.write("t 5\n")
    assert [order.value for order in control.read(1.0)] == ["5"]


def test_a_later_incarnation_does_not_hear_what_an_earlier_one_was_told(tmp_path: Path) -> None:
    records = EngineRecords(tmp_path)
    records.tell("n", "exit 3")
    later = Control(tmp_path, "n", started=0.0, from_start=False)
    records.tell("n", "healthy")
    assert [order.word for order in later.read(1.0)] == ["healthy"]


def test_an_engine_in_this_process_hears_its_own_orders_at_once(tmp_path: Path) -> None:
    records = EngineRecords(tmp_path)
    heard: list[str] = []
    stop = records.listen("n", heard.append)
    records.tell("n", "healthy")
    records.tell("other", "end")
    stop()
    records.tell("n", "end")
    assert heard == ["healthy"]


def test_telling_nonsense_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadFlag):
        EngineRecords(tmp_path).tell("n", "dance")
    assert list(tmp_path.iterdir()) == []
