"""What one outbound request does, against a real server on loopback."""

from __future__ import annotations

import datetime
import ssl
import time
from ipaddress import ip_address

import httpcore
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from cohost.connectors.addresses import Addresses, AddressRefused
from cohost.connectors.outbound import Outbound
from cohost.errors import DeliveryRetry, DeliveryUncertain
from tests.receiver import Receiver, drip, hang, hang_up, reply

PUBLIC = "93.184.215.14"


@pytest.fixture
def receiver():
    with Receiver() as opened:
        yield opened


def outbound(resolve=None, **parts):
    return Outbound(Addresses(allow_private=True, resolve=resolve), **parts)


def send(url, by=None, body=b"", *, deadline_s=3.0, max_bytes=1000):
    method = "POST" if body else "GET"
    return (by or outbound()).send(
        method, url, headers={"x-a": "1"}, body=body, deadline_s=deadline_s, max_bytes=max_bytes
    )


def test_a_request_and_its_reply(receiver):
    receiver.then(reply(201, b"made", X_B="2"))
    answer = send(receiver.url + "?q=1", body=b"hello")
    (got,) = receiver.requests
    assert (answer.status, answer.body, answer.header("x-b"), answer.whole) == (201, b"made", "2", True)
    assert (got.method, got.target, got.body, got.headers["x-a"]) == ("POST", "/hook?q=1", b"hello", "1")
    assert got.headers["host"] == f"127.0.0.1:{receiver.port}"


def test_a_redirect_is_an_answer_and_not_followed(receiver):
    receiver.then(reply(302, Location=receiver.url))
    assert (send(receiver.url).status, receiver.connections) == (302, 1)


def test_a_long_body_is_cut(receiver):
    receiver.then(reply(200, b"x" * 5000))
    answer = send(receiver.url, max_bytes=1000)
    assert (len(answer.body), answer.whole) == (1000, False)


def test_a_body_that_breaks_off_keeps_its_status(receiver):
    receiver.then(reply(200, b"x" * 10).replace(b"Length: 10", b"Length: 90"))
    answer = send(receiver.url)
    assert (answer.status, answer.body, answer.whole) == (200, b"x" * 10, False)


@pytest.mark.parametrize(
    "answer", [hang, drip, hang_up, b"nonsense\r\n\r\n"], ids=["hang", "drip", "hang up", "nonsense"]
)
def test_after_sending_a_lost_reply_is_uncertain_and_ends_in_time(receiver, answer):
    receiver.then(answer)
    started = time.monotonic()
    with pytest.raises(DeliveryUncertain):
        send(receiver.url, body=b"hello", deadline_s=0.6)
    assert time.monotonic() - started < 1.5
    assert receiver.requests


def test_a_refused_connection_is_nothing_sent():
    with Receiver() as closed:
        url = closed.url
    with pytest.raises(DeliveryRetry):
        send(url)


def test_a_name_that_does_not_resolve_is_nothing_sent():
    with pytest.raises(DeliveryRetry):
        send("http://nowhere.example/", outbound(lambda host, port: []))


class Line(httpcore.NetworkBackend):
    """Notes where connections would go, and refuses them."""

    def __init__(self):
        self.asked = []

    def connect_tcp(self, host, port, timeout=None, local_address=None, socket_options=None):
        self.asked.append((host, port))
        raise httpcore.ConnectError("refused")


def rebinding(*answers):
    """A resolver that says something else each time."""
    waiting = list(answers)
    return lambda host, port: [waiting.pop(0)]


def test_the_connection_goes_to_the_address_that_was_checked():
    line, resolve = Line(), rebinding(PUBLIC, "127.0.0.1")
    with Receiver() as listener, pytest.raises(DeliveryRetry):
        send(
            f"http://rebind.example:{listener.port}/",
            Outbound(Addresses(allow_private=False, resolve=resolve), backend=line),
        )
    assert line.asked == [(PUBLIC, listener.port)]
    assert listener.connections == 0


def test_a_name_that_turned_to_an_inner_address_is_refused_the_next_time():
    line, resolve = Line(), rebinding(PUBLIC, "127.0.0.1")
    by = Outbound(Addresses(allow_private=False, resolve=resolve), backend=line)
    with Receiver() as listener:
        url = f"http://rebind.example:{listener.port}/"
        by.check(url)
        with pytest.raises(AddressRefused):
            send(url, by)
    assert (line.asked, listener.connections) == ([], 0)


def test_the_next_address_is_tried_when_the_first_does_not_answer(receiver):
    by = outbound(lambda host, port: ["127.0.0.2", "127.0.0.1"])  # the receiver listens on the latter only
    assert send(f"http://two.example:{receiver.port}/", by).status == 200


def test_tls_checks_the_name_although_the_address_is_pinned(tmp_path):
    server, client = certificate("forum.example", tmp_path)
    by = outbound(lambda host, port: ["127.0.0.1"], ssl_context=client)
    with Receiver(tls=server) as receiver:
        assert send(f"https://forum.example:{receiver.port}/", by).status == 200
        with pytest.raises(DeliveryRetry):  # before anything was sent
            send(f"https://other.example:{receiver.port}/", by)
    assert len(receiver.requests) == 1


def certificate(name, folder):
    """Contexts of a server with a certificate of its own making, and of a client that trusts it."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.UTC)
    names = [x509.DNSName(name), x509.IPAddress(ip_address("127.0.0.9"))]
    made = (
        x509.CertificateBuilder().subject_name(subject).issuer_name(subject).public_key(key.public_key())
        .serial_number(x509.random_serial_number()).not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    pem = folder / "server.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    pem.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(pem)
    return server, ssl.create_default_context(cadata=made.public_bytes(serialization.Encoding.PEM).decode())
