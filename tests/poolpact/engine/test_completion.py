import pytest

from poolpact.engine.completion import UNLIMITED, BadRequest, Completion, CompletionRequest


def completion(n_predict: int = 3, interval: float = 0.0, break_after: int | None = None) -> Completion:
    return Completion(CompletionRequest("once upon", n_predict, True), 1, interval=interval, break_after=break_after)


@pytest.mark.parametrize("body", [b"{", b"[]", b"{}", b'{"prompt": 1}', b'{"prompt": "x", "n_predict": "3"}', b"\xff"])
def test_what_is_no_completion_request_is_refused(body: bytes) -> None:
    with pytest.raises(BadRequest):
        CompletionRequest.parse(body)


def test_a_request_without_a_limit_ends_all_the_same() -> None:
    request = CompletionRequest.parse(b'{"prompt": "x"}')
    assert request == CompletionRequest("x", -1, False)
    assert Completion(request, 1, interval=0.0, break_after=None).wanted == UNLIMITED


def test_nothing_is_due_before_it_has_a_slot() -> None:
    waiting = completion()
    assert waiting.due_at(held=False) is None
    waiting.start(0, 5.0)
    assert waiting.due_at(held=False) == 5.0


def test_tokens_fall_due_one_interval_apart_and_the_end_at_once() -> None:
    stream = completion(n_predict=2, interval=0.5)
    stream.start(0, 10.0)
    assert stream.produce(10.0).strip()
    assert stream.due_at(held=False) == 10.5
    stream.produce(10.5)
    assert stream.is_complete
    assert stream.due_at(held=False) == 0.0


def test_a_held_stream_waits_after_its_first_token() -> None:
    stream = completion()
    stream.start(0, 0.0)
    assert stream.due_at(held=True) == 0.0
    stream.produce(0.0)
    assert stream.due_at(held=True) is None
    assert stream.due_at(held=False) is not None


def test_a_stream_of_one_token_is_never_held() -> None:
    stream = completion(n_predict=1)
    stream.start(0, 0.0)
    stream.produce(0.0)
    assert stream.due_at(held=True) == 0.0


def test_it_is_to_break_after_so_many_tokens() -> None:
    stream = completion(break_after=1)
    stream.start(0, 0.0)
    assert not stream.is_to_break
    stream.produce(0.0)
    assert stream.is_to_break


def test_only_its_last_event_says_stop() -> None:
    stream = completion()
    stream.start(1, 0.0)
    token = stream.produce(0.0)
    assert stream.chunk(token).items() >= {"content": token, "stop": False, "tokens_predicted": 1, "id_slot": 1}.items()
    assert stream.summary("").items() >= {"content": "", "stop": True, "tokens_predicted": 1, "stop_type": "limit"}.items()
