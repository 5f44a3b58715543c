"""Pool managers with settings of their own, in one scenario."""

import secrets

from poolpact.expectation import expect
from poolpact.ports import free_port
from poolpact.selection import SETTING_NAMES
from poolpact.targets.base import MOST_SHOWN, NotAnswering, NotStarted, StartRefused
from poolpact.targets.logs import last_words
from poolpact.world import World

_SHORT_SECONDS = 1.0
_TOKEN = "POOL_MANAGERD_TOKEN"  # noqa: S105 - the name of a setting
_RUN_TOKEN = secrets.token_hex(16)
_SECRETS = {
    "AWS_SECRET_ACCESS_KEY": f"aws-{secrets.token_hex(8)}",
    "DATABASE_PASSWORD": f"db-{secrets.token_hex(8)}",
    "POOL_MANAGERD_X_NOTE": f"note-{secrets.token_hex(8)}",
}


class Managers:
    """The settings that a scenario wants of its pool manager; those of a foreign one are what its operator says they are."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._secrets: list[str] = []
        self._attempt: StartRefused | None = None
        self._silence: NotAnswering | None = None
        told = {"startup_timeout": world.options.startup_timeout, "lease_ttl": world.options.lease_ttl}
        self._short_times = {SETTING_NAMES[name]: f"{_SHORT_SECONDS}s" for name, value in told.items() if value is None}
        self.startup_timeout = world.options.startup_timeout or _SHORT_SECONDS
        self.lease_ttl = world.options.lease_ttl or _SHORT_SECONDS

    async def with_token(self) -> None:
        """One that requires a token."""
        manager = await self._world.use_manager({_TOKEN: self._world.options.token or _RUN_TOKEN})
        expect(bool(manager.token), "the pool manager has no token")
        self._secrets = [manager.token or ""]

    async def with_short_startup_timeout(self) -> None:
        """One with a start-up time-out that a scenario can wait for."""
        await self._world.use_manager(self._short_times)

    async def with_short_leases(self) -> None:
        """One with leases whose end a scenario can wait for."""
        await self._world.use_manager(self._short_times)

    async def with_allowed_host(self, name: str) -> None:
        """One that may be called ``name``."""
        await self._world.use_manager({"POOL_MANAGERD_ALLOWED_HOSTS": name})

    async def with_secrets(self) -> None:
        """One that has secrets in its environment which are no settings."""
        await self._world.use_manager(_SECRETS)
        self._secrets = list(_SECRETS.values())

    # --- starting ---

    async def start_on(self, address: str) -> None:
        """Start one that listens on ``address``, without a token. The usual one listens on 127.0.0.1."""
        self._attempt = self._silence = None
        settings = {_TOKEN: ""} if self._world.options.token else {}
        if address != "127.0.0.1":
            settings |= {"POOL_MANAGERD_ADDR": f"{address}:{free_port()}"}
        try:
            manager = await self._world.use_manager(settings)
            await manager.send("GET", "/health", authorised=False)
        except NotStarted as refused:
            self._attempt = refused.refusal
        except NotAnswering as silence:
            self._silence = silence

    def started(self) -> None:
        """The last one that was to start did."""
        expect(self._attempt is None, f"the daemon did not start: {self._attempt}")
        expect(self._silence is None, f"the daemon started: {self._silence}")

    def not_started(self, missing: str) -> None:
        """The last one that was to start ended with exit code 2 and one line that names what is ``missing``."""
        if self._attempt is None:
            raise AssertionError(f"the daemon did not end: {self._silence or 'it started'}")
        said = last_words(self._attempt.stderr.strip(), MOST_SHOWN)
        expect(self._attempt.exit_code == 2, f"exit code {self._attempt.exit_code}, expected 2: {said}")
        lines = self._attempt.stderr.strip().splitlines()
        expect(len(lines) == 1 and missing in lines[0].lower(), f"expected one line that names the {missing}: {said!r}")

    # --- what engines see of it ---

    def _environment(self, name: str) -> dict[str, str]:
        starts = self._world.records.starts(self._world.pool(name).nonce)
        expect(bool(starts), f"the engine of pool {name!r} was not started")
        return dict(starts[-1]["env"])

    def environment_is_usable(self, name: str) -> None:
        """The engine of a pool has a PATH."""
        expect(bool(self._environment(name).get("PATH")), "the engine has no PATH")

    def environment_is_clean(self, name: str) -> None:
        """No variable of the engine's environment holds one of the secrets."""
        expect(bool(self._secrets), "the scenario has no secret")
        environment = self._environment(name)
        leaks = [variable for variable, value in environment.items() if any(secret in value for secret in self._secrets)]
        expect(not leaks, f"the engine's environment holds a secret in {', '.join(leaks)}")
