"""One completion: the request's members, and the tokens as they fall due. Pure."""

import json
from typing import NamedTuple

UNLIMITED = 64
"""How many tokens answer a request that sets no limit (llama-server would go on to the end of the context)."""
WORDS = (
    "the",
    " quick",
    " brown",
    " fox",
    " jumps",
    " over",
    " a",
    " lazy",
    " dog",
    ",",
    " and",
    " then",
    " it",
    " sleeps",
    ".",
    "\n",
)


class BadRequest(ValueError):
    """The body is no completion request; the message is one line."""


class CompletionRequest(NamedTuple):
    """What was asked for."""

    prompt: str
    n_predict: int
    stream: bool

    @classmethod
    def parse(cls, body: bytes) -> "CompletionRequest":
        """Read a request body. Raises BadRequest."""
        try:
            members = json.loads(body)
        except ValueError:
            raise BadRequest("the body is not JSON") from None
        if not isinstance(members, dict) or not isinstance(members.get("prompt"), str):
            raise BadRequest("'prompt' must be a string")
        n_predict = members.get("n_predict", -1)
        if not isinstance(n_predict, int) or isinstance(n_predict, bool):
            raise BadRequest("'n_predict' must be an integer")
        return cls(members["prompt"], n_predict, members.get("stream") is True)


class Completion:
    """The tokens of one request: one every ``interval`` seconds from when it has a slot, the first at once."""

    def __init__(self, request: CompletionRequest, number: int, *, interval: float, break_after: int | None) -> None:
        self.request = request
        self.number = number
        self.slot: int | None = None
        self.sent: list[str] = []
        self._interval = interval
        self._break_after = break_after
        self._next_at = 0.0

    def start(self, slot: int, now: float) -> None:
        """Occupy ``slot``; the first token is due now."""
        self.slot = slot
        self._next_at = now

    @property
    def wanted(self) -> int:
        """How many tokens it will have when it is complete."""
        return self.request.n_predict if self.request.n_predict >= 0 else UNLIMITED

    @property
    def is_complete(self) -> bool:
        """Whether every token was produced."""
        return len(self.sent) >= self.wanted

    @property
    def is_to_break(self) -> bool:
        """Whether the connection breaks here."""
        return self._break_after is not None and len(self.sent) >= self._break_after

    def due_at(self, held: bool) -> float | None:
        """When the next step is due: a token, the end or the break.

        None while it waits for a slot, or is held after its first token.
        """
        if self.slot is None or (held and self.sent and not self.is_complete):
            return None
        return 0.0 if self.is_complete or self.is_to_break else self._next_at

    def produce(self, now: float) -> str:
        """The next token."""
        token = WORDS[len(self.sent) % len(WORDS)]
        self.sent.append(token)
        self._next_at = max(self._next_at + self._interval, now)
        return token

    def chunk(self, token: str) -> dict[str, object]:
        """One event of the stream, as llama-server writes it."""
        return {
            "index": 0,
            "content": token,
            "tokens": [],
            "stop": False,
            "id_slot": self.slot,
            "tokens_predicted": len(self.sent),
            "tokens_evaluated": len(self.request.prompt.split()),
        }

    def summary(self, content: str) -> dict[str, object]:
        """The last event of the stream with empty ``content``, or the whole answer without a stream."""
        closing = {"stop": True, "stop_type": "limit", "truncated": False, "prompt": self.request.prompt}
        return self.chunk(content) | closing
