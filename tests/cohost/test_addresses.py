"""Requests go to public addresses only, however the address is written."""

from __future__ import annotations

import pytest

from cohost.connectors.addresses import Addresses, AddressRefused, checked, system_resolver
from cohost.connectors.outbound import Outbound
from cohost.errors import DeliveryRetry
from tests.receiver import Receiver

PUBLIC = "93.184.215.14"
NAMES = {  # what a name server of an attacker's choice may say
    "localhost": ["127.0.0.1", "::1"],
    "localhost.localdomain": ["127.0.0.1"],
    "inner.example": ["127.0.0.1"],
    "inner.example.": ["127.0.0.1"],
    "127.0.0.1.nip.example": ["127.0.0.1"],
    "some.example": [PUBLIC, "127.0.0.1"],
    "six.example": ["::1"],
    "mapped.example": ["::ffff:127.0.0.1"],
    "scoped.example": ["fe80::1%eth0"],
    "lan.example": ["192.168.1.1"],
    "metadata.google.internal": ["169.254.169.254"],
    "xn--bcher-kva.example": ["10.0.0.1"],
    "none.example": [],
    "words.example": ["localhost"],
}
# {port} is that of a listener on loopback, which must not hear anything.
FORMS = [
    # loopback, plainly and in the forms that old libraries read as IPv4
    "http://127.0.0.1:{port}/", "http://127.0.0.1:{port}", "http://127.1:{port}/", "http://127.0.1:{port}/",
    "http://2130706433:{port}/", "http://0x7f000001:{port}/", "http://0x7f.0.0.1:{port}/", "http://0x7f.1:{port}/",
    "http://0177.0.0.1:{port}/", "http://017700000001:{port}/", "http://127.0.0.01:{port}/", "http://127.0.0.1.:{port}/",
    "http://127.255.255.254:{port}/", "http://4294967297:{port}/", "http://0:{port}/", "http://0.0.0.0:{port}/",
    "http://１２７.0.0.1:{port}/", "http://127。0。0。1:{port}/", "http://①②⑦.0.0.1:{port}/", "http://127%2e0%2e0%2e1:{port}/",
    "http://%31%32%37.0.0.1:{port}/", "HTTP://127.0.0.1:{port}/", "http://127.0.0.1:{port}/?@public.example",
    # IPv6, and IPv4 within it
    "http://[::1]:{port}/", "http://[0:0:0:0:0:0:0:1]:{port}/", "http://[::]:{port}/", "http://[::127.0.0.1]:{port}/",
    "http://[::ffff:127.0.0.1]:{port}/", "http://[::ffff:7f00:1]:{port}/", "http://[0:0:0:0:0:ffff:127.0.0.1]:{port}/",
    "http://[::ffff:0:127.0.0.1]:{port}/", "http://[64:ff9b::7f00:1]:{port}/", "http://[64:ff9b:1::7f00:1]:{port}/",
    "http://[2002:7f00:1::]:{port}/", "http://[2001:0:4136:e378:8000:63bf:80ff:fffe]:{port}/",
    "http://[fe80::1]:{port}/", "http://[fe80::1%25lo]:{port}/", "http://[::1%25lo]:{port}/", "http://[::1%lo]:{port}/",
    "http://[fc00::1]:{port}/", "http://[fd00:ec2::254]/", "http://[fec0::1]/", "http://[ff02::1]/", "http://[2001:db8::1]/",
    "http://[3fff::1]/", "http://[100::1]/", "http://[5f00::1]/",
    # other networks
    "http://10.0.0.1/", "http://172.16.0.1/", "http://172.31.255.255/", "http://192.168.1.1/", "http://100.64.0.1/",
    "http://169.254.169.254/latest/meta-data/", "http://192.0.0.192/", "http://192.0.2.1/", "http://192.88.99.1/",
    "http://198.18.0.1/", "http://198.51.100.1/", "http://203.0.113.1/", "http://224.0.0.1/", "http://240.0.0.1/",
    "http://255.255.255.255/",
    # names
    *(f"http://{name}:{{port}}/" for name in NAMES if name not in ("none.example", "xn--bcher-kva.example")),
    "http://bücher.example/", "http://LOCALHOST:{port}/", "http://ⓛⓞⓒⓐⓛⓗⓞⓢⓣ:{port}/",
    # who is asked, and how
    "http://public.example@127.0.0.1:{port}/", "http://user:word@public.example/", "http://@127.0.0.1:{port}/",
    "http://public.example\\@127.0.0.1:{port}/", "http://127.0.0.1:{port}\\@public.example/", "http:\\\\127.0.0.1:{port}/",
    "http://public.example#@127.0.0.1:{port}/\r\nHost: x", "http://127.0.0.1:{port} @public.example/",
    "http://127.0.0.1\t:{port}/", "//127.0.0.1:{port}/", "http:/127.0.0.1:{port}/", "http:127.0.0.1:{port}/", "http:///x", "",
    "file:///etc/passwd", "ftp://127.0.0.1:{port}/", "gopher://127.0.0.1:{port}/_GET", "unix:///var/run/docker.sock",
    "data:text/html,x", "javascript:x", "ws://127.0.0.1:{port}/", "http+unix://%2Fvar%2Frun%2Fdocker.sock/",
    "http://public.example:0/", "http://public.example:65536/", "http://public.example:-1/", "http://a..b/", "http://-a.example/",
    "http://public.example/" + "x" * 2000,
]  # fmt: skip


