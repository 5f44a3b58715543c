"""Verifies a pact against a pool manager: arranges the provider states, replays the requests, judges group by group."""

import asyncio
import json
import secrets
from collections.abc import Awaitable, Collection, Iterable, Mapping, Sequence
from pathlib import Path

from poolpact.contract.pact import Interaction, PactDocument
from poolpact.exchange import ExchangeFailed
from poolpact.options import Options
from poolpact.pact.arranging import Arrangement, StateEndpoint
from poolpact.pact.findings import Finding, Outcome, mismatches_of, settled
from poolpact.pact.replay import replay
from poolpact.pact.rewriting import rewritten
from poolpact.targets.base import Answer, CannotJudge, PoolManagerTarget, Target
from poolpact.world import World

_AT_ONCE = 8
"""Provider states that are arranged at the same time."""
_REPLAY_WITHIN = 300.0
_ANSWER_WITHIN = 5.0
_REFUSED = (401, 403)


async def claimed_profiles(manager: PoolManagerTarget) -> frozenset[str]:
    """The profiles that the provider declares, core where it declares none; with auth where it has a token.

    Raises CannotJudge when it does not answer, or refuses the token.
    """
    health = await _ask(manager, "/health")
    try:
        told = json.loads(health.body).get("profiles")
    except (ValueError, AttributeError, RecursionError):
        told = None
    declared = {each for each in told if isinstance(each, str)} if isinstance(told, list) else {"core"}
    unknown = await _ask(manager, f"/pools/nobody-{secrets.token_hex(4)}/status")
    if unknown.status in _REFUSED:
        remedy = "is not the right one" if manager.token else "is needed: --token"
        raise CannotJudge(f"{manager.url} answers {unknown.status}: the token {remedy}")
    return frozenset(declared | ({"auth"} if manager.token else set()))


async def _ask(manager: PoolManagerTarget, target: str) -> Answer:
    try:
        return await asyncio.wait_for(manager.send("GET", target), _ANSWER_WITHIN)
    except TimeoutError:
        raise CannotJudge(f"{manager.url} does not answer GET {target} within {_ANSWER_WITHIN:g} s") from None
    except ExchangeFailed as error:
        raise CannotJudge(f"{manager.url} cannot be verified: {error}") from None


class Verification:
    """One pact and one provider: the pool manager that ``target`` has with ``settings``.

    ``claimed`` are the profiles that are verified. ``scratch`` is a folder of its own.
    """

    def __init__(
        self,
        document: PactDocument,
        claimed: Collection[str],
        *,
        target: Target,
        settings: Mapping[str, str],
        options: Options,
        scratch: Path,
    ) -> None:
        self._document = document
        self._settings = settings
        self._target = target
        self._options = options
        self._claimed = claimed
        self._scratch = scratch
        self._findings: dict[str, Finding] = {}
        self.remains: list[int] = []
        """Engines of this verification that still run, although they were told to end."""

    async def run(self, url: str) -> list[Finding]:
        """Verify every interaction, those of a group one after the other until one fits; raises ReplayFailed."""
        for interaction in self._document.interactions:
            if interaction.profile not in self._claimed:
                reason = f"the provider does not claim the profile {interaction.profile}"
                self._findings[interaction.description] = Finding(interaction, "not applicable", (reason,))
        while due := self._due():
            await self._play(due, url)
        return settled(
            [
                self._findings.get(interaction.description) or Finding(interaction, "not needed")
                for interaction in self._document.interactions
            ]
        )

    def _due(self) -> list[Interaction]:
        """The next interaction of each group of which none fits yet."""
        fitting = {finding.interaction.group for finding in self._findings.values() if finding.outcome == "ok"}
        due: dict[str, Interaction] = {}
        for interaction in self._document.interactions:
            if interaction.description not in self._findings and interaction.group not in fitting:
                due.setdefault(interaction.group, interaction)
        return list(due.values())

    async def _play(self, due: Sequence[Interaction], url: str) -> None:
        arrangements = {interaction.description: key for interaction in due for key in [_key(interaction)]}
        made = {key: Arrangement(World(self._target, self._options), self._settings) for key in arrangements.values()}
        first = {key: next(each for each in due if arrangements[each.description] == key) for key in made}
        try:
            await _a_few_at_once(made[key].arrange(first[key]) for key in made)
            ready = []
            for interaction in due:
                arrangement = made[arrangements[interaction.description]]
                if arrangement.obstacle is None:
                    ready.append(interaction)
                else:
                    outcome: Outcome = "blocked" if arrangement.is_applicable else "not applicable"
                    self._findings[interaction.description] = Finding(interaction, outcome, (arrangement.obstacle,))
            if ready:
                await self._replay(ready, {each.description: arrangements[each.description] for each in ready}, made, url)
        finally:
            await _a_few_at_once(arrangement.dissolve() for arrangement in made.values())
            self.remains += [pid for arrangement in made.values() for pid in arrangement.remains]

    async def _replay(self, ready: Sequence[Interaction], keys: dict[str, str], made: dict[str, Arrangement], url: str) -> None:
        sent = [rewritten(each.raw, made[keys[each.description]].ids(each), keys[each.description]) for each in ready]
        folder = self._scratch / f"replay-{secrets.token_hex(4)}"
        folder.mkdir()
        async with StateEndpoint(made) as states:
            pact = {**self._document.raw, "interactions": sent}
            results = await replay(pact, url, states.url, folder, within=_REPLAY_WITHIN)
        for interaction in ready:
            reasons = mismatches_of(results[interaction.description])
            self._findings[interaction.description] = Finding(interaction, "failed" if reasons else "ok", reasons)


def _key(interaction: Interaction) -> str:
    """Interactions that only look share what they look at."""
    if not interaction.is_safe:
        return interaction.description
    return json.dumps([[state.name, dict(state.parameters)] for state in interaction.states], sort_keys=True)


async def _a_few_at_once(work: Iterable[Awaitable[None]]) -> None:
    turns = asyncio.Semaphore(_AT_ONCE)

    async def take_turn(each: Awaitable[None]) -> None:
        async with turns:
            await each

    await asyncio.gather(*(take_turn(each) for each in work))
