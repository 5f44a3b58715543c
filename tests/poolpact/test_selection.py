from collections.abc import Collection
from dataclasses import replace

import pytest

from poolpact.launch import Launch
from poolpact.options import Options
from poolpact.requirements import Requirement, load_requirements
from poolpact.selection import Circumstances, hindrance

REQUIREMENTS = load_requirements()
ANYWHERE = REQUIREMENTS["PM-STATUS-1"]
FAULTS = REQUIREMENTS["OR-DEG-1"]
PROCESSES = REQUIREMENTS["PM-READY-5"]
COMMAND = REQUIREMENTS["PM-AUTH-2"]
SETTINGS = REQUIREMENTS["PM-READY-4"]

EMBEDDED = Circumstances.of(Options())
EMBEDDED_PROCESS = Circumstances.of(Options(engine="process"))
MOCK = Circumstances.of(Options(mode="mock"))
LIVE = Circumstances.of(Options(mode="live", engine="process"))
LLAMACPP = Circumstances.of(Options(mode="live", engine="llamacpp"))
FOREIGN = Circumstances.of(Options(mode="live", engine="process", url="http://127.0.0.1:9200"))
FOREIGN_TOLD = Circumstances.of(Options(mode="live", engine="process", url="http://127.0.0.1:9200", startup_timeout=2.0))


def reason_not_to_run(requirement: Requirement, tags: Collection[str], circumstances: Circumstances) -> str | None:
    hindered = hindrance(requirement, tags, circumstances)
    return None if hindered is None else hindered.reason


@pytest.mark.parametrize("circumstances", [EMBEDDED, EMBEDDED_PROCESS, LIVE, FOREIGN])
def test_what_any_running_daemon_can_show_is_exercised(circumstances: Circumstances) -> None:
    assert reason_not_to_run(ANYWHERE, ["PM-STATUS-1"], circumstances) is None


def test_a_requirement_is_exercised_in_its_modes_only() -> None:
    assert reason_not_to_run(FAULTS, [], MOCK) is None
    assert reason_not_to_run(FAULTS, [], EMBEDDED) == "can only be exercised in mode mock or live"
    assert reason_not_to_run(ANYWHERE, [], MOCK) == "can only be exercised in mode embedded or live"


def test_some_requirements_need_real_processes() -> None:
    assert "engine=process" in str(reason_not_to_run(PROCESSES, [], EMBEDDED))
    assert reason_not_to_run(PROCESSES, [], EMBEDDED_PROCESS) is None
    assert reason_not_to_run(PROCESSES, [], LIVE) is None


def test_some_scenarios_need_real_processes() -> None:
    assert "engine=process" in str(reason_not_to_run(ANYWHERE, ["engine.process"], EMBEDDED))
    assert reason_not_to_run(ANYWHERE, ["engine.process"], EMBEDDED_PROCESS) is None


def test_a_real_engine_is_another_run() -> None:
    assert "engine=llamacpp" in str(reason_not_to_run(ANYWHERE, ["engine.llamacpp"], LIVE))
    assert reason_not_to_run(ANYWHERE, ["engine.llamacpp"], LLAMACPP) is None
    assert "without -D engine=llamacpp" in str(reason_not_to_run(ANYWHERE, [], LLAMACPP))


def test_a_scenario_may_name_its_modes() -> None:
    assert reason_not_to_run(FAULTS, ["mode.mock"], MOCK) is None
    assert reason_not_to_run(FAULTS, ["mode.mock"], LIVE) == "can only be exercised in mode mock"
    assert reason_not_to_run(FAULTS, ["mode.mock", "mode.live"], LIVE) is None


def test_what_a_run_starts_itself_has_every_setting_and_a_command() -> None:
    assert reason_not_to_run(SETTINGS, ["needs.startup_timeout"], LIVE) is None
    assert reason_not_to_run(COMMAND, [], LIVE) is None


def test_a_foreign_daemon_has_what_was_told_of_it() -> None:
    assert "to know the startup_timeout" in str(reason_not_to_run(SETTINGS, ["needs.startup_timeout"], FOREIGN))
    assert reason_not_to_run(SETTINGS, ["needs.startup_timeout"], FOREIGN_TOLD) is None
    assert "settings of its own" in str(reason_not_to_run(SETTINGS, [], FOREIGN_TOLD))
    assert "the command" in str(reason_not_to_run(COMMAND, [], FOREIGN))


def test_the_orchestrator_has_circumstances_of_its_own() -> None:
    orchestrated = replace(COMMAND, side="orchestrator")
    assert reason_not_to_run(orchestrated, [], FOREIGN) is None
    foreign = Circumstances.of(Options(mode="live", engine="process", orchestrator_url="http://127.0.0.1:8080"))
    assert "the command" in str(reason_not_to_run(orchestrated, [], foreign))
    assert reason_not_to_run(COMMAND, [], foreign) is None


def test_a_scenario_may_need_a_pool_manager_of_its_own() -> None:
    assert reason_not_to_run(FAULTS, ["manager.own"], LIVE) is None
    assert "without -D url" in str(reason_not_to_run(FAULTS, ["manager.own"], FOREIGN))


def test_the_well_known_port_is_not_fought_for() -> None:
    requirement = REQUIREMENTS["OR-CFG-1"]
    busy = Circumstances.of(Options(mode="live", engine="process"), port_9200_is_taken=True)
    reason = reason_not_to_run(requirement, ["needs.settings", "needs.port_9200"], busy)
    assert reason == "needs port 9200 of this machine, which somebody has"
    assert reason_not_to_run(requirement, ["needs.settings", "needs.port_9200"], LIVE) is None


def test_a_foreign_command_has_what_it_heeds() -> None:
    launch = Launch.parse("pool-managerd")
    unknown = Circumstances.of(Options(mode="live", engine="process", daemon_launch=launch))
    heeds = Circumstances.of(Options(mode="live", engine="process", daemon_launch=launch, takes=frozenset({"startup_timeout"})))
    assert reason_not_to_run(COMMAND, [], unknown) is None
    assert reason_not_to_run(SETTINGS, ["needs.token"], unknown) is None
    hindered = hindrance(SETTINGS, ["needs.startup_timeout"], unknown)
    assert hindered is not None
    assert (hindered.kind, hindered.setting) == ("setting", "startup_timeout")
    assert reason_not_to_run(SETTINGS, ["needs.startup_timeout"], heeds) is None


def test_what_is_not_claimed_is_not_exercised() -> None:
    claimed = replace(LIVE, profiles=frozenset({"core"}))
    assert hindrance(ANYWHERE, [], claimed) is None
    for requirement, tags in ((REQUIREMENTS["PM-LEASE-1"], []), (ANYWHERE, ["with.leases"])):
        hindered = hindrance(requirement, tags, claimed)
        assert hindered is not None
        assert hindered.kind == "profile"
        assert "profile leases" in hindered.reason
    assert hindrance(ANYWHERE, ["with.leases"], LIVE) is None
