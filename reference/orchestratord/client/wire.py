"""Requests and answers as values, whatever carries them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Generic, TypeVar

T_co = TypeVar("T_co", covariant=True)


@dataclass(frozen=True, slots=True)
class Request:
    """``target`` is the percent-encoded path (and query) below the base URL; ``body`` is JSON."""

    method: str
    target: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """A complete answer. ``headers`` have lower-case names."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Call(Generic[T_co]):
    """A request and what its answer means; ``parse`` raises Rejected or ProtocolViolation.

    ``extra_time`` is what the pool manager may take beyond the client's deadline, in seconds: it waits for an engine.
    """

    request: Request
    parse: Callable[[Answer], T_co]
    extra_time: float = 0.0
