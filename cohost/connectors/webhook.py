"""A platform that takes approved messages by signed webhook (Standard Webhooks)."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from hashlib import sha256
from typing import Any, NoReturn

import httpx

from cohost.connectors.addresses import AddressRefused
from cohost.connectors.signatures import signed_headers
from cohost.errors import DeliveryFailed, DeliveryRetry, DeliveryUncertain
from cohost.ports import Reply, Sender
from cohost.store import Store, audit, publications
from cohost.store import connectors as rows
from cohost.store.connectors import StoredConnector
from cohost.suggestion import Evidence, Message, Receipt

DEADLINE_S = 10.0  # of one request in all; two of them end well within the outbox's lease
REPLY_BYTES = 64 * 1024  # an id and a URL need a hundredth of it
ID_CHARACTERS = 500
STEPS = frozenset({"move", "hold", "remove"})
SHOWN_OF_EVIDENCE = ("space_id", "source_id", "title", "place", "quote", "url")
SHOWN_CHARACTERS = 200  # of what a platform says, in a notice to hosts


@dataclass(frozen=True)
class Desk:
    """What every webhook needs besides its own row."""

    store: Store
    clock: Callable[[], datetime]
    sender: Sender


class Webhook:
    """The Connector port over one row; its secret is in memory only for as long as it is needed."""

    def __init__(self, row: StoredConnector, secret: str, desk: Desk) -> None:
        self.name = row.name
        self.proves = row.proves
        self.can_reverse = row.can_reverse
        self.steps = STEPS if row.takes_steps else frozenset[str]()
        self.max_characters = row.max_characters
        self._row = row
        self._secret = secret
        self._desk = desk

    def publish(self, community_id: str, message: Message, key: str) -> Receipt:
        """Send `publication.created`, or `step.decided` about a post, under `key`.

        Raises DeliveryRetry, DeliveryFailed or DeliveryUncertain.
        """
        if self._row.state == "disabled":
            raise DeliveryFailed(f"Connector {self.name} is disabled: {self._row.notice}")
        reply = self._post(key, self._message(community_id, message, key))
        if not 200 <= reply.status < 300:
            self._refuse(community_id, reply)
        return Receipt(key) if message.destination.kind == "post" else _receipt(reply, key)

    def _message(self, community_id: str, message: Message, key: str) -> dict[str, Any]:
        if message.destination.kind == "post":
            return {"type": "step.decided", "id": key, "community": community_id, **_order(message)}
        with self._desk.store.read() as tx:
            quoted = rows.evidence_behind(tx, community_id, key)
        return {"type": "publication.created", "id": key, "community": community_id, **_body(message, quoted)}

    def find(self, community_id: str, key: str) -> Receipt | None:
        """Ask the platform's `find_url`; every answer but 200 and 404 leaves it open: DeliveryUncertain."""
        url = str(httpx.URL(self._row.find_url or "").copy_merge_params({"id": key}))
        try:
            reply = self._send("GET", url, key, b"")
        except DeliveryFailed as fault:
            raise DeliveryUncertain(f"{self.name} could not be asked whether it was posted. {fault.message}") from fault
        if reply.status == 404:
            return None
        if reply.status != 200:
            raise DeliveryUncertain(f"{self.name} does not say whether it was posted (HTTP {reply.status}).")
        return _receipt(reply, key)

    def reverse(self, community_id: str, receipt: Receipt) -> None:
        """Send `publication.reversed`, or `step.undone` about a post.

        Raises DeliveryFailed, with what to do, when the platform does not confirm.
        """
        key = "rev_" + sha256(f"{self._row.id} {receipt.external_id}".encode()).hexdigest()[:24]  # the same each time
        reply = self._post(key, self._reversal(community_id, receipt))
        if not 200 <= reply.status < 300:
            raise DeliveryFailed(
                f"{self.name} did not take the post back (HTTP {reply.status}). Delete it there by hand."
            )

    def _reversal(self, community_id: str, receipt: Receipt) -> dict[str, Any]:
        with self._desk.store.read() as tx:
            sent = publications.find(tx, community_id, receipt.external_id)
        if sent is not None and sent.message.destination.kind == "post":  # again in full: nothing has to be remembered
            return {"type": "step.undone", "id": sent.id, "community": community_id, **_order(sent.message)}
        return {"type": "publication.reversed", "community": community_id, "external_id": receipt.external_id,
                "url": receipt.url}  # fmt: skip

    def _post(self, key: str, body: Mapping[str, Any]) -> Reply:
        return self._send(
            "POST", self._row.url, key, json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
        )

    def _send(self, method: str, url: str, key: str, body: bytes) -> Reply:
        headers = signed_headers(self._secret, key, body, now=self._desk.clock()) | {"accept": "application/json"}
        if body:
            headers["content-type"] = "application/json"
        try:
            return self._desk.sender.send(
                method, url, headers=headers, body=body, deadline_s=DEADLINE_S, max_bytes=REPLY_BYTES
            )
        except AddressRefused as error:
            raise DeliveryFailed(f"{self.name}: {error.message}") from error

    def _refuse(self, community_id: str, reply: Reply) -> NoReturn:
        """What a status other than 2xx means for the message."""
        status, wait = reply.status, _retry_after_s(reply, self._desk.clock())
        if status == 429 or (status == 503 and wait is not None):
            raise DeliveryRetry(f"{self.name} asked to wait (HTTP {status}); nothing was posted.", retry_after_s=wait)
        if status == 410:
            raise DeliveryFailed(self._disable(community_id))
        if status >= 500:  # it may have broken down after it posted; where the same key is safe it is sent again anyway
            raise DeliveryUncertain(f"{self.name} failed (HTTP {status}); it may or may not have posted.")
        if 300 <= status < 400:
            where = _shown(reply.header("location"))
            raise DeliveryFailed(
                f"{self.name} redirects (HTTP {status}) to {where}; redirects are not followed. Connect that address."
            )
        raise DeliveryFailed(f"{self.name} refused the message (HTTP {status}).")

    def _disable(self, community_id: str) -> str:
        now = self._desk.clock()
        notice = f"The receiver said on {now:%Y-%m-%d} that it is gone for good (HTTP 410)."
        with self._desk.store.write() as tx:
            if rows.disable(tx, self._row.id, notice):
                audit.record(
                    tx, community_id, audit.WORKER, "connector.disabled", "connector", self._row.id, now=now, old="active",
                    new="disabled",
                )  # fmt: skip
        return f"Connector {self.name} was disabled. {notice} Connect the platform again, or choose another connector."


