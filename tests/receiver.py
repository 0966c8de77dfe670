"""A server on loopback that answers as it is told, byte for byte, and keeps what it was sent.

`with Receiver() as receiver:` gives `receiver.url`; `receiver.then(b"HTTP/1.1 500 …", hang, drip)` sets one answer per
connection, then it answers 200 with `{}`. `receiver.connections` counts those that were opened.
"""

from __future__ import annotations

import socket
import ssl
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType

Answer = bytes | Callable[[socket.socket, threading.Event], None]


@dataclass(frozen=True)
class Received:
    """One request as it came over the wire."""

    method: str
    target: str
    headers: dict[str, str]  # names in lower case
    body: bytes


class Receiver:
    """One thread accepts, one more for each connection."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self.requests: list[Received] = []
        self.connections = 0
        self._answers: deque[Answer] = deque()
        self._stop = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._tls = tls
        self.port = self._listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}/hook"

    def then(self, *answers: Answer) -> None:
        """Prepare answers."""
        self._answers.extend(answers)

    def __enter__(self) -> Receiver:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Listen no more; twice is fine."""
        if not self._stop.is_set():
            self._stop.set()
            self._listener.shutdown(socket.SHUT_RDWR)
            self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:  # closed
                return
            self.connections += 1
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        try:
            with self._tls.wrap_socket(connection, server_side=True) if self._tls else connection as stream:
                self.requests.append(_read(stream))
                answer = self._answers.popleft() if self._answers else reply(200, b"{}")
                if callable(answer):
                    answer(stream, self._stop)
                else:
                    stream.sendall(answer)
        except OSError:  # the other side hung up, which some tests want
            return
        finally:
            connection.close()


def reply(status: int, body: bytes = b"", **headers: str) -> bytes:
    """A whole answer; `retry_after="5"` is the header Retry-After."""
    lines = [f"HTTP/1.1 {status} Said", f"Content-Length: {len(body)}", "Connection: close"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def hang(_stream: socket.socket, stop: threading.Event) -> None:
    """Never answer."""
    stop.wait(30)


def hang_up(_stream: socket.socket, _stop: threading.Event) -> None:
    """Close without an answer."""


def drip(stream: socket.socket, stop: threading.Event) -> None:
    """A header that never ends, a byte at a time: no single wait is long."""
    stream.sendall(b"HTTP/1.1 200 OK\r\nX-Slow: ")
    while not stop.wait(0.05):
        stream.sendall(b"x")


def _read(stream: socket.socket) -> Received:
    data = b""
    while b"\r\n\r\n" not in data:
        part = stream.recv(65536)
        if not part:
            raise ConnectionError("no whole request")
        data += part
    head, _, body = data.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    method, target, _ = first.split(" ")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    while len(body) < int(headers.get("content-length", "0")):
        body += stream.recv(65536)
    return Received(method, target, headers, body)
