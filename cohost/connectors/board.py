"""The built-in board: posts live beside the sources, marked as the co-host's, and are never evidence."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from hashlib import sha256
from typing import Literal

from cohost.errors import DeliveryFailed, NotFound
from cohost.model import Source, Space
from cohost.store import Store, Tx, board, places, publications, sources
from cohost.store.board import BoardPost
from cohost.suggestion import Message, Receipt


class Board:
    """The Connector port over Cohost's own tables: a post and its key commit together, so it can always be told."""

    name = "board"
    proves: Literal["same_key", "find", "nothing"] = "find"
    can_reverse = True
    max_characters = 20_000

    def __init__(self, store: Store, clock: Callable[[], datetime]) -> None:
        self._store = store
        self._clock = clock

    def publish(self, community_id: str, message: Message, key: str) -> Receipt:
        """Post under `key`; the second time gives the first receipt."""
        with self._store.write() as tx:
            if publications.was_emptied(tx, key):  # after the worker took it, and before this transaction
                raise DeliveryFailed("Its words were erased while it was being posted; nothing was posted.")
            if board.find(tx, community_id, key) is None:
                self._post(tx, community_id, message, key)
        return Receipt(key)

    def find(self, community_id: str, key: str) -> Receipt | None:
        """The receipt of what stands under `key`."""
        with self._store.read() as tx:
            return Receipt(key) if board.find(tx, community_id, key) else None

    def reverse(self, community_id: str, receipt: Receipt) -> None:
        """Remove the post, in the space too."""
        with self._store.write() as tx:
            board.take_down(tx, community_id, receipt.external_id, self._clock())

    def _post(self, tx: Tx, community_id: str, message: Message, key: str) -> None:
        now, to = self._clock(), message.destination
        source_id = None
        if to.kind == "space":
            source_id = f"cohost-{key}"
            self._add_source(
                tx, community_id, self._space(tx, community_id, to.space_id or ""), source_id, message, now
            )
        member_id = to.member_ids[0] if to.kind in ("asker", "private_note", "introduction") else None
        board.add(
            tx, community_id, BoardPost(key, message.in_reply_to, member_id, to.space_id, source_id, message.text, now)
        )

    def _add_source(
        self, tx: Tx, community_id: str, space: Space, source_id: str, message: Message, now: datetime
    ) -> None:
        post = Source(
            space.id, source_id, "post", message.title, message.text, parent_id=message.in_reply_to, origin="cohost",
            created_at=now, updated_at=now,
        )  # fmt: skip
        digest = sha256(message.text.encode()).hexdigest()
        sources.put(tx, community_id, space.pk, post, content_hash=digest, structure={})

    def _space(self, tx: Tx, community_id: str, space_id: str) -> Space:
        try:
            return places.space(tx, community_id, space_id)
        except NotFound as error:
            raise DeliveryFailed(f"The space {space_id!r} is gone; nothing was posted.") from error
