"""Defects around the requests: what a wrapper of the whole API can get wrong."""

import asyncio
import json
from collections.abc import Callable, Collection, Mapping
from typing import Any

from pool_managerd.api.gate import Gate
from tests.mutants.patching import rework

Body = dict[str, Any]
Held = Callable[[str, Collection[str]], bool]
Change = Callable[[Body], Mapping[str, Any]]

MOMENT = 0.02
"""Seconds."""


def hold_back(while_: Held, *, at_most: float) -> None:
    """Let a request wait, ``at_most`` seconds, while ``while_(its path, the paths of the preloads that are not answered)``."""
    preloading: list[str] = []

    def make(call: Any) -> Any:
        async def held(self: Any, scope: Any, receive: Any, send: Any) -> None:
            path = scope["path"]
            for _ in range(int(at_most / MOMENT)):
                if while_(path, preloading):
                    await asyncio.sleep(MOMENT)
            counted = [path] if path.endswith("/preload") else []
            preloading.extend(counted)
            try:
                await call(self, scope, receive, send)
            finally:
                for each in counted:
                    preloading.remove(each)

        return held

    rework(Gate, "__call__", make)


def rewrite(method: str, end_of_path: str, status: int, change: Change) -> None:
    """Let ``change`` have the JSON objects that are answered with ``status`` to ``method`` on such a path."""

    def make(call: Any) -> Any:
        async def rewriting(self: Any, scope: Any, receive: Any, send: Any) -> None:
            if scope["method"] != method or not scope["path"].endswith(end_of_path):
                await call(self, scope, receive, send)
                return
            messages: list[Any] = []

            async def keep(message: Any) -> None:
                messages.append(message)

            await call(self, scope, receive, keep)
            if messages[0]["status"] == status:
                _change_body(messages, change)
            for message in messages:
                await send(message)

        return rewriting

    rework(Gate, "__call__", make)


def _change_body(messages: list[Any], change: Change) -> None:
    start, *rest = messages
    body = json.dumps(change(json.loads(b"".join(message["body"] for message in rest)))).encode()
    headers = [(name, value) for name, value in start["headers"] if name != b"content-length"]
    messages[:] = [
        {**start, "headers": [*headers, (b"content-length", str(len(body)).encode())]},
        {"type": "http.response.body", "body": body},
    ]
