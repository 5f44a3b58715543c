"""Metrics that are not what they should be are found out."""

from collections.abc import Callable
from pathlib import Path

import pytest

from poolpact.daemon.metrics import Metrics
from poolpact.targets.base import Answer
from tests.poolpact.daemon.room import empty_world

TEXT = """\
# TYPE pool_manager_pool_state gauge
pool_manager_pool_state{pool="P",state="ready"} 1
pool_manager_pool_state{pool="P",state="failed"} 0
# TYPE pool_manager_pool_slots gauge
pool_manager_pool_slots{pool="P"} 2
# TYPE pool_manager_pool_slots_free gauge
pool_manager_pool_slots_free{pool="P"} 1
# TYPE pool_manager_pool_leases gauge
pool_manager_pool_leases{pool="P"} 1
"""
PLAIN = "text/plain; version=0.0.4"


def read(folder: Path, text: str, media_type: str = PLAIN, status: int = 200) -> Metrics:
    world, _ = empty_world(folder)
    metrics = Metrics(world)
    body = text.replace("P", world.pool("p").id).encode()
    metrics._answer = Answer(status, {"content-type": media_type}, body, 0.0, "GET /metrics")
    return metrics


def test_metrics_that_are_right_pass(tmp_path: Path) -> None:
    metrics = read(tmp_path, TEXT)
    metrics.well_formed()
    metrics.in_state("p", "ready")
    metrics.not_in_state("p", "failed")
    metrics.counted("p", 2, 1, 1)
    metrics.tells("p")
    metrics.tells_nothing("q")


@pytest.mark.parametrize(
    ("ask", "text"),
    [
        (lambda metrics: metrics.in_state("p", "ready"), TEXT.replace('"failed"} 0', '"failed"} 1')),
        (lambda metrics: metrics.in_state("p", "ready"), TEXT.replace('"ready"} 1', '"ready"} 2')),
        (lambda metrics: metrics.in_state("q", "ready"), TEXT),
        (lambda metrics: metrics.counted("p", 2, 1, 0), TEXT),
        (lambda metrics: metrics.counted("p", 2, 1, 1), TEXT.replace("_leases{", "_lease{")),
        (lambda metrics: metrics.counted("p", 2, 1, 1), TEXT + 'pool_manager_pool_leases{pool="P",by="x"} 1\n'),
        (lambda metrics: metrics.tells("q"), TEXT),
        (lambda metrics: metrics.tells_nothing("p"), TEXT),
        (lambda metrics: metrics.tells_nothing("p"), 'other{name="P"} 1\n'),
        (lambda metrics: metrics.well_formed(), ""),
        (lambda metrics: metrics.well_formed(), "{}"),
        (lambda metrics: metrics.well_formed(), TEXT + 'pool_manager_pool_slots{pool="P"} 2\n'),
    ],
)
def test_metrics_that_are_wrong_do_not(tmp_path: Path, ask: Callable[[Metrics], None], text: str) -> None:
    with pytest.raises(AssertionError):
        ask(read(tmp_path, text))


@pytest.mark.parametrize(("media_type", "status"), [("application/json", 200), (PLAIN, 404), ("", 200)])
def test_what_are_no_metrics_are_refused(tmp_path: Path, media_type: str, status: int) -> None:
    with pytest.raises(AssertionError):
        read(tmp_path, TEXT, media_type, status).well_formed()


def test_metrics_that_were_not_read_say_nothing(tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match="not read yet"):
        Metrics(empty_world(tmp_path)[0]).well_formed()
