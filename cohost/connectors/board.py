"""The built-in board: posts live beside the sources, marked as the co-host's, and are never evidence."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from hashlib import sha256
from typing import Literal

from cohost import steps
from cohost.errors import Conflict, DeliveryFailed, NotFound
from cohost.model import Source, Space
from cohost.store import Store, Tx, board, moves, places, publications, sources
from cohost.store.board import BoardPost
from cohost.suggestion import Message, Receipt


class Board:
    """The Connector port over Cohost's own tables: a post and its key commit together, so it can always be told."""

    name = "board"
    proves: Literal["same_key", "find", "nothing"] = "find"
    can_reverse = True
    steps = frozenset({"move", "hold", "remove"})
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
        """Remove the post, in the space too; what was moved goes back."""
        with self._store.write() as tx:
            there = board.find(tx, community_id, receipt.external_id)
            sent = publications.find(tx, community_id, receipt.external_id)
            if there and sent and sent.message.step == "move" and sent.message.destination.kind == "post":
                to = sent.message.destination
                self._move(
                    tx, community_id, to.source_id or "", sent.message.move_to or "", to.space_id or "", back=True
                )
            board.take_down(tx, community_id, receipt.external_id, self._clock())

    def _post(self, tx: Tx, community_id: str, message: Message, key: str) -> None:
        now, to = self._clock(), message.destination
        source_id = None
        if to.kind == "post":
            self._step(tx, community_id, message)
            board.add(tx, community_id, BoardPost(key, None, None, None, None, message.text, now))
            return
        if to.kind == "space":
            source_id = f"cohost-{key}"
            self._add_source(
                tx, community_id, self._space(tx, community_id, to.space_id or ""), source_id, message, now
            )
        member_id = to.member_ids[0] if to.kind in ("asker", "private_note", "introduction") else None
        board.add(
            tx, community_id, BoardPost(key, message.in_reply_to, member_id, to.space_id, source_id, message.text, now)
        )

    def _step(self, tx: Tx, community_id: str, message: Message) -> None:
        """What is held or removed is out of sight since the decision: the board shows our own tables."""
        to = message.destination
        if message.step == "move":
            self._move(tx, community_id, to.source_id or "", to.space_id or "", message.move_to or "")

    def _move(self, tx: Tx, community_id: str, source_id: str, away: str, to: str, *, back: bool = False) -> None:
        now = self._clock()
        from_space, to_space = self._space(tx, community_id, away), self._space(tx, community_id, to)
        try:
            moved = moves.move(tx, community_id, source_id, away=from_space, to=to_space, at=None if back else now)
        except Conflict as error:
            raise DeliveryFailed(error.message) from error
        steps.recheck(tx, community_id, [(to, one) for one in moved], now=now)

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
