"""The grid of calls and statuses."""

from poolpact.report.coverage import Row, grid_of
from tests.poolpact.report.documents import document, requirement


def test_a_row_a_call_and_a_column_a_status() -> None:
    seen = [
        {"method": "POST", "path": "/pools", "status": 409, "count": 2},
        {"method": "GET", "path": "/pools", "status": 200, "count": 3},
        {"method": "GET", "path": "/health", "status": 200, "count": 1},
        {"method": "GET", "path": "/health", "status": 200, "count": 4},
        {"method": "BREW", "path": "/pools", "status": 409, "count": 1},
    ]
    grid = grid_of(document([requirement("PM-A-1")], coverage=seen))
    assert grid.statuses == (200, 409)
    assert grid.rows == (
        Row("GET", "/health", (5, 0)),
        Row("GET", "/pools", (3, 0)),
        Row("POST", "/pools", (0, 2)),
        Row("BREW", "/pools", (0, 1)),
    )


def test_nothing_seen_is_an_empty_grid() -> None:
    assert grid_of(document([requirement("PM-A-1")], coverage=[])).rows == ()
