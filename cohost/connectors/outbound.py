"""One HTTP request to somebody else's server: to a checked address, within a deadline, with a bounded reply.

No redirect is followed, no proxy is read from the environment, no cookie is kept. What counts most for the outbox is
told apart exactly: nothing was sent (DeliveryRetry), or the reply to what was sent is lost (DeliveryUncertain).
"""

from __future__ import annotations

import ssl
import time
from collections.abc import Iterable, Mapping
from typing import Any

import httpcore

from cohost import __version__
from cohost.connectors.addresses import Addresses, checked
from cohost.errors import DeliveryRetry, DeliveryUncertain
from cohost.ports import Reply

CONNECT_S = 5.0
USER_AGENT = f"Cohost/{__version__}"
# What can go wrong on the wire; whether it happened before or after the first byte was sent is asked of the connection.
WIRE_FAULTS = (httpcore.NetworkError, httpcore.TimeoutException, httpcore.ProtocolError, ssl.SSLError)


class Outbound:
    """The Sender port over the network."""

    def __init__(
        self, addresses: Addresses, *, ssl_context: ssl.SSLContext | None = None,
        backend: httpcore.NetworkBackend | None = None,
    ) -> None:  # fmt: skip
        self._addresses = addresses
        self._ssl_context = ssl_context
        self._backend = backend or httpcore.SyncBackend()

    def check(self, url: str) -> None:
        """Raise AddressRefused when nothing would be sent there, DeliveryRetry when its name has no address now."""
        parsed = checked(url)
        self._addresses.of(parsed.raw_host.decode("ascii"), parsed.port or _default_port(parsed.scheme))

    def send(
        self, method: str, url: str, *, headers: Mapping[str, str], body: bytes = b"", deadline_s: float, max_bytes: int
    ) -> Reply:
        """One request and its reply; raises AddressRefused, DeliveryRetry or DeliveryUncertain."""
        parsed = checked(url)
        target = httpcore.URL(
            scheme=parsed.raw_scheme, host=parsed.raw_host, port=parsed.port, target=parsed.raw_path or b"/"
        )
        wire = _Wire(self._backend, self._addresses, time.monotonic() + deadline_s)
        sent_headers = {
            "host": parsed.netloc.decode("ascii"), "user-agent": USER_AGENT, "accept-encoding": "identity",
            "connection": "close", "content-length": str(len(body)), **headers,
        }  # fmt: skip
        with httpcore.HTTPConnection(target.origin, self._ssl_context, network_backend=wire) as connection:
            try:
                with connection.stream(method, target, headers=list(sent_headers.items()), content=body) as response:
                    return _reply(response, max_bytes)
            except WIRE_FAULTS as fault:
                raise _translated(fault, parsed.host, sent=wire.sent) from fault


def _reply(response: httpcore.Response, max_bytes: int) -> Reply:
    """The reply; once its status is there, a body that breaks off is no reason to doubt the status."""
    headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in response.headers}
    body, whole = bytearray(), True
    try:
        for part in response.iter_stream():
            body += part
            if len(body) > max_bytes:
                whole = False
                break
    except WIRE_FAULTS:
        whole = False
    return Reply(response.status, headers, bytes(body[:max_bytes]), whole)


def _translated(fault: Exception, host: str, *, sent: bool) -> DeliveryRetry | DeliveryUncertain:
    what = type(fault).__name__
    if sent:
        return DeliveryUncertain(f"{host} was sent the message, but its reply was lost ({what}).")
    return DeliveryRetry(f"{host} could not be reached ({what}); nothing was sent.")


def _default_port(scheme: str) -> int:
    return 443 if scheme == "https" else 80


class _Wire(httpcore.NetworkBackend):
    """Connects to checked addresses only, and ends everything at the deadline."""

    def __init__(self, backend: httpcore.NetworkBackend, addresses: Addresses, deadline: float) -> None:
        self._backend = backend
        self._addresses = addresses
        self._deadline = deadline
        self.sent = False  # whether any byte of the request went out

    def left(self) -> float:
        """Seconds that remain; raises ReadTimeout when none do."""
        seconds = self._deadline - time.monotonic()
        if seconds <= 0:
            raise httpcore.ReadTimeout("the deadline passed")
        return seconds

    def connect_tcp(
        self, host: str, port: int, timeout: float | None = None, local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:  # fmt: skip
        """The first of the host's addresses that answers."""
        fault: Exception = httpcore.ConnectError("no address")
        for address in self._addresses.of(host, port):
            try:
                stream = self._backend.connect_tcp(
                    address, port, timeout=min(CONNECT_S, self.left()), socket_options=socket_options
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                fault = error
            else:
                return _Timed(stream, self)
        raise fault


class _Timed(httpcore.NetworkStream):
    """A stream whose every wait ends at the deadline of the whole request, however slowly the other side drips."""

    def __init__(self, stream: httpcore.NetworkStream, wire: _Wire) -> None:
        self._stream = stream
        self._wire = wire

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """At most `max_bytes`."""
        return self._stream.read(max_bytes, self._wire.left())

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """All of it."""
        left = self._wire.left()
        self._wire.sent = True
        self._stream.write(buffer, left)

    def close(self) -> None:
        """Hang up."""
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        """Encrypt; the certificate must be that of the URL's host, whatever address was chosen."""
        return _Timed(
            self._stream.start_tls(ssl_context, server_hostname, min(CONNECT_S, self._wire.left())), self._wire
        )

    def get_extra_info(self, info: str) -> Any:
        """What the stream tells about itself."""
        return self._stream.get_extra_info(info)
