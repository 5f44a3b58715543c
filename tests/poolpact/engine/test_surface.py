from poolpact.engine.behaviour import Behaviour
from poolpact.engine.completion import CompletionRequest
from poolpact.engine.http1 import Request
from poolpact.engine.surface import Reply, route


def ask(
    method: str,
    path: str,
    *,
    body: bytes = b"",
    query: str = "",
    behaviour: Behaviour | None = None,
    healthy: bool = True,
    busy: tuple[bool, ...] = (False,),
) -> Reply | CompletionRequest:
    return route(Request(method, path, query, {}, body), behaviour or Behaviour(), healthy=healthy, busy=busy)


def test_while_loading_everything_is_503_in_llama_servers_words() -> None:
    loading = {"error": {"code": 503, "message": "Loading model", "type": "unavailable_error"}}
    for method, path in (("GET", "/health"), ("GET", "/props"), ("POST", "/completion")):
        assert ask(method, path, healthy=False) == Reply(503, loading)


def test_a_healthy_engine_says_so() -> None:
    assert ask("GET", "/health") == Reply(200, {"status": "ok"})


def test_props_tell_the_slots_unless_there_are_no_props() -> None:
    reply = ask("GET", "/props", behaviour=Behaviour(slots=4))
    assert isinstance(reply, Reply)
    assert isinstance(reply.body, dict)
    assert reply.body["total_slots"] == 4
    gone = ask("GET", "/props", behaviour=Behaviour(props=False))
    assert isinstance(gone, Reply)
    assert gone.status == 404


def test_slots_tell_which_work() -> None:
    reply = ask("GET", "/slots", behaviour=Behaviour(slots=2), busy=(True, False))
    assert isinstance(reply, Reply)
    assert isinstance(reply.body, list)
    assert [slot["is_processing"] for slot in reply.body] == [True, False]


def test_slots_can_be_asked_to_fail_when_none_is_free() -> None:
    def status(busy: tuple[bool, ...]) -> int:
        reply = ask("GET", "/slots", query="fail_on_no_slot=1", busy=busy, behaviour=Behaviour(slots=len(busy)))
        assert isinstance(reply, Reply)
        return reply.status

    assert (status((True, True)), status((True, False))) == (503, 200)


def test_a_completion_is_read_and_a_bad_one_is_refused() -> None:
    assert ask("POST", "/completion", body=b'{"prompt": "x", "stream": true}') == CompletionRequest("x", -1, True)
    refused = ask("POST", "/completion", body=b"{")
    assert isinstance(refused, Reply)
    assert refused.status == 400


def test_anything_else_is_404() -> None:
    for method, path in (("GET", "/"), ("GET", "/completion"), ("DELETE", "/health"), ("GET", "/health/../props")):
        reply = ask(method, path)
        assert isinstance(reply, Reply)
        assert reply.status == 404
