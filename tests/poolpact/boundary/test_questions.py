import pytest

from poolpact.boundary.questions import accepts_json, is_traceback, targets_beside
from poolpact.faults import Request


def asking(target: str = "/", accept: str | None = None) -> Request:
    return Request("GET", target, () if accept is None else (("accept", accept),), b"", 1, 0.0)


@pytest.mark.parametrize("accept", [None, "application/json", "*/*", "text/html, Application/JSON;q=0.9", "application/*; q=0.1"])
def test_accepting_json(accept: str | None) -> None:
    assert accepts_json(asking(accept=accept))


@pytest.mark.parametrize("accept", ["", "text/plain", "text/*", "application/json;q=0", "application/xml, */*; q=0.000"])
def test_not_accepting_json(accept: str) -> None:
    assert not accepts_json(asking(accept=accept))


@pytest.mark.parametrize("target", ["/pools/a%2Fb/status", "/pools/a%2fb/status?full=1", "/health", "/pools", "/pools?after=x"])
def test_what_may_be_asked_about_a_pool(target: str) -> None:
    assert targets_beside("a/b", [asking(target)]) == []


@pytest.mark.parametrize(
    ("pool_id", "target"),
    [
        ("a/b", "/pools/a/b/status"),
        ("P?", "/pools/P?/status"),
        ("P#", "/pools/P#/status"),
        ("P/status?", "/pools/P/status?/status"),
        ("./P", "/pools/P/status"),
        ("P", "/pools/P/leases"),
        ("%2e", "/pools/%2e/status"),
    ],
)
def test_what_may_not(pool_id: str, target: str) -> None:
    assert targets_beside(pool_id, [asking("/health"), asking(target)]) == [target]


@pytest.mark.parametrize(
    "text",
    [
        "Traceback (most recent call last):\n  File",
        "panic: x\n\ngoroutine 1 [running]:\nmain.main()",
        "thread 'main' panicked at src/main.rs:3:5:\n",
        "Error: bad\n    at Object.<anonymous> (/app/index.js:3:7)\n",
        'Exception in thread "main" java.lang.X\n\tat com.example.Main.main(Main.java:5)\n',
    ],
)
def test_a_program_that_broke_down(text: str) -> None:
    assert is_traceback(text)


@pytest.mark.parametrize(
    "text", ["", "POOL_MANAGERD_URL is not a URL: nowhere", "starting at 10:03:12\nerror: bad URL at line 3"]
)
def test_a_program_that_refused(text: str) -> None:
    assert not is_traceback(text)
