import pytest
from hypothesis import given
from hypothesis import strategies as st

from poolpact.parallel.board import Board

GROUPS = st.lists(st.integers(0, 5), max_size=6)


def board_of(sizes: list[int]) -> tuple[Board, list[int]]:
    numbers = iter(range(sum(sizes)))
    return Board([[next(numbers) for _ in range(size)] for size in sizes]), list(range(sum(sizes)))


@given(GROUPS, st.lists(st.integers(0, 3)))
def test_every_scenario_is_handed_out_once(sizes: list[int], turns: list[int]) -> None:
    board, scenarios = board_of(sizes)
    handed: list[int] = []
    for worker in turns:
        board.take_from(worker)
        scenario = board.hand_to(worker)
        handed += [] if scenario is None else [scenario]
    assert sorted(handed + board.clear()) == scenarios
    assert board.hand_to(0) is None


@given(GROUPS)
def test_no_worker_idles_while_a_scenario_waits(sizes: list[int]) -> None:
    board, scenarios = board_of(sizes)
    assert [board.hand_to(turn) is not None for turn in range(len(scenarios))] == [True] * len(scenarios)


def test_a_worker_stays_with_its_group_and_then_opens_the_largest() -> None:
    board, _ = board_of([1, 2, 3])
    assert [board.hand_to("a") for _ in range(6)] == [3, 4, 5, 1, 2, 0]


def test_workers_open_groups_of_their_own_as_long_as_there_are() -> None:
    board, _ = board_of([2, 2])
    assert [board.hand_to(worker) for worker in "abab"] == [0, 2, 1, 3]


def test_who_has_nothing_left_helps_with_what_has_most_left() -> None:
    board, _ = board_of([3, 4, 1])
    assert [board.hand_to(worker) for worker in "abc"] == [3, 0, 7]
    assert board.hand_to("c") == 4


def test_what_a_worker_is_at_is_known_until_it_is_taken() -> None:
    board, _ = board_of([2])
    assert board.take_from("a") is None
    board.hand_to("a")
    assert board.take_from("a") == 0
    assert board.take_from("a") is None


def test_a_board_without_groups_is_empty() -> None:
    assert Board([]).hand_to("a") is None


@pytest.mark.parametrize("sizes", [[0], [0, 0]])
def test_empty_groups_hold_nothing(sizes: list[int]) -> None:
    assert board_of(sizes)[0].hand_to("a") is None
