"""Which addresses on the network an outbound request may reach, and which only with the operator's word.

A name is resolved once; every address it has is checked, and the caller connects to what was checked: a name that
answers differently the second time is never asked a second time.
"""

from __future__ import annotations

import re
import socket
from collections.abc import Callable, Iterable, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

import httpx

from cohost.errors import DeliveryRetry, InvalidInput

Resolver = Callable[[str, int], Sequence[str]]
Ip = IPv4Address | IPv6Address

URL_CHARACTERS = 2000  # what browsers and proxies take without cutting
_NAME = re.compile(r"[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*\.?")  # after IDNA
_ENDS_IN_NUMBER = re.compile(r"(^|\.)(\d+|0x[0-9a-f]*)\.?$")  # old libraries read such a host as an IPv4 address


def _networks(*names: str) -> tuple[IPv4Network | IPv6Network, ...]:
    return tuple(ip_network(name) for name in names)


# Reached only with COHOST_ALLOW_PRIVATE_ADDRESSES: this machine, its own network, a carrier's or a VPN's.
INNER = _networks(
    "127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "::1/128", "fc00::/7"
)  # fmt: skip
# Never reached, from IANA's special-purpose registries; link-local is where clouds keep their machines' credentials.
NEVER = _networks(
    "0.0.0.0/8", "169.254.0.0/16", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "198.18.0.0/15", "198.51.100.0/24",
    "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4", "2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20",
)  # fmt: skip
GLOBAL_IPV6 = IPv6Network(
    "2000::/3"
)  # outside it lie mapped and translated IPv4, link-local, multicast and the unassigned


class AddressRefused(InvalidInput):
    """A URL or an address that no request is sent to."""

    def __init__(self, message: str) -> None:
        super().__init__(message, field="url")


class Addresses:
    """Resolves names and refuses what must not be reached."""

    def __init__(self, *, allow_private: bool, resolve: Resolver | None = None) -> None:
        self._allow_private = allow_private
        self._resolve = resolve or system_resolver

    def of(self, host: str, port: int) -> tuple[str, ...]:
        """Where `host` is, all of it checked; raises AddressRefused, or DeliveryRetry when the name has no address."""
        found = [_parsed(text) for text in self._resolve(host, port)]
        if not found:
            raise DeliveryRetry(f"The name {host} has no address.")
        if not all(self.may_reach(ip) for ip in found):  # one forbidden address among many is a trick, not a mistake
            raise AddressRefused(f"{host} is an address inside a network; requests go to public addresses only.")
        return tuple(str(ip) for ip in found)

    def may_reach(self, ip: Ip) -> bool:
        """Whether a request may go to this address."""
        if _in(ip, INNER):
            return self._allow_private
        return not _in(ip, NEVER) and (ip.version == 4 or ip in GLOBAL_IPV6)


def checked(url: str) -> httpx.URL:
    """The URL, taken apart; raises AddressRefused for forms that a server's URL never has, or that readers differ on."""
    if not (url.isprintable() and len(url) <= URL_CHARACTERS) or "\\" in url or " " in url:
        raise AddressRefused("This is not a URL that can be used: it has unusual characters or is too long.")
    try:
        parsed = httpx.URL(url)
    except httpx.InvalidURL as error:
        raise AddressRefused(f"This is not a URL that can be used: {error}.") from error
    if parsed.scheme not in ("http", "https"):
        raise AddressRefused("A URL begins with https:// or http://.")
    if "@" in re.split(r"[/?#]", url.partition("//")[2])[0]:
        raise AddressRefused("A URL with a user name or password in it is not used.")
    if parsed.port is not None and not 0 < parsed.port < 65536:
        raise AddressRefused("The port of this URL does not exist.")
    _check_host(parsed.raw_host.decode("ascii"))
    return parsed


def system_resolver(host: str, port: int) -> list[str]:
    """Every address of a name, as the machine resolves it; DeliveryRetry when it does not."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (socket.gaierror, UnicodeError) as error:
        raise DeliveryRetry(f"The name {host} could not be resolved.") from error
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def _check_host(host: str) -> None:
    if ":" in host:
        if "%" in host:
            raise AddressRefused("An address with a zone is not used.")
        _parsed(host)
    elif _ENDS_IN_NUMBER.search(host):
        _parsed(host)  # four decimal numbers, or it is refused: 127.1, 0x7f000001 and 2130706433 are tricks
    elif len(host) > 253 or not _NAME.fullmatch(host):
        raise AddressRefused("The host of this URL is not a name.")


def _parsed(text: str) -> Ip:
    try:
        return ip_address(text)
    except ValueError as error:
        raise AddressRefused(f"{text} is not an address in its usual form.") from error


def _in(ip: Ip, networks: Iterable[IPv4Network | IPv6Network]) -> bool:
    return any(ip in network for network in networks)
