from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from poolpact.account import Account
from poolpact.judge import checking
from poolpact.judge.checking import Check, InvalidCheck, run_check
from poolpact.judge.claims import Claims
from poolpact.judge.known_failures import KnownFailures
from poolpact.judge.running import Ran, Watch
from poolpact.launch import Launch
from poolpact.ledger import Entry
from poolpact.options import Options
from poolpact.report.document import check_report
from poolpact.targets.base import CannotJudge
from tests.poolpact.judge.daemons import idle

HEARD = Account(0.1, 1, {("GET", "/health", 200): 1})
OPTIONS = Options(mode="live", engine="process", url="http://127.0.0.1:9200", token="s3cr3t")


def entry(name: str, outcome: Any, reason: str = "") -> Entry:
    return Entry(name.partition(":")[0], "x.feature:1 x", outcome, reason, name, account=HEARD)


@dataclass
class Suite:
    """Stands for the run of the suite and the questions before it: every chosen scenario becomes what ``becomes`` says."""

    claims: Claims = field(default_factory=lambda: Claims("theirs", "1", ("core",), frozenset({"lease_ttl"})))
    becomes: Callable[[str], Entry] = lambda name: Entry(
        name.partition(":")[0], "x.feature:1 x", "passed", "", name, account=HEARD
    )
    complaints: list[str] = field(default_factory=list)
    is_interrupted_after: int | None = None
    chosen: list[str] = field(default_factory=list)
    options: Options = OPTIONS
    wanted: Sequence[str] = ()
    began: tuple[int, Sequence[str]] = (0, ())

    async def ask(self, options: Options, folder: Path, wanted: Sequence[str]) -> Claims:
        self.wanted = wanted
        return self.claims

    def run(self, side: str, options: Options, chosen: list[str], folder: Path, watch: Watch) -> Ran:
        self.chosen, self.options = chosen, options
        entries = [self.becomes(name) for name in chosen[: self.is_interrupted_after]]
        for entry in entries:
            watch(entry)
        return Ran(entries, self.complaints, self.is_interrupted_after is not None)

    def begin(self, total: int, profiles: Sequence[str]) -> Watch:
        self.began = (total, profiles)
        return lambda entry: None


@pytest.fixture
def suite(monkeypatch: pytest.MonkeyPatch) -> Suite:
    made = Suite()
    monkeypatch.setattr(checking, "run_suite", made.run)
    monkeypatch.setattr(checking, "ask_daemon", made.ask)
    monkeypatch.setattr(checking, "ask_orchestrator", made.ask)
    return made


def check(suite: Suite, folder: Path, side: Any = "daemon", **members: Any) -> dict[str, Any]:
    again = members.pop("again", "poolpact check")
    document = run_check(Check(side, OPTIONS, "http://127.0.0.1:9200", again, **members), folder, suite.begin)
    check_report(document)
    return document


def of_claimed(document: dict[str, Any]) -> dict[str, str]:
    return {each["id"]: each["verdict"] for each in document["requirements"] if each["verdict"] != "not_claimed"}


# --- profiles -----------------------------------------------------------------------------------------------------


def test_what_it_declares_is_judged_and_what_all_must_do(suite: Suite, tmp_path: Path) -> None:
    suite.claims = Claims("theirs", "1", ("auth", "turbo", "core"), frozenset())
    document = check(suite, tmp_path)
    assert document["profiles"] == ["core", "auth"]
    assert suite.options.profiles == frozenset({"auth", "core"})
    assert suite.began == (
        len([each for each in suite.chosen if profile_of(document, each) in ("auth", "core")]),
        ("core", "auth"),
    )


def profile_of(document: dict[str, Any], scenario: str) -> str:
    return next(str(each["profile"]) for each in document["requirements"] if each["id"] == scenario.partition(":")[0])


@pytest.mark.parametrize(("side", "profile"), [("daemon", "core"), ("orchestrator", "health")])
@pytest.mark.parametrize("declared", [(), ("turbo",)])
def test_one_that_declares_nothing_is_judged_on_what_all_must_do(
    side: str, profile: str, declared: tuple[str, ...], suite: Suite, tmp_path: Path
) -> None:
    suite.claims = Claims(None, None, declared, frozenset())
    document = check(suite, tmp_path, side)
    assert (document["profiles"], document["implementation"]) == ([profile], "http://127.0.0.1:9200")


def test_what_was_asked_for_by_name_is_judged_whatever_it_declares(suite: Suite, tmp_path: Path) -> None:
    document = check(suite, tmp_path, profiles=("leases",))
    assert document["profiles"] == ["leases"]
    assert all(name.startswith("PM-LEASE") for name in of_claimed(document))


