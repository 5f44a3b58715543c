"""The pools of a stub: what each of them is told to be when the first request arrives."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from pool_managerd.domain.errors import InvalidPoolId
from pool_managerd.domain.prepared import PreparedEngine, check_pool_id
from poolpact.stub.telling import CannotBeTold, Seconds, fitted, quoted, split_members

DEFAULT_ERROR = "the engine failed, as the stub was told"

State = Literal["ready", "loading", "failed", "stopped"]


def _pool_id(pool_id: str) -> str:
    try:
        return check_pool_id(pool_id)
    except InvalidPoolId as invalid:
        raise ValueError(str(invalid)) from None


class ToldPool(BaseModel):
    """One pool. ``free`` of its ``slots`` are not leased by somebody else; a loading one is ready ``ready_after`` seconds."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    pool_id: Annotated[str, AfterValidator(_pool_id)]
    state: State
    slots: int = Field(default=1, ge=1, le=65536)
    free: int | None = Field(default=None, ge=0)
    ready_after: Seconds | None = Field(default=None, alias="ready-after")
    error: str | None = Field(default=None, min_length=1)

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if self.ready_after is not None and self.state != "loading":
            raise ValueError(f"ready-after is for a pool that is loading, not {self.state}")
        if self.error is not None and self.state != "failed":
            raise ValueError(f"error is for a pool that is failed, not {self.state}")
        if self.free is not None and not self.becomes_ready:
            raise ValueError("free is for a pool that is ready, or loading with ready-after")
        if self.free is not None and self.free > self.slots:
            raise ValueError(f"free={self.free} is more than slots={self.slots}")
        return self

    @property
    def becomes_ready(self) -> bool:
        """Whether it is ready now or at some time."""
        return self.state == "ready" or self.ready_after is not None

    @property
    def held(self) -> int:
        """How many slots somebody else holds."""
        return 0 if self.free is None else self.slots - self.free

    @property
    def cause(self) -> str:
        """The ``last_error`` of a failed one."""
        return self.error or DEFAULT_ERROR

    def prepared(self, port: int) -> PreparedEngine:
        """The engine that it pretends to have, listening on ``port`` of loopback."""
        return PreparedEngine(
            binary_path="/stub/llama-server",
            flags=("--port", str(port), *self._loading_flags()),
            host="127.0.0.1",
            port=port,
            model_path="/stub/model.gguf",
            engine_version="stub",
            pool_id=self.pool_id,
            replica_id="r0",
            device_mask=None,
            slots_total=self.slots,
        )

    def _loading_flags(self) -> tuple[str, ...]:
        if self.ready_after is not None:
            return ("--sim-load", str(self.ready_after))
        return ("--sim-wait",) if self.state == "loading" else ("--sim-load", "0")

    def __str__(self) -> str:
        members = [f"{self.pool_id}={self.state}", f"slots={self.slots}"]
        if self.free is not None:
            members.append(f"free={self.free}")
        if self.ready_after is not None:
            members.append(f"ready-after={self.ready_after:g}s")
        if self.state == "failed":
            members.append(f"error={quoted(self.cause)}")
        return ",".join(members)


def pool_of_text(text: str) -> ToldPool:
    """The pool of ``ID=STATE,slots=4,free=2``; raises CannotBeTold."""
    pool_id, equals, rest = text.partition("=")
    if not equals or not rest:
        raise CannotBeTold((), "a pool is told as ID=STATE, such as gpu-0=ready,slots=4,free=2")
    return _told(pool_id, split_members(f"state={rest}"), strict=False)


def pool_of_members(pool_id: object, members: Mapping[str, Any]) -> ToldPool:
    """The pool of ``{"state": "ready", "slots": 4}``; raises CannotBeTold."""
    return _told(pool_id, members, strict=True)


def _told(pool_id: object, members: Mapping[str, Any], *, strict: bool) -> ToldPool:
    if "pool_id" in members:
        raise CannotBeTold(("pool_id",), "there is no such member")
    return fitted(ToldPool, {"pool_id": pool_id, **members}, strict=strict)
