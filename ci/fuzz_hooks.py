"""What schemathesis cannot know when ci/fuzz.py runs it: which engine there is, and which numbers of a status fit together."""

import atexit
import os
from pathlib import Path
from typing import Any
from zlib import crc32

import schemathesis
from schemathesis import Case, CheckContext, HookContext, Response
from schemathesis.core.failures import Failure
from schemathesis.generation.meta import TestPhase
from schemathesis.openapi.checks import UseAfterFree

from ci.fuzz import COVERAGE, ENGINES, prepared_engine
from poolpact.contract import Coverage, load_document
from poolpact.contract.coverage import PROBLEM
from poolpact.daemon.answers import status_of
from poolpact.ports import free_port
from poolpact.targets.base import Answer

PORTS = 8
"""So many engines can run side by side; where two pools share a port, the second engine fails."""

_engines = Path(os.environ[ENGINES])
_ports = [free_port() for _ in range(PORTS)]
_preloaded: set[Any] = set()
_coverage = Coverage(load_document())
atexit.register(_coverage.save, Path(os.environ[COVERAGE]))


@schemathesis.hook
def before_call(context: HookContext, case: Case[Any], kwargs: dict[str, Any]) -> None:
    """A preload that its schema allows is made to be one of the pool in its path, and in two phases to get further than that.

    Random ones are of an engine on loopback, so that its program is looked at; those in a sequence of calls spawn an engine.
    """
    body, meta = case.body, case.meta
    if meta is None or not meta.generation.mode.is_positive or not isinstance(body, dict):
        return
    prepared = body.get("prepared")
    if not isinstance(prepared, dict):
        return
    pool_id = str(case.path_parameters["pool_id"])
    prepared["pool_id"] = pool_id
    if meta.phase.name is TestPhase.FUZZING:
        prepared["host"] = "127.0.0.1"
    elif meta.phase.name is TestPhase.STATEFUL:
        port = _ports[crc32(pool_id.encode()) % PORTS]
        prepared.update(prepared_engine(_engines, port))
        case.headers["Prefer"] = "wait=10"


@schemathesis.hook
def after_call(context: HookContext, case: Case[Any], response: Response) -> None:
    """Count the answer, and remember which pools there are."""
    operation = _operation_of(case)
    _coverage.see(operation, response.status_code, _code_of(response))
    if operation == "preload_pool" and response.status_code in (200, 202):
        _preloaded.add(case.path_parameters["pool_id"])
    elif operation == "delete_pool" and response.status_code == 204:
        _preloaded.discard(case.path_parameters["pool_id"])


@schemathesis.hook
def filter_failure(context: HookContext, failure: Failure, case: Case[Any], response: Response) -> bool:
    """A pool that was deleted is there again once it was preloaded again."""
    return not (isinstance(failure, UseAfterFree) and case.path_parameters.get("pool_id") in _preloaded)


@schemathesis.check
def status_is_consistent(context: CheckContext, response: Response, case: Case[Any]) -> None:
    """The numbers of a status fit together (PM-STATUS-3)."""
    if _operation_of(case) == "get_pool_status" and response.status_code == 200:
        answer = Answer(response.status_code, {}, response.content, response.elapsed)
        found = status_of(answer, str(case.path_parameters["pool_id"])).contradictions()
        assert not found, f"{'; '.join(found)}: {response.text}"


def _operation_of(case: Case[Any]) -> str:
    return str(case.operation.definition.raw["operationId"])


def _code_of(response: Response) -> str:
    """The code of a problem that has one; what a problem must have is for the checks to say."""
    if not response.headers.get("content-type", [""])[0].startswith(PROBLEM):
        return ""
    try:
        return str(response.json()["code"])
    except (ValueError, LookupError, TypeError):
        return ""