def test_one_that_does_not_claim_what_alone_is_to_be_judged_is_not_conformant(suite: Suite, tmp_path: Path) -> None:
    suite.claims = Claims("theirs", "1", ("devices",), frozenset())
    with pytest.raises(CannotJudge, match="nothing of core, devices can be judged"):
        check(suite, tmp_path, only=("PM-LEASE-1",))


@pytest.mark.parametrize(("outcome", "code"), [("passed", 2), ("failed", 1)])
def test_a_profile_of_which_nothing_can_be_judged_is_no_success_and_hides_no_failure(
    outcome: Any, code: int, suite: Suite, tmp_path: Path
) -> None:
    suite.becomes = lambda name: entry(name, outcome)
    document = check(suite, tmp_path, profiles=("core", "devices"))
    assert document["exit_code"] == code
    assert [each for each in document["complaints"] if each.startswith("nothing of the profile devices can be judged: ")]


# --- what is chosen -----------------------------------------------------------------------------------------------


def test_only_what_was_asked_for_is_judged(suite: Suite, tmp_path: Path) -> None:
    document = check(suite, tmp_path, only=("PM-HEALTH-1", "PM-STATUS-1"))
    assert list(of_claimed(document)) == ["PM-HEALTH-1", "PM-STATUS-1"]
    assert {name.partition(":")[0] for name in suite.chosen} == {"PM-HEALTH-1", "PM-STATUS-1"}


