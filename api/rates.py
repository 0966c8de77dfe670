"""How often somebody may call: per key, session or hook, per asking member, and per address that fails to sign in.

Counted by the library `limits` in the memory of this process: a start forgets, and each process counts for itself.
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address
from typing import NoReturn, cast

from fastapi import Request
from limits import RateLimitItem, RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import SlidingWindowCounterRateLimiter
from prometheus_client import Counter

from cohost.errors import Misconfigured, TooManyRequests
from cohost.model import Caller
from cohost.settings import Settings

ATTEMPTS_PER_MINUTE = 60  # a class behind one address mistypes less; secrets have 256 bits, so this spares the database
IPV6_SITE_BITS = 64  # one subscriber holds this many addresses


@dataclass(frozen=True)
class Rate:
    """One limit."""

    name: str  # the label in the metrics
    item: RateLimitItem
    refusal: str  # what the caller is told


class Rates:
    """The limits of one server process."""

    def __init__(
        self, settings: Settings, refusals: Counter, *, attempts_per_minute: int = ATTEMPTS_PER_MINUTE
    ) -> None:
        calls, questions = settings.rate_calls_per_minute, settings.rate_questions_per_minute
        self._calls = _rate("calls", calls, "This key, session or hook has made {} calls within a minute.")
        self._questions = _rate("questions", questions, "That are {} questions within a minute.")
        self._attempts = _rate("attempts", attempts_per_minute, "{} attempts without a valid key within a minute.")
        self._counted = SlidingWindowCounterRateLimiter(MemoryStorage())
        self._refusals = refusals

    def call(self, credential_id: str) -> None:
        """Count a call of a key, a session or a hook; raises TooManyRequests."""
        self._hit(self._calls, credential_id)

    def question(self, caller: Caller) -> None:
        """Count a question of a member, whatever key it came with; raises TooManyRequests."""
        self._hit(self._questions, caller.community_id, caller.member_id or "")

    def failed_attempt(self, request: Request) -> None:
        """Count a request that showed no valid key, session, link or signature; raises TooManyRequests.

        Whoever shows a valid one is never asked for their address: many may share it with somebody who guesses.
        """
        self._hit(self._attempts, _site(request.client.host if request.client else ""))

    def _hit(self, rate: Rate, *whose: str) -> None:
        if not self._counted.hit(rate.item, rate.name, *whose):
            self._refuse(rate, *whose)

    def _refuse(self, rate: Rate, *whose: str) -> NoReturn:
        self._refusals.labels(rate.name).inc()
        wait = self._counted.get_window_stats(rate.item, rate.name, *whose).reset_time - time.time()
        seconds = max(1, math.ceil(wait))
        raise TooManyRequests(f"{rate.refusal} Wait {seconds} seconds.", retry_after_s=seconds)


def rates_of(request: Request) -> Rates:
    """Those of the server that answers."""
    return cast(Rates, request.app.state.rates)


def _rate(name: str, per_minute: int, refusal: str) -> Rate:
    if per_minute < 1:
        raise Misconfigured(f"COHOST_RATE_{name.upper()}_PER_MINUTE must be at least 1, not {per_minute}.")
    return Rate(name, RateLimitItemPerMinute(per_minute), refusal.format(f"{per_minute:,}"))


def _site(address: str) -> str:
    """Where a request comes from: an IPv4 address, or the network of an IPv6 subscriber."""
    try:
        ip = ip_address(address)
    except ValueError:  # a socket file, or a test
        return address
    if isinstance(ip, IPv6Address):
        return str(int(ip) >> (128 - IPV6_SITE_BITS))
    return str(ip)
