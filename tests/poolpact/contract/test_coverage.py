import re
from pathlib import Path
from typing import Any

import pytest

from poolpact.contract import Contract, Coverage, load_document
from poolpact.contract.coverage import Documented, told_of


def problems(*codes: str) -> dict[str, Any]:
    return {"content": {"application/problem+json": {"schema": {"properties": {"code": {"enum": list(codes)}}}}}}


DOCUMENT: dict[str, Any] = {
    "paths": {
        "/health": {"get": {"operationId": "health", "responses": {"200": {"content": {"application/json": {}}}}}},
        "/pools/{pool_id}": {
            "parameters": [],
            "delete": {
                "operationId": "delete_pool",
                "responses": {
                    "204": {},
                    "400": problems("bad_id", "bad_http"),
                    "404": {"$ref": "#/components/responses/Unknown"},
                },
            },
        },
    },
    "components": {"responses": {"Unknown": problems("unknown_pool")}},
}


def test_an_answer_is_an_operation_a_status_and_the_code_of_a_problem() -> None:
    assert Coverage(DOCUMENT).documented == {
        ("health", 200, ""),
        ("delete_pool", 204, ""),
        ("delete_pool", 400, "bad_id"),
        ("delete_pool", 400, "bad_http"),
        ("delete_pool", 404, "unknown_pool"),
    }


def test_what_was_seen_is_counted_once_and_only_where_it_is_documented() -> None:
    coverage = Coverage(DOCUMENT)
    assert coverage.summary() == "openapi.yaml: 0 of 5 documented answers seen, of 0 of 2 operations"
    coverage.see("delete_pool", 400, "bad_id")
    coverage.see("delete_pool", 400, "bad_id")
    coverage.see("delete_pool", 400, "another")
    coverage.see("delete_pool", 500)
    coverage.see("nothing", 200)
    assert coverage.summary() == "openapi.yaml: 1 of 5 documented answers seen, of 1 of 2 operations"
    coverage.see("health", 200)
    assert coverage.unseen == [
        Documented("delete_pool", 204, ""),
        Documented("delete_pool", 400, "bad_http"),
        Documented("delete_pool", 404, "unknown_pool"),
    ]


def test_what_several_saw_is_put_together(tmp_path: Path) -> None:
    for worker, status in (("worker-1", 204), ("worker-2", 204), ("worker-2/deeper", 404)):
        coverage = Coverage(DOCUMENT)
        coverage.see("delete_pool", status, "unknown_pool" if status == 404 else "")
        (tmp_path / worker).mkdir()
        coverage.save(tmp_path / worker)
    together = Coverage(DOCUMENT)
    assert together.gather(tmp_path) == 3
    assert together.seen == {("delete_pool", 204, ""), ("delete_pool", 404, "unknown_pool")}


def test_where_nobody_saved_anything_nothing_is_gathered(tmp_path: Path) -> None:
    coverage = Coverage(DOCUMENT)
    assert coverage.gather(tmp_path) == 0
    assert coverage.seen == set()


def test_a_run_tells_what_was_saved_in_its_folder(tmp_path: Path) -> None:
    assert told_of(tmp_path) == []
    for worker, operation in (("worker-1", "health"), ("worker-2", "ready")):
        coverage = Coverage(load_document())
        coverage.see(operation, 200)
        (tmp_path / worker).mkdir()
        coverage.save(tmp_path / worker)
    (line,) = told_of(tmp_path)
    assert re.fullmatch(r"openapi.yaml: 2 of \d+ documented answers seen, of 2 of \d+ operations", line)


@pytest.mark.parametrize(
    "answer", [("acquire_lease", 429, "no_free_slot"), ("preload_pool", 202, ""), ("health", 421, "misdirected_host")]
)
def test_the_contract_documents_what_it_says(answer: tuple[str, int, str]) -> None:
    assert answer in Coverage(Contract.load().document).documented