def test_a_replay_is_of_one_scenario_or_those_of_a_requirement(suite: Suite, tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    check(suite, tmp_path / "a", replay="PM-HEALTH-1")
    several = suite.chosen
    assert len(several) > 1
    document = check(suite, tmp_path / "b", replay=several[1])
    assert suite.chosen == [several[1]]
    assert list(of_claimed(document)) == ["PM-HEALTH-1"]


@pytest.mark.parametrize(
    "members", [{"only": ("PM-NONE-1",)}, {"only": ("OR-REQ-1",)}, {"profiles": ("dispatch",)}, {"replay": "PM-HEALTH-1:none"}]
)
def test_what_is_unknown_is_refused_before_anybody_is_asked(members: dict[str, Any], suite: Suite, tmp_path: Path) -> None:
    with pytest.raises(InvalidCheck):
        check(suite, tmp_path, **members)
    assert list(tmp_path.iterdir()) == []


def test_settings_are_asked_for_that_a_chosen_scenario_needs_and_nobody_told(suite: Suite, tmp_path: Path) -> None:
    check(suite, tmp_path, only=("PM-READY-4",))
    assert list(suite.wanted) == ["startup_timeout"]
    assert suite.options.takes == frozenset({"lease_ttl"})


# --- the document -------------------------------------------------------------------------------------------------


def test_the_token_is_nowhere_in_it(suite: Suite, tmp_path: Path) -> None:
    suite.becomes = lambda name: entry(name, "failed", "got s3cr3t")
    document = check(suite, tmp_path, only=("PM-HEALTH-1",), again="poolpact check daemon --command './d s3cr3t'")
    assert "s3cr3t" not in str(document)
    assert document["replay"] == "poolpact check daemon --command './d (secret)' --replay {id}"


def test_the_token_is_not_told_where_nothing_can_be_judged(tmp_path: Path) -> None:
    says = Launch.parse("sh -c 'echo listening with {token}; exit 1'")
    options = Options(mode="live", engine="process", daemon_launch=says, token="s3cr3t")
    with pytest.raises(CannotJudge, match="listening with") as told:
        run_check(Check("daemon", options, "it", "poolpact check"), tmp_path, Suite().begin)
    assert "s3cr3t" not in str(told.value)


def test_what_a_variable_is_called_a_secret_is_nowhere_in_it(suite: Suite, tmp_path: Path) -> None:
    launch = Launch.parse("./d", ["API_KEY=k3y-of-theirs", "DB_PASSWORD=p@ss w'rd", "NOTE=a-note", "MY_TOKEN={token}"])
    again = (
        "poolpact check daemon --command ./d --env API_KEY=k3y-of-theirs --env 'DB_PASSWORD=p@ss w'\"'\"'rd' --env NOTE=a-note"
    )
    suite.becomes = lambda name: entry(name, "failed", "it logged k3y-of-theirs")
    options = Options(mode="live", engine="process", daemon_launch=launch)
    told = Check("daemon", options, "./d", again, only=("PM-HEALTH-1",))
    document = run_check(told, tmp_path, suite.begin)
    assert "k3y" not in str(document)
    assert "p@ss" not in str(document)
    assert "NOTE=a-note" in document["replay"]


def test_a_scenario_that_is_run_again_makes_no_known_failure_stale(suite: Suite, tmp_path: Path) -> None:
    known = KnownFailures(tmp_path / "known.yaml", {"PM-HEALTH-1": "slow"})
    document = check(suite, tmp_path, replay="PM-HEALTH-1", known=known)
    assert (document["known_failures"]["stale"], document["exit_code"]) == ([], 0)


def test_what_is_known_is_told(suite: Suite, tmp_path: Path) -> None:
    suite.complaints = ["a worker was lost"]
    known = KnownFailures(tmp_path / "known.yaml", {"PM-HEALTH-1": "slow"})
    document = check(suite, tmp_path, only=("PM-HEALTH-1",), known=known)
    assert document["known_failures"] == {"file": str(tmp_path / "known.yaml"), "stale": ["PM-HEALTH-1"]}
    assert (document["complaints"], document["exit_code"]) == (["a worker was lost"], 1)


# --- a run that is interrupted ------------------------------------------------------------------------------------


@pytest.mark.parametrize(("outcome", "verdict", "code"), [("passed", "could not judge", 2), ("failed", "not conformant", 1)])
def test_what_was_not_judged_any_more_is_not_exercised(
    outcome: Any, verdict: str, code: int, suite: Suite, tmp_path: Path
) -> None:
    suite.becomes = lambda name: entry(name, outcome)
    suite.is_interrupted_after = 1
    document = check(suite, tmp_path, replay="PM-HEALTH-1")
    first, *others = document["scenarios"]
    assert len(others) > 1
    assert first["verdict"] == outcome
    assert {(each["verdict"], each["reason"]) for each in others} == {("not_exercised", "interrupted")}
    assert all(each["place"].startswith("features/daemon/health.feature:") and each["name"] for each in others)
    (requirement,) = (each for each in document["requirements"] if each["id"] == "PM-HEALTH-1")
    assert requirement["verdict"] == ("failed" if outcome == "failed" else "not_exercised")
    assert (document["verdict"], document["exit_code"]) == (verdict, code)
    assert document["complaints"] == [f"it was interrupted: {len(others)} of {len(others) + 1} scenarios were not judged"]


def test_a_requirement_that_was_not_come_to_is_not_exercised(suite: Suite, tmp_path: Path) -> None:
    suite.is_interrupted_after = 0
    document = check(suite, tmp_path)
    of_requirements = of_claimed(document)
    assert of_requirements.pop("PM-AUTH-3", "not_testable") == "not_testable"
    assert set(of_requirements.values()) == {"not_exercised"}


def test_an_interruption_when_all_is_judged_changes_nothing(suite: Suite, tmp_path: Path) -> None:
    suite.is_interrupted_after = 100
    document = check(suite, tmp_path, only=("PM-HEALTH-1",))
    assert (document["verdict"], document["complaints"]) == ("conformant", [])


def test_a_scenario_of_which_nothing_is_known_is_the_judges_fault(suite: Suite, tmp_path: Path) -> None:
    run = suite.run

    def losing(*told: Any) -> Ran:
        ran = run(*told)
        return Ran(ran.entries[1:])

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(checking, "run_suite", losing)
        document = check(suite, tmp_path, only=("PM-HEALTH-1",))
    assert document["verdict"] == "could not judge"
    assert document["complaints"] == [f"nobody knows what became of {suite.chosen[0]}"]


# --- a real run ---------------------------------------------------------------------------------------------------


def test_a_daemon_that_does_nothing_passes_nothing_that_takes_a_pool(tmp_path: Path) -> None:
    command = idle('{"status":"ok","version":"1","implementation":"idle"}')
    options = Options(mode="live", engine="process", daemon_launch=Launch.parse(command), jobs=2)
    told: list[str] = []
    check = Check("daemon", options, "idle", "poolpact check", only=("PM-STATUS-1", "PM-PRELOAD-7"))
    document = run_check(check, tmp_path, lambda total, profiles: lambda entry: told.append(entry.scenario_id))
    check_report(document)
    assert document["implementation"] == "idle"
    assert document["exit_code"] == 1
    assert {each["verdict"] for each in document["requirements"]} <= {"not_exercised", "failed"}
    assert sorted(told) == sorted(each["id"] for each in document["scenarios"])
    assert all(each["transcript"] and each["reason"] for each in document["scenarios"])
