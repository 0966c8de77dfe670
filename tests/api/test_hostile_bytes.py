"""Bytes that no honest client sends, to a real server: refused, never a fault of ours, and the next caller is served."""

from __future__ import annotations

import resource
import socket
import sys
from collections.abc import Iterator

import pytest

from tests.http_server import listening

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)  # no byte of this reaches a database

MIB = 1024 * 1024
JSON = "Content-Type: application/json"
FORM = "Content-Type: multipart/form-data; boundary=x"


@pytest.fixture
def port(core, cast):
    with listening(core) as opened:
        yield opened


@pytest.fixture
def send(port, as_):
    """`send("ada", "POST /v1/questions", JSON, body=b"…")`: the status, 0 when the server hung up without one."""

    def sent(
        who: str, line: str, *headers: str, body: bytes | Iterator[bytes] = b"", length: str | None = None, cut: bool = False
    ) -> int:  # fmt: skip
        lines = [f"{line} HTTP/1.1", "Host: test", f"Authorization: {as_(who)['Authorization']}", *headers]
        if isinstance(body, bytes) and length is None:
            length = str(len(body))
        lines += [f"Content-Length: {length}"] if length else []
        return exchange(port, "\r\n".join(lines).encode() + b"\r\n\r\n", body, cut=cut)

    return sent


def exchange(port: int, head: bytes, body: bytes | Iterator[bytes], *, cut: bool = False) -> int:
    with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
        try:
            connection.sendall(head)
            for part in [body] if isinstance(body, bytes) else body:
                connection.sendall(part)
            if cut:
                connection.shutdown(socket.SHUT_WR)
        except OSError:  # refused before the end: the answer may be there all the same
            pass
        return _status(connection)


def _status(connection: socket.socket) -> int:
    data = b""
    try:
        while b"\r\n" not in data and (part := connection.recv(65536)):
            data += part
    except ConnectionResetError:
        return 0
    return int(data.split(b" ")[1]) if data.startswith(b"HTTP/") else 0


def chunked(*parts: bytes) -> Iterator[bytes]:
    for part in parts:
        yield f"{len(part):x}\r\n".encode() + part + b"\r\n"
    yield b"0\r\n\r\n"


def test_the_server_itself_works(send):
    assert send("ada", "POST /v1/questions", JSON, body=b'{"text": "Why?"}') == 202
    parts = chunked(b'{"text":', b' "Why?"}')
    assert send("ada", "POST /v1/questions", JSON, "Transfer-Encoding: chunked", body=parts) == 202


@pytest.mark.parametrize(
    ("body", "allowed"),
    [
        (b"[" * 100_000, {422}),
        (b'{"a":' * 100_000 + b"1" + b"}" * 100_000, {422}),
        (b'{"text": ' + b"9" * MIB + b"}", {400, 422}),
        (b'{"text": -1e' + b"9" * 1000 + b"}", {400, 422}),
        (b'{"text": "Why?", "text": 5}', {422}),
        (b'{"text": "\xc3\x28"}', {400}),
        (b'{"text": "a\\u0000b"}', {422}),
        (b'{"text": "\\ud800"}', {422}),
        (b'{"text": "Why?", ' + b",".join(b'"k%d": 1' % n for n in range(100_000)) + b"}", {422}),
        (b'{"text": "Why?", "history": [' + b",".join([b"{}"] * 100_000) + b"]}", {422}),
        (b"\x00" * 1000, {400, 422}),
        (b'\xef\xbb\xbf{"text": "Why?"}', {400}),
    ],
)  # fmt: skip
def test_a_body_that_cannot_be_used_is_refused(send, body, allowed):
    assert send("ada", "POST /v1/questions", JSON, body=body) in allowed


@pytest.mark.parametrize("length", ["-1", "1e3", "0x10", "5, 6", "9" * 30, "1\x00"])
def test_a_length_that_is_none_is_refused(send, length):
    assert send("ada", "POST /v1/questions", JSON, body=b"{}", length=length) in {0, 400, 413}


def test_a_length_that_is_longer_than_the_body_ends_with_the_connection(send):
    assert send("ada", "POST /v1/questions", JSON, body=b'{"text"', length="100", cut=True) in {0, 400}


@pytest.mark.parametrize("size", ["zz", "-5", "f" * 40])
def test_a_broken_chunk_is_refused(send, size):
    body = iter([f"{size}\r\n".encode() + b"{}\r\n0\r\n\r\n"])
    assert send("ada", "POST /v1/questions", JSON, "Transfer-Encoding: chunked", body=body) in {0, 400}


def test_both_a_length_and_chunks_never_reach_a_route_twice(send, story):
    body = iter([b"0\r\n\r\nPOST /v1/questions HTTP/1.1\r\nHost: test\r\n\r\n"])
    assert send("ada", "POST /v1/questions", JSON, "Transfer-Encoding: chunked", body=body, length="4") in {0, 400, 422}
    assert story.rows("requests") == []


def test_fifty_megabytes_are_refused_without_being_kept(send):
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    parts = [b"a" * 65536] * (50 * MIB // 65536)
    assert send("ada", "POST /v1/questions", JSON, "Transfer-Encoding: chunked", body=chunked(*parts)) in {0, 413}
    assert send("ada", "POST /v1/questions", JSON, body=b"", length=str(50 * MIB)) == 413
    kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert sys.platform != "linux" or kib < 30 * 1024


@pytest.mark.parametrize("headers", [[f"X-{n}: {'a' * 1000}" for n in range(200)], [f"X-Long: {'a' * 300_000}"]])
def test_a_flood_of_headers_is_refused(send, headers):
    assert send("ada", "GET /v1/community", *headers) in {0, 400, 431}


def test_a_line_without_end_is_refused(send):
    assert send("ada", "GET /" + "a" * 300_000) in {0, 400, 414, 431}


@pytest.mark.parametrize("line", ["GET", "\x00\x01\x02", "GET  /v1/community", "BREW /v1/community", "GET http://[/"])
def test_what_is_no_request_is_refused(port, line):
    assert exchange(port, f"{line} HTTP/1.1\r\nHost: test\r\n\r\n".encode(), b"") in {0, 400, 401, 404, 405, 422}


@pytest.mark.parametrize(
    "part",
    [
        b'--x\r\nContent-Disposition: form-data; name="f%d"\r\n\r\n1\r\n',
        b'--x\r\nContent-Disposition: form-data; name="f%d"; filename="a.md"\r\n\r\n1\r\n',
        b"--x\r\nX-Header-%d: " + b"a" * 5000 + b"\r\n\r\n1\r\n",
    ],
)
def test_thousands_of_parts_are_refused(send, part):
    body = b"".join(part % n for n in range(5000)) + b"--x--\r\n"
    assert send("hana", "POST /v1/files", FORM, body=body) in {0, 400, 413, 422}


def test_files_from_somebody_without_the_right_are_not_read(send):
    assert send("ada", "POST /v1/files", FORM, body=b"--x\r\n", length=str(100 * MIB)) == 403


def test_after_all_that_the_next_caller_is_served(send):
    send("ada", "POST /v1/questions", JSON, body=b"[" * 100_000)
    assert send("ada", "GET /v1/community") == 200
