"""What every judge of a mutant would load anew: loaded once, before they are forked."""

from collections.abc import Iterable, Mapping

import behave.runner
import httpcore  # noqa: F401
import uvicorn.lifespan.off
import uvicorn.protocols.http.auto  # noqa: F401
from behave.runner_util import load_step_modules
from fastapi.encoders import jsonable_encoder

from poolpact.contract.files import FEATURES
from poolpact.judge import checking
from poolpact.judge.suite import SuiteScenario, features_of, read_suite
from poolpact.report import writing
from poolpact.requirements import Requirement, load_requirements
from tests.mutants.patching import patch

STEPS = FEATURES.with_name("steps")


class LoadedSuite:
    """The scenarios of both sides, and the steps of all; for as long as this process and its forks live."""

    def __init__(self) -> None:
        self._scenarios = {side: tuple(read_suite(side, load_requirements())) for side in ("daemon", "orchestrator")}
        load_step_modules([str(STEPS)])
        jsonable_encoder("")  # FastAPI loads a library when it first answers

    def use(self) -> None:
        """Let this process, a fork, have it instead of reading it; of its report it writes what is read of a mutant's."""
        patch(checking, "read_suite", self._of)
        patch(behave.runner, "load_step_modules", _nothing_more)
        patch(writing, "page_of", _nothing_of)
        patch(writing, "junit_of", _nothing_of)

    def _of(self, side: str, _: Mapping[str, Requirement]) -> Iterable[SuiteScenario]:
        return self._scenarios[side]


def features_about(side: str, requirement: str) -> list[str]:
    """The files with scenarios that judge ``requirement``."""
    paths = sorted(features_of(side).glob("*.feature"))
    return [str(path) for path in paths if f"@{requirement}" in path.read_text(encoding="utf-8").split()]


def _nothing_more(_: object) -> None:
    return


def _nothing_of(_: object) -> str:
    return ""
