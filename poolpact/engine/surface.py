"""llama-server's routes: which answer a request gets. Pure."""

from collections.abc import Sequence
from typing import NamedTuple

from poolpact.engine.behaviour import Behaviour
from poolpact.engine.completion import BadRequest, CompletionRequest
from poolpact.engine.http1 import Request, problem

LOADING = problem(503, "unavailable_error", "Loading model")


class Reply(NamedTuple):
    """A status and a JSON body."""

    status: int
    body: object


def route(request: Request, behaviour: Behaviour, *, healthy: bool, busy: Sequence[bool]) -> Reply | CompletionRequest:
    """The reply to ``request``, or the completion it asks for. ``busy`` says of each slot whether it works."""
    if not healthy:
        return Reply(503, LOADING)
    match request.method, request.path:
        case "GET", "/health":
            return Reply(200, {"status": "ok"})
        case "GET", "/props" if behaviour.props:
            return Reply(200, _props(behaviour))
        case "GET", "/slots" if behaviour.tells_slots:
            return _slots(request, behaviour, busy)
        case "POST", "/completion":
            try:
                return CompletionRequest.parse(request.body)
            except BadRequest as refused:
                return Reply(400, problem(400, "invalid_request_error", str(refused)))
    return Reply(404, problem(404, "not_found_error", "File Not Found"))


def _props(behaviour: Behaviour) -> dict[str, object]:
    return {
        "default_generation_settings": {"n_ctx": behaviour.context // behaviour.slots},
        "total_slots": behaviour.slots,
        "model_path": behaviour.model,
        "build_info": "poolpact-engine",
    }


def _slots(request: Request, behaviour: Behaviour, busy: Sequence[bool]) -> Reply:
    if "fail_on_no_slot=1" in request.query.split("&") and all(busy):
        return Reply(503, problem(503, "unavailable_error", "no slot available"))
    context = behaviour.context // behaviour.slots
    return Reply(200, [{"id": i, "n_ctx": context, "is_processing": working} for i, working in enumerate(busy)])
