"""The webhooks that hosts connect: made with a fresh secret, found by name within their community, taken away."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from cohost.connectors.signatures import new_secret
from cohost.connectors.webhook import Desk, Webhook
from cohost.errors import Conflict, DeliveryRetry, InvalidInput, NotFound
from cohost.ids import new_id
from cohost.ports import Sender
from cohost.store import Store, Tx, audit, people
from cohost.store import connectors as rows
from cohost.store.audit import Actor
from cohost.store.connectors import Proof, StoredConnector
from cohost.vault import Vault


@dataclass(frozen=True)
class WebhookSpec:
    """What a host decides about a webhook."""

    name: str
    url: str
    proves: Proof  # what the receiver promises about a message that is sent twice
    find_url: str | None = None  # with "find"
    can_reverse: bool = False
    takes_steps: bool = False  # moves, holds and removes posts when told by message
    max_characters: int = 10_000


class Webhooks:
    """The configured connectors of all communities."""

    def __init__(self, store: Store, clock: Callable[[], datetime], vault: Vault, sender: Sender) -> None:
        self._store = store
        self._clock = clock
        self._vault = vault
        self._sender = sender

    def create(self, community_id: str, spec: WebhookSpec, actor: Actor) -> tuple[StoredConnector, str]:
        """The new connector and its secret, which is not shown again; takes the place of a disabled one of that name.

        Raises InvalidInput for addresses that are not reached from here, Conflict when the name is taken.
        """
        self._check(spec)
        secret, row_id, now = new_secret(), new_id("con"), self._clock()
        new = StoredConnector(
            row_id, spec.name, spec.url, spec.find_url, spec.proves, spec.can_reverse, spec.takes_steps,
            spec.max_characters, self._vault.seal(secret, row_id=row_id), "active", "", now,
        )  # fmt: skip
        with self._store.write() as tx:
            self._make_room(tx, community_id, spec.name)
            rows.add(tx, community_id, new)
            audit.record(tx, community_id, actor, "connector.created", "connector", row_id, now=now, new="active")
        return new, secret

    def remove(self, community_id: str, name: str, actor: Actor) -> None:
        """Take a connector away; raises NotFound, or Conflict while the community publishes through it."""
        with self._store.write() as tx:
            row = stored(tx, community_id, name)
            if people.community(tx, community_id).settings.connector == name:
                raise Conflict(
                    f"Approved suggestions are published through {name}. Choose another in the community's settings first."
                )
            rows.remove(tx, row.id)
            audit.record(
                tx, community_id, actor, "connector.removed", "connector", row.id, now=self._clock(), old=row.state
            )

    def get(self, tx: Tx, community_id: str, name: str) -> Webhook:
        """Ready to send; raises NotFound, or Misconfigured when its secret cannot be opened."""
        row = stored(tx, community_id, name)
        secret = self._vault.open(row.sealed_secret, row_id=row.id)
        return Webhook(row, secret, Desk(self._store, self._clock, self._sender))

    def _check(self, spec: WebhookSpec) -> None:
        if (spec.proves == "find") != (spec.find_url is not None):
            raise InvalidInput("`find_url` goes with `proves: find`, and only with it.", field="find_url")
        for field, url in (("url", spec.url), ("find_url", spec.find_url)):
            try:
                self._sender.check(url or spec.url)
            except (InvalidInput, DeliveryRetry) as error:
                raise InvalidInput(error.message, field=field) from error

    def _make_room(self, tx: Tx, community_id: str, name: str) -> None:
        there = rows.find(tx, community_id, name)
        if there is not None and there.state == "active":
            raise Conflict(f"There is a connector {name!r} already. Take another name, or delete it first.")
        if there is not None:
            rows.remove(tx, there.id)


def stored(tx: Tx, community_id: str, name: str) -> StoredConnector:
    """A connector's row; raises NotFound."""
    row = rows.find(tx, community_id, name)
    if row is None:
        raise NotFound(f"There is no connector {name!r}.")
    return row