def _order(message: Message) -> dict[str, Any]:
    """What is to be done to which post."""
    about = message.destination
    return {
        "step": message.step, "space_id": about.space_id, "source_id": about.source_id, "move_to": message.move_to,
        "text": message.text,
    }  # fmt: skip


def _body(message: Message, quoted: Iterable[Evidence]) -> dict[str, Any]:
    to = message.destination
    return {
        "destination": {"kind": to.kind, "space_id": to.space_id, "member_ids": list(to.member_ids)},
        "title": message.title,
        "text": message.text,
        "in_reply_to": message.in_reply_to,
        "evidence": [
            {name: value for name, value in asdict(item).items() if name in SHOWN_OF_EVIDENCE} for item in quoted
        ],
    }  # fmt: skip


def _receipt(reply: Reply, key: str) -> Receipt:
    """What the platform calls the post, if it says so in JSON; else the key names it."""
    try:
        said = json.loads(reply.body) if reply.whole else {}
    except (ValueError, RecursionError):
        said = {}
    said = said if isinstance(said, dict) else {}
    external_id, url = said.get("id"), said.get("url")
    known = str(external_id) if isinstance(external_id, (str, int)) and not isinstance(external_id, bool) else ""
    link = (
        url
        if isinstance(url, str) and url.startswith(("https://", "http://")) and len(url) <= ID_CHARACTERS * 4
        else None
    )
    return Receipt(known if 0 < len(known) <= ID_CHARACTERS and known.isprintable() else key, link)


def _retry_after_s(reply: Reply, now: datetime) -> float | None:
    """Seconds of `Retry-After`, given as a number or as a date; None without one that can be read."""
    value = reply.header("retry-after").strip()
    if value.isascii() and value.isdigit():
        return float(value[:9])
    try:
        at = parsedate_to_datetime(value)
    except ValueError:
        return None
    return max(0.0, (at.replace(tzinfo=at.tzinfo or UTC) - now).total_seconds())


def _shown(text: str) -> str:
    """A platform's words within ours: on one line, and short."""
    plain = "".join(c if c.isprintable() else " " for c in text)
    return plain[:SHOWN_CHARACTERS] or "no address"
