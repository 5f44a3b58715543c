import pytest

from poolpact.faults.faults import Drip, Fault, Late, Reset, Stall, Truncate
from poolpact.faults.troubles import trouble
from poolpact.stub.operations import Operations
from poolpact.stub.telling import CannotBeTold
from poolpact.stub.told_faults import Chances, fault_of_members, fault_of_text

OPERATIONS = Operations.load()
STATUS = "get_pool_status"


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("status:delay=3s", Late(3.0)),
        ("status:reset", Reset()),
        ("status:stall", Stall()),
        ("status:drip", Drip()),
        ("status:truncate", Truncate()),
        ("status:malformed", trouble("answers with broken JSON")),
        ("status:delay=500ms,reset", Late(0.5, Reset())),
    ],
)
def test_a_fault_is_read(text: str, fault: Fault) -> None:
    told = fault_of_text(text, OPERATIONS)
    assert (told.call, told.p, told.times) == ("status", 1.0, None)
    assert told.fault(STATUS, OPERATIONS) == fault


@pytest.mark.parametrize(
    "text",
    [
        "status:delay=3s,p=0.1",
        "any:delay=0.5s,status=503,times=2",
        "acquire_lease:status=429,p=0.25,times=1",
        "health:reset",
        "list:malformed",
    ],
)
def test_a_fault_is_written_as_it_is_told(text: str) -> None:
    assert str(fault_of_text(text, OPERATIONS)) == text


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "CALL:HOW"),
        ("status", "CALL:HOW"),
        ("status:", "say what happens"),
        ("status:p=0.5", "say what happens"),
        ("status:wobble", "wobble: there is no such member"),
        ("wobble:reset", "call: there is no call 'wobble'"),
        ("pool:reset", "call: .* say which"),
        (":reset", "call"),
        ("status:reset,call=health", "call: there is no such member"),
        ("status:reset,stall", "reset and stall"),
        ("status:status=503,malformed", "status and malformed"),
        ("status:status=200", "status"),
        ("status:status=600", "status"),
        ("status:status", "status"),
        ("status:reset=no", "reset"),
        ("status:delay=soon", "delay: 'soon' is not a duration"),
        ("status:delay", "delay"),
        ("status:reset,p=2", "p: input should be less than or equal to 1"),
        ("status:reset,p=0", "p"),
        ("status:reset,p=nan", "p"),
        ("status:reset,times=0", "times"),
        ("status:reset,times=1.5", "times"),
    ],
)
def test_what_is_no_fault_says_why(text: str, why: str) -> None:
    with pytest.raises(CannotBeTold, match=why):
        fault_of_text(text, OPERATIONS)


@pytest.mark.parametrize(
    ("members", "why"),
    [
        ({"delay": "3s"}, "call: field required"),
        ({"call": "status", "reset": "yes"}, "reset"),
        ({"call": "status", "reset": False}, "reset"),
        ({"call": "status", "status": "503"}, "status"),
        ({"call": "wobble", "reset": True}, "call"),
    ],
)
def test_members_of_a_file_have_types(members: dict[str, object], why: str) -> None:
    with pytest.raises(CannotBeTold, match=why):
        fault_of_members(members, OPERATIONS)


def test_a_file_says_what_a_flag_says() -> None:
    members = {"call": "status", "delay": 3, "reset": True, "p": 1, "times": 2}
    assert fault_of_members(members, OPERATIONS) == fault_of_text("status:delay=3s,reset,times=2", OPERATIONS)


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("status:delay=3s", 200),
        ("status:drip", 200),
        ("status:malformed", 200),
        ("status:status=503", 503),
        ("status:reset", None),
        ("status:delay=1s,stall", None),
    ],
)
def test_what_the_client_sees_of_it(text: str, seen: int | None) -> None:
    assert fault_of_text(text, OPERATIONS).status_seen(200) == seen


# --- chances ---


def drawn(calls: list[str | None], *texts: str, seed: int = 1) -> list[str | None]:
    chances = Chances([fault_of_text(text, OPERATIONS) for text in texts], OPERATIONS, seed)
    found = [chances.next(call) for call in calls]
    return [None if fault is None else fault.effect for fault in found]


def test_a_fault_is_for_its_call_alone() -> None:
    calls = [STATUS, "health", None, STATUS]
    assert drawn(calls, "status:reset") == ["reset", None, None, "reset"]
    assert drawn(calls, "any:reset") == ["reset", "reset", None, "reset"]


def test_the_first_fault_wins_and_the_next_follows_when_it_is_used_up() -> None:
    assert drawn([STATUS] * 5, "status:reset,times=2", "status:stall,times=1") == ["reset", "reset", "stall", None, None]


def test_the_same_seed_draws_the_same_and_another_does_not() -> None:
    calls: list[str | None] = [STATUS] * 64
    one = drawn(calls, "status:reset,p=0.5", seed=7)
    assert one == drawn(calls, "status:reset,p=0.5", seed=7)
    assert one != drawn(calls, "status:reset,p=0.5", seed=8)
    assert {None, "reset"} == set(one)


def test_the_probability_is_kept() -> None:
    hits = drawn([STATUS] * 4000, "status:reset,p=0.1").count("reset")
    assert 300 < hits < 500


def test_what_happens_to_a_call_hangs_neither_on_other_calls_nor_on_other_faults() -> None:
    alone = drawn([STATUS] * 32, "status:reset,p=0.5")
    mixed = drawn(["health", STATUS] * 32, "status:reset,p=0.5", "health:stall,p=0.5", "any:drip,p=0.5")
    assert ["reset" if each == "reset" else None for each in mixed[1::2]] == alone


def test_times_are_counted_when_it_happens() -> None:
    happened = drawn([STATUS] * 64, "status:reset,p=0.5,times=3")
    assert happened.count("reset") == 3
    assert happened[:3] != ["reset"] * 3
