import json

import pytest

from poolpact.engine.http1 import Malformed, answer, event_chunk, take_request

GET = b"GET /health?a=1 HTTP/1.1\r\nHost: x\r\n\r\n"
POST = b"POST /completion HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc"


def test_a_request_is_taken_whole_whatever_the_pieces() -> None:
    inbox = bytearray()
    for byte in POST[:-1]:
        inbox.append(byte)
        assert take_request(inbox) is None
    inbox.append(POST[-1])
    request = take_request(inbox)
    assert request is not None
    assert (request.method, request.path, request.body) == ("POST", "/completion", b"abc")
    assert inbox == b""


def test_what_follows_a_request_stays() -> None:
    inbox = bytearray(POST + GET)
    take_request(inbox)
    assert inbox == GET
    request = take_request(inbox)
    assert request is not None
    assert (request.path, request.query, request.keeps_alive) == ("/health", "a=1", True)


@pytest.mark.parametrize("head", [b"GET / HTTP/1.0\r\n", b"GET / HTTP/1.1\r\nConnection: Close\r\n"])
def test_a_client_that_sends_only_one_request_is_known(head: bytes) -> None:
    request = take_request(bytearray(head + b"\r\n"))
    assert request is not None
    assert not request.keeps_alive


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"nonsense\r\n\r\n", 400),
        (b"GET / HTTP/9\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nno colon\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nContent-Length: 99999999999\r\n\r\n", 413),
        (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n", 501),
        (b"x" * 70000, 400),
    ],
)
def test_what_is_no_request_is_refused(sent: bytes, status: int) -> None:
    with pytest.raises(Malformed) as refused:
        take_request(bytearray(sent))
    assert refused.value.status == status


def test_an_answer_counts_its_bytes() -> None:
    head, _, body = answer(200, {"ü": 1}).partition(b"\r\n\r\n")
    assert f"Content-Length: {len(body)}".encode() in head
    assert json.loads(body) == {"ü": 1}


def test_a_chunk_counts_its_bytes() -> None:
    size, _, rest = event_chunk({"content": "x"}).partition(b"\r\n")
    assert int(size, 16) == len(rest) - 2
    assert rest == b'data: {"content": "x"}\n\n\r\n'
