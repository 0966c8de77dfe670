"""Inbound hooks: made by hosts, told from forgeries by their signature, each message with one effect."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from cohost.connectors.signatures import is_signed, new_secret
from cohost.errors import Unauthenticated
from cohost.ids import new_id
from cohost.store import Store, audit, hooks
from cohost.store.audit import Actor
from cohost.store.hooks import Hook
from cohost.vault import Vault

# The same for a hook that never was, one that was revoked and a wrong signature: nobody learns which ids exist.
REFUSED = "This hook is not known here, or the message is not signed with its secret within the last five minutes."


class Hooks:
    """The inbound hooks of all communities."""

    def __init__(self, store: Store, clock: Callable[[], datetime], vault: Vault) -> None:
        self._store = store
        self._clock = clock
        self._vault = vault
        self._decoy = new_secret()  # an unknown hook costs the same work as a known one

    def create(self, community_id: str, name: str, actor: Actor) -> tuple[Hook, str]:
        """The new hook and its secret, which is not shown again."""
        secret, hook_id, now = new_secret(), new_id("hook"), self._clock()
        new = Hook(hook_id, community_id, name, self._vault.seal(secret, row_id=hook_id), now)
        with self._store.write() as tx:
            hooks.add(tx, new)
            audit.record(tx, community_id, actor, "hook.created", "hook", hook_id, now=now)
        return new, secret

    def revoke(self, community_id: str, hook_id: str, actor: Actor) -> None:
        """End a hook at once and delete its secret; twice is fine. Raises NotFound."""
        now = self._clock()
        with self._store.write() as tx:
            if hooks.revoke(tx, community_id, hook_id, now=now):
                audit.record(tx, community_id, actor, "hook.revoked", "hook", hook_id, now=now)

    def authenticated(self, hook_id: str, headers: Mapping[str, str], body: bytes) -> Hook:
        """The hook that these very bytes were signed for; raises Unauthenticated."""
        with self._store.read() as tx:
            hook = hooks.find(tx, hook_id)
        secret = self._vault.open(hook.sealed_secret, row_id=hook.id) if hook else self._decoy
        if not is_signed(secret, headers, body, now=self._clock()) or hook is None:
            raise Unauthenticated(REFUSED)
        return hook

    def seen(self, hook: Hook, message_id: str) -> bool:
        """Whether this message took effect before."""
        with self._store.read() as tx:
            return hooks.seen(tx, hook.id, message_id)

    def remember(self, hook: Hook, message_id: str) -> None:
        """Note that a message took effect; only then, so that one that failed can be sent again."""
        with self._store.write() as tx:
            hooks.remember(tx, hook, message_id, now=self._clock())