def resolve(host: str, port: int) -> list[str]:
    """As the machine does; names come from the table."""
    return NAMES[host] if host in NAMES else [PUBLIC] if host == "public.example" else system_resolver(host, port)


def test_there_are_many_forms():
    assert len(set(FORMS)) == len(FORMS) >= 60


def test_no_form_of_an_inner_address_is_connected_to():
    outbound = Outbound(Addresses(allow_private=False, resolve=resolve))
    with Receiver() as listener:
        for form in FORMS:
            url = form.replace("{port}", str(listener.port))
            with pytest.raises(AddressRefused):
                outbound.send("GET", url, headers={}, deadline_s=2, max_bytes=100)
            with pytest.raises(AddressRefused):
                outbound.check(url)
    assert listener.connections == 0


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "1.1.1.1", "172.15.255.255", "172.32.0.1", "100.128.0.1", "2606:4700::1111"]
)
def test_public_addresses_are_reached(address):
    host = f"[{address}]" if ":" in address else address
    assert Addresses(allow_private=False).of(checked(f"https://{host}/").raw_host.decode(), 443) == (address,)


@pytest.mark.parametrize(
    "address", ["127.0.0.1", "::1", "10.1.2.3", "172.20.0.5", "192.168.0.2", "100.64.0.9", "fd12::1"]
)
def test_the_operator_can_allow_this_machine_and_its_network(address):
    assert Addresses(allow_private=True, resolve=lambda host, port: [address]).of("inner", 80) == (address,)


@pytest.mark.parametrize(
    "address",
    ["169.254.169.254", "fe80::1", "0.0.0.0", "224.0.0.1", "::ffff:127.0.0.1", "240.0.0.1"],  # noqa: S104
)
def test_nobody_can_allow_what_no_platform_lives_at(address):
    with pytest.raises(AddressRefused):
        Addresses(allow_private=True, resolve=lambda host, port: [address]).of("inner", 80)


def test_a_name_without_an_address_is_worth_another_try():
    with pytest.raises(DeliveryRetry):
        Addresses(allow_private=False, resolve=resolve).of("none.example", 80)


def test_an_international_name_is_asked_in_its_ascii_form():
    assert checked("https://bücher.example/ä?q=ö").raw_host == b"xn--bcher-kva.example"
