"""One interaction of the pact: what the client asks, what it may be answered, and what it makes of that."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from pact import Pact, match

from orchestratord.client import PoolManagerClient
from orchestratord.errors import Rejected

CONSUMER, PROVIDER = "orchestratord", "pool_managerd"
TOKEN = "the-token"
PROBLEM, JSON = "application/problem+json", "application/json"
CLIENT_ERROR, SERVER_ERROR = "clientError", "serverError"

Outcome = Callable[[Any], None]


@dataclass(frozen=True)
class State:
    """A provider state: its name in ``poolpact.daemon.states``, and its parameters."""

    name: str
    parameters: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Reply:
    """What the provider answers. ``any_of`` names the class of the statuses that will do, where the consumer does not care."""

    status: int
    body: Any = None
    content_type: str | None = None
    headers: Mapping[str, Any] = field(default_factory=dict)
    any_of: str | None = None


@dataclass(frozen=True)
class Interaction:
    """``outcome`` checks what the client returned or raised. Of a ``group`` the provider has to match one interaction."""

    description: str
    profile: str
    states: tuple[State, ...]
    method: str
    path: str
    call: Callable[[PoolManagerClient], Awaitable[Any]]
    reply: Reply
    outcome: Outcome
    group: str | None = None
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, Any] = field(default_factory=dict)
    body: Any = None
    from_state: Mapping[str, Any] = field(default_factory=dict)
    """Generators: which parts of the request the provider state tells."""

    def answering(self, reply: Reply, outcome: Outcome) -> "Interaction":
        """The same request with another answer."""
        return replace(self, reply=reply, outcome=outcome)

    def answered(self, *replies: tuple[str, Reply, Outcome]) -> "list[Interaction]":
        """The same request with each of the answers that the wire permits: a group."""
        return [
            replace(self, description=f"{self.description}: {what}", group=self.description, reply=reply, outcome=outcome)
            for what, reply, outcome in replies
        ]

    def refused(
        self, error: type[Rejected], *, headers: Mapping[str, Any] | None = None, plainly: type[Rejected] | None = None
    ) -> "list[Interaction]":
        """The same request, refused with a problem document or with any other JSON, which may say less: ``plainly``."""
        plain = replace(self.reply, body=None, content_type=JSON, headers={})
        problem = replace(self.reply, content_type=PROBLEM, headers=headers or {})
        return self.answered(
            ("a problem document", problem, raises(error, problem.status, code=example(self.reply.body)["code"])),
            ("any other JSON", plain, raises(plainly or error, plain.status)),
        )

    def define(self, pact: Pact) -> None:
        """Add it to ``pact``."""
        made = pact.upon_receiving(self.description)
        for state in self.states:
            made.given(state.name, **state.parameters)
        made.with_request(self.method, self.path)
        made.with_query_parameters(dict(self.query))
        made.with_headers({"Accept": JSON, "Authorization": match.regex(f"Bearer {TOKEN}", regex="^Bearer .+$"), **self.headers})
        if self.body is not None:
            made.with_body(self.body, JSON)
        headers = {"Authorization": told("Bearer ${token}", "STRING"), **self.from_state.get("header", {})}
        made.with_generators({**self.from_state, "header": headers}, part="Request")
        made.will_respond_with(self.reply.status)
        if self.reply.any_of is not None:
            rule = {"combine": "AND", "matchers": [{"match": "statusCode", "status": self.reply.any_of}]}
            made.with_matching_rules({"status": rule}, part="Response")
        if self.reply.content_type is not None:
            of_type = match.regex(self.reply.content_type, regex=f"^{_escaped(self.reply.content_type)} *(;.*)?$")
            made.with_header("Content-Type", of_type, part="Response")
        for name, value in self.reply.headers.items():
            made.with_header(name, value, part="Response")
        if self.reply.body is not None:
            made.with_body(self.reply.body, self.reply.content_type, part="Response")
        made.set_comment("profile", self.profile)
        if self.group is not None:
            made.set_comment("group", self.group)


def _escaped(media_type: str) -> str:
    return media_type.replace("+", "\\+")


def told(expression: str, data_type: str) -> dict[str, str]:
    """A generator that takes a part of the request from what the provider state told."""
    return {"type": "ProviderState", "expression": expression, "dataType": data_type}


def example(body: Any) -> Any:
    """``body`` with each matcher replaced by its example."""
    if isinstance(body, match.AbstractMatcher):
        return example(body.to_integration_json()["value"])
    if isinstance(body, dict):
        return {name: example(value) for name, value in body.items()}
    if isinstance(body, list):
        return [example(value) for value in body]
    return body


def gives(**members: Any) -> Outcome:
    """The client returns something with these members."""

    def check(outcome: Any) -> None:
        assert not isinstance(outcome, BaseException), outcome
        assert {name: getattr(outcome, name) for name in members} == members

    return check


def gives_nothing(outcome: Any) -> None:
    """The client returns, and has nothing to say."""
    assert outcome is None


def raises(error: type[Rejected], status: int, **members: Any) -> Outcome:
    """The client raises just this error."""

    def check(outcome: Any) -> None:
        assert type(outcome) is error, repr(outcome)
        assert outcome.status == status
        assert {name: getattr(outcome, name) for name in members} == members

    return check


def problem(status: int, code: Any, detail: str, *, any_of: str | None = None) -> Reply:
    """A problem document; ``code`` is a matcher where the consumer does not tell one from another."""
    told_status = match.int(status) if any_of else status
    document = {"type": match.str("about:blank"), "title": match.str("Refused"), "status": told_status}
    return Reply(status, {**document, "code": code, "detail": match.str(detail)}, any_of=any_of)
