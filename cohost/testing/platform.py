"""A platform behind a webhook, in memory: it deduplicates or not, answers questions or not, and breaks on demand."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

import httpx

from cohost.errors import DeliveryUncertain
from cohost.ports import Reply

WireFault = Literal["lost_before", "lost_after", "error_before", "error_after", "rate_limited"]


def _never() -> WireFault | None:
    return None


@dataclass
class WebhookPlatform:
    """The Sender port without a network; `fault` is asked at every request.

    lost_before   the request never arrived, and the sender cannot tell: DeliveryUncertain
    lost_after    it was acted on, but the reply was lost: DeliveryUncertain
    error_before  HTTP 500 before anything was done
    error_after   HTTP 500 after it was done
    rate_limited  HTTP 429 with `Retry-After`
    """

    deduplicates: bool = True  # by webhook-id
    fault: Callable[[], WireFault | None] = _never
    retry_after_s: int = 30
    posted: Counter[str] = field(default_factory=Counter)  # how often each id appeared
    requests: int = 0

    def check(self, url: str) -> None:
        """Every address can be reached."""

    def send(
        self, method: str, url: str, *, headers: Mapping[str, str], body: bytes = b"", deadline_s: float, max_bytes: int
    ) -> Reply:
        """Take a POST, or tell a GET what was taken under `?id=`."""
        self.requests += 1
        fault = self.fault()
        if fault == "lost_before":
            raise DeliveryUncertain("The connection broke.")
        if fault == "error_before":
            return Reply(500, {}, b"")
        if fault == "rate_limited":
            return Reply(429, {"retry-after": str(self.retry_after_s)}, b"")
        reply = self._take(headers["webhook-id"]) if method == "POST" else self._tell(httpx.URL(url).params["id"])
        if fault == "lost_after":
            raise DeliveryUncertain("The reply was lost.")
        return Reply(500, {}, b"") if fault == "error_after" else reply

    def _take(self, key: str) -> Reply:
        if not (self.deduplicates and self.posted[key]):
            self.posted[key] += 1
        return _receipt(key)

    def _tell(self, key: str) -> Reply:
        return _receipt(key) if self.posted[key] else Reply(404, {}, b"")


def _receipt(key: str) -> Reply:
    said = {"id": f"post-{key}", "url": f"https://platform.example/posts/{key}"}
    return Reply(200, {"content-type": "application/json"}, json.dumps(said).encode())
