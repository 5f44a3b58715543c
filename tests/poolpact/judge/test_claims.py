import asyncio
from pathlib import Path

import pytest

from poolpact.judge.claims import Claims, ask_daemon, ask_orchestrator
from poolpact.launch import Launch
from poolpact.options import Options
from poolpact.ports import free_port
from poolpact.selection import SETTING_NAMES
from poolpact.targets.base import CannotJudge
from tests.poolpact.judge.daemons import idle

NOTHING = frozenset[str]()


def asked(folder: Path, health: str, *heeded: str, wanted: tuple[str, ...] = ()) -> Claims:
    options = Options(mode="live", engine="process", daemon_launch=Launch.parse(idle(health, *heeded)))
    return asyncio.run(ask_daemon(options, folder, wanted))


SAID = {
    '{"status":"ok","version":"1.2","implementation":"theirs","profiles":["core","auth","core","turbo"]}': Claims(
        "theirs", "1.2", ("core", "auth", "turbo"), NOTHING
    ),
    '{"status":"ok"}': Claims(None, None, (), NOTHING),
    '{"version":1,"implementation":"","profiles":"core"}': Claims(None, None, (), NOTHING),
    '{"profiles":["core",1,null,["auth"]]}': Claims(None, None, ("core",), NOTHING),
    '["core"]': Claims(None, None, (), NOTHING),
    "no JSON": Claims(None, None, (), NOTHING),
    "[" * 100_000: Claims(None, None, (), NOTHING),
}


@pytest.mark.parametrize("health", SAID, ids=range(len(SAID)))
def test_whatever_is_no_claim_is_passed_over(health: str, tmp_path: Path) -> None:
    assert asked(tmp_path, health) == SAID[health]


def test_a_long_name_is_cut(tmp_path: Path) -> None:
    told = asked(tmp_path, '{"version":"%s"}' % ("x" * 10_000))
    assert told.version == "x" * 200


def test_a_setting_is_heeded_where_nonsense_is_refused(tmp_path: Path) -> None:
    told = asked(tmp_path, "{}", SETTING_NAMES["lease_ttl"], wanted=("startup_timeout", "lease_ttl"))
    assert told.takes == {"lease_ttl"}


def test_nothing_is_heeded_by_one_that_refuses_whatever_it_does_not_know(tmp_path: Path) -> None:
    everything = ("POOL_MANAGERD_X_NOBODY_HEEDS_THIS", *SETTING_NAMES.values())
    assert asked(tmp_path, "{}", *everything, wanted=("startup_timeout", "lease_ttl")).takes == NOTHING


def test_one_that_ends_cannot_be_judged_and_what_it_said_is_cut(tmp_path: Path) -> None:
    launch = Launch.parse(
        """sh -c 'for n in 1 2 3 4 5 6 7 8 9; do echo "a long line of words that says nothing at all $n"; done; exit 7'"""
    )
    with pytest.raises(CannotJudge, match=r"exit code 7, and it said: .* all 9$") as caught:
        asyncio.run(ask_daemon(Options(mode="live", engine="process", daemon_launch=launch), tmp_path, ()))
    assert len(str(caught.value)) < 400


def test_a_port_that_somebody_has_is_no_place_for_the_judge(tmp_path: Path) -> None:
    async def ask() -> None:
        taken = await asyncio.start_server(lambda *_: None, "127.0.0.1", port := free_port())
        async with taken:
            launch = Launch.parse("true")
            await ask_orchestrator(Options(mode="mock", orchestrator_launch=launch, judge_port=port), tmp_path, ())

    with pytest.raises(CannotJudge, match=r"the judge cannot listen there: .*in use"):
        asyncio.run(ask())
