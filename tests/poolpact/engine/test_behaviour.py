import signal

import pytest

from poolpact.engine.behaviour import CUDA_ERROR, BadFlag, Behaviour, Cause, Ending, Order, State, check_nonce, parse_order


def behaviour(*flags: str) -> Behaviour:
    return Behaviour.parse(flags)


def test_without_flags_it_is_a_healthy_engine_with_one_slot() -> None:
    assert behaviour() == Behaviour()
    assert behaviour().state_at(0.0) is State.HEALTHY
    assert behaviour().slots == 1


def test_llama_server_flags_are_understood() -> None:
    parsed = behaviour("-m", "m.gguf", "--host", "::1", "--port", "81", "-np", "3", "-c", "512", "--metrics", "--offline")
    assert parsed == Behaviour(model="m.gguf", host="::1", port=81, slots=3, context=512)
    assert behaviour("--model", "x", "--parallel", "2") == behaviour("-m", "x", "--sim-slots", "2")


def test_unknown_flags_are_accepted_with_or_without_values() -> None:
    assert behaviour("--threads", "8", "--mlock", "--port", "9") == Behaviour(port=9)


def test_the_last_of_two_equal_flags_counts_and_prints_add_up() -> None:
    assert behaviour("--port", "1", "--port", "2").port == 2
    assert behaviour("--sim-print", "a", "--sim-cuda-error", "--sim-print", "b").output == ("a", "b", CUDA_ERROR)


@pytest.mark.parametrize(
    "flags",
    [
        ("--port",),
        ("--port", "http"),
        ("--port", "65536"),
        ("--port", "-1"),
        ("-np", "0"),
        ("--sim-load", "soon"),
        ("--sim-load", "-1"),
        ("--sim-load", "nan"),
        ("--sim-exit-code", "256"),
        ("--sim-exit-signal", "SIGNOTHING"),
        ("--sim-nonce", "../x"),
        ("--sim-nonce", ""),
        ("--sim-nonce", ".hidden"),
    ],
)
def test_a_bad_value_is_named_in_one_line(flags: tuple[str, ...]) -> None:
    with pytest.raises(BadFlag) as refused:
        behaviour(*flags)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("nonce", ["a", "pool-0.1_x", "A" * 128])
def test_a_nonce_names_a_file(nonce: str) -> None:
    assert check_nonce(nonce) == nonce


def test_it_is_loading_until_its_load_time_is_over() -> None:
    slow = behaviour("--sim-load", "2.5")
    assert [slow.state_at(t) for t in (0.0, 2.499, 2.5, 119.9)] == [State.LOADING, State.LOADING, State.HEALTHY, State.HEALTHY]


def test_one_that_waits_turns_healthy_only_when_told() -> None:
    waiting = behaviour("--sim-wait", "--sim-load", "1")
    assert waiting.state_at(100.0) is State.LOADING
    told = [Order(7.0, "healthy"), Order(9.0, "unhealthy")]
    assert [waiting.state_at(t, told) for t in (6.9, 7.0, 9.0)] == [State.LOADING, State.HEALTHY, State.LOADING]


def test_a_mute_one_never_listens() -> None:
    assert behaviour("--sim-mute").state_at(5.0) is State.MUTE


def test_it_ends_when_and_how_its_flags_say() -> None:
    assert behaviour("--sim-exit-after", "3").ending() == Ending(3.0, Cause.PLANNED, code=1)
    assert behaviour("--sim-exit-after", "3", "--sim-exit-code", "0").ending() == Ending(3.0, Cause.PLANNED, code=0)
    crash = behaviour("--sim-exit-after", "0.5", "--sim-exit-signal", "SEGV")
    assert crash.ending() == Ending(0.5, Cause.PLANNED, signal=signal.SIGSEGV)
    assert crash.ending().returncode == -signal.SIGSEGV
    assert [crash.state_at(t) for t in (0.499, 0.5)] == [State.HEALTHY, State.ENDED]


def test_an_exit_code_without_a_time_ends_nothing() -> None:
    assert behaviour("--sim-exit-code", "4").ending().cause is Cause.LIFE


def test_a_cuda_error_ends_it_at_once_with_code_1() -> None:
    assert behaviour("--sim-cuda-error").ending() == Ending(0.0, Cause.PLANNED, code=1)


def test_its_life_ends_whatever_else() -> None:
    assert behaviour("--sim-life", "4", "--sim-wait").ending() == Ending(4.0, Cause.LIFE, code=1)


@pytest.mark.parametrize(
    ("line", "ending"),
    [
        ("exit 7", Ending(2.0, Cause.TOLD, code=7)),
        ("signal KILL", Ending(2.0, Cause.TOLD, signal=signal.SIGKILL)),
        ("end", Ending(2.0, Cause.TOLD, code=0)),
    ],
)
def test_it_ends_as_told(line: str, ending: Ending) -> None:
    assert behaviour().ending([parse_order(line, 2.0)]) == ending
    assert behaviour("--sim-exit-after", "1").ending([parse_order(line, 2.0)]).after == 1.0


@pytest.mark.parametrize("line", ["", "sleep", "exit", "exit x", "exit 300", "signal", "signal NONE"])
def test_what_is_no_order_is_refused(line: str) -> None:
    with pytest.raises(BadFlag):
        parse_order(line, 0.0)


def test_sigterm_ends_it_like_llama_server() -> None:
    slow = behaviour("--sim-load", "5")
    assert slow.ending_on_term(1.0) == Ending(1.0, Cause.TERM, signal=signal.SIGTERM)
    assert slow.ending_on_term(6.0) == Ending(6.0, Cause.TERM, code=0)
    assert behaviour("--sim-ignore-term").ending_on_term(1.0) is None


def test_the_moments_at_which_it_may_change_are_known_in_advance() -> None:
    assert behaviour("--sim-load", "2", "--sim-exit-after", "3").changes() == (2.0, 3.0)
    assert behaviour("--sim-wait").changes() == (120.0,)
