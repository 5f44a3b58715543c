from collections import Counter

import pytest

from poolpact.judge.suite import features_of, read_suite
from poolpact.requirements import load_requirements
from poolpact.selection import SETTING_NAMES

EVERY = load_requirements()


@pytest.mark.parametrize("side", ["daemon", "orchestrator"])
def test_every_scenario_has_an_id_of_its_own(side: str) -> None:
    counted = Counter(each.id for each in read_suite(side, EVERY))
    assert [name for name, count in counted.items() if count > 1] == []
    assert len(counted) > 50


@pytest.mark.parametrize("side", ["daemon", "orchestrator"])
def test_a_side_is_judged_on_its_own_requirements(side: str) -> None:
    suite = list(read_suite(side, EVERY))
    assert {each.requirement.side for each in suite} == {side}
    assert all(each.id.startswith(f"{each.requirement.id}:") for each in suite)
    judged = {each.requirement.id for each in suite}
    assert [each.id for each in EVERY.values() if each.side == side and each.needs != "source" and each.id not in judged] == []


def test_what_a_scenario_needs_is_in_its_tags() -> None:
    needs = {need for side in ("daemon", "orchestrator") for each in read_suite(side, EVERY) for need in each.needs}
    assert needs <= {*SETTING_NAMES, "command", "settings", "token", "port_9200"}
    assert "startup_timeout" in needs


def test_features_are_where_they_are_read() -> None:
    assert sorted(features_of("daemon").glob("*.feature"))
