"""What erasing a member removes besides the sources they wrote."""

from __future__ import annotations

import sqlalchemy as sa

from cohost.store.engine import Tx
from cohost.store.tables import board_posts, idempotency, requests, suggestions


def forget_member(tx: Tx, community_id: str, member_id: str) -> None:
    """Delete the member's questions, the suggestions made for them, their private answers and stored replies."""
    mine = sa.select(requests.c.id).where(requests.c.community_id == community_id, requests.c.requested_by == member_id)
    tx.execute(board_posts.delete().where(board_posts.c.question_id.in_(mine), board_posts.c.space_id.is_(None)))
    # decisions, evidence, snapshots and outbox rows go with their suggestion
    tx.execute(suggestions.delete().where(suggestions.c.request_id.in_(mine)))
    tx.execute(requests.delete().where(requests.c.community_id == community_id, requests.c.requested_by == member_id))
    tx.execute(
        idempotency.delete().where(idempotency.c.community_id == community_id, idempotency.c.member_id == member_id)
    )
