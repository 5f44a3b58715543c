"""What to spawn: the PreparedEngine, and the rules of a pool id."""

import ipaddress
import re
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

from pool_managerd.domain.errors import InvalidPoolId

POOL_ID_PATTERN = r"^[A-Za-z0-9_-][A-Za-z0-9._-]{0,127}$"
_POOL_ID = re.compile(POOL_ID_PATTERN, re.ASCII)

NonEmpty = Annotated[str, StringConstraints(min_length=1, max_length=4096, pattern=r"^[^\x00]*$")]
Flag = Annotated[str, StringConstraints(max_length=65536, pattern=r"^[^\x00]*$")]


def whole(value: object) -> object:
    """JSON does not tell 8080.0 from 8080."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


Port = Annotated[int, Field(ge=1, le=65535), BeforeValidator(whole)]
Slots = Annotated[int, Field(ge=1, le=65536), BeforeValidator(whole)]


def check_pool_id(pool_id: str) -> str:
    """Return ``pool_id`` unchanged, or raise :class:`InvalidPoolId` (PM-PRELOAD-9)."""
    if not _POOL_ID.fullmatch(pool_id):
        raise InvalidPoolId
    return pool_id


class PreparedEngine(BaseModel):
    """One engine to spawn. Types are strict; unknown members are accepted and ignored.

    ``flags`` is the whole argv after the binary; ``host`` and ``port`` only say where the engine will listen.
    Two preloads are "the same" when their PreparedEngines are equal.
    """

    model_config = ConfigDict(strict=True, frozen=True, extra="ignore")

    binary_path: NonEmpty
    flags: tuple[Flag, ...] = Field(max_length=1024, strict=False)
    host: NonEmpty
    port: Port
    model_path: NonEmpty
    engine_version: str
    pool_id: str
    replica_id: str
    device_mask: str | None
    slots_total: Slots | None = None
    health_path: Annotated[str, StringConstraints(max_length=1024, pattern=r"^/[!-~]*$")] = "/health"

    @property
    def on_loopback(self) -> bool:
        """Whether the engine listens where only this machine reaches it."""
        return self.host == "localhost" or _is(self.host, "is_loopback")

    @property
    def local_host(self) -> str:
        """Where this machine reaches the engine: through loopback when it listens on every address."""
        if _is(self.host, "is_unspecified"):
            return "::1" if ":" in self.host else "127.0.0.1"
        return self.host

    def reachable_url(self, advertise_host: str | None) -> str:
        """The engine's base URL for a client.

        An engine that listens beyond loopback is advertised as ``advertise_host``.
        """
        host = self.local_host if self.on_loopback or advertise_host is None else advertise_host
        return f"http://[{host}]:{self.port}" if ":" in host else f"http://{host}:{self.port}"


def _is(host: str, quality: str) -> bool:
    try:
        return bool(getattr(ipaddress.ip_address(host), quality))
    except ValueError:
        return False
