from pathlib import Path

import pytest

from poolpact.options import InvalidOption, Options


def test_what_is_not_said_is_embedded_with_simulated_engines() -> None:
    assert Options.of({}) == Options(mode="embedded", engine="simulated")


@pytest.mark.parametrize(
    ("mode", "engine"),
    [("embedded", "simulated"), ("embedded", "process"), ("mock", "simulated"), ("live", "process"), ("live", "llamacpp")],
)
def test_engines_that_a_mode_has(mode: str, engine: str) -> None:
    options = Options.of({"mode": mode, "engine": engine})
    assert (options.mode, options.engine) == (mode, engine)


def test_live_has_real_engine_processes_by_default() -> None:
    assert Options.of({"mode": "live"}).engine == "process"


def test_a_running_daemon_and_what_is_known_of_it(tmp_path: Path) -> None:
    told = {
        "url": "http://127.0.0.1:9200/",
        "token": "t",
        "startup_timeout": "20s",
        "lease_ttl": "500ms",
        "host_dir": str(tmp_path),
    }
    options = Options.of({"mode": "live", **told})
    assert options.url == "http://127.0.0.1:9200"
    assert (options.token, options.startup_timeout, options.lease_ttl) == ("t", 20.0, 0.5)
    assert options.host_dir == tmp_path


@pytest.mark.parametrize(
    ("userdata", "named"),
    [
        ({"mode": "embeded"}, "mode"),
        ({"mode": "LIVE"}, "mode"),
        ({"mode": ""}, "mode"),
        ({"moed": "live"}, "moed"),
        ({"engine": "real"}, "engine"),
        ({"engine": "llamacpp"}, "engine"),
        ({"mode": "mock", "engine": "process"}, "engine"),
        ({"mode": "live", "engine": "simulated"}, "engine"),
        ({"url": "http://127.0.0.1:9200"}, "url"),
        ({"mode": "live", "url": "127.0.0.1:9200"}, "url"),
        ({"mode": "live", "url": "http://"}, "url"),
        ({"mode": "live", "url": "http://127.0.0.1:0"}, "url"),
        ({"mode": "live", "url": "http://127.0.0.1:70000"}, "url"),
        ({"mode": "live", "url": "http://127.0.0.1/pools"}, "url"),
        ({"mode": "live", "url": "http://user@127.0.0.1"}, "url"),
        ({"mode": "live", "url": "http://[::1"}, "url"),
        ({"mode": "live", "url": "ftp://127.0.0.1"}, "url"),
        ({"mode": "live", "token": "t"}, "token"),
        ({"mode": "live", "startup_timeout": "1s"}, "startup_timeout"),
        ({"mode": "live", "url": "http://h", "startup_timeout": "soon"}, "startup_timeout"),
        ({"mode": "live", "url": "http://h", "startup_timeout": "0"}, "startup_timeout"),
        ({"mode": "live", "url": "http://h", "lease_ttl": "-1s"}, "lease_ttl"),
        ({"mode": "live", "host_dir": "/no/such/folder"}, "host_dir"),
        ({"mode": "mock", "orchestrator_url": "http://h", "orchestrator_command": "x"}, "orchestrator_command"),
        ({"orchestrator_url": "http://127.0.0.1:8080"}, "orchestrator"),
        ({"mode": "live", "orchestrator_url": "nonsense"}, "orchestrator_url"),
        ({"jobs": "0"}, "jobs"),
        ({"jobs": "33"}, "jobs"),
        ({"jobs": "many"}, "jobs"),
        ({"jobs": "-1"}, "jobs"),
        ({"mode": "mock", "jobs": "2", "orchestrator_url": "http://h"}, "jobs=2"),
        ({"mode": "mock", "jobs": "2", "judge_port": "9200"}, "jobs=2"),
    ],
)
def test_what_is_wrong_is_named_in_one_line(userdata: dict[str, str], named: str) -> None:
    with pytest.raises(InvalidOption) as refused:
        Options.of(userdata)
    assert named in str(refused.value)
    assert "\n" not in str(refused.value)
