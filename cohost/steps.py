"""What a decided flag does to the post itself, within the transaction of the decision, and how it is taken back.

Held or removed, the post is out of search, drafts and sight at once, whatever the platform does; the connector is told
by a message of the outbox. Nothing is deleted: undone, the post is as it was.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from cohost.errors import InvalidInput
from cohost.jobs.moderate_payload import NAME, FlagPayload
from cohost.jobs.moderate_words import HIDING
from cohost.store import Tx, asides, suggestions
from cohost.store.asides import SourceKey
from cohost.suggestion import Decision, Suggestion


def take(tx: Tx, approved: Suggestion, decision: Decision, *, now: datetime) -> None:
    """Apply what was decided; raises InvalidInput for a time, which a hidden post cannot wait for."""
    if approved.job != NAME:
        return
    flag = FlagPayload.model_validate(approved.payload)
    if flag.step not in HIDING:
        return
    if decision.publish_at is not None:
        raise InvalidInput("A post is held or removed at once: leave `publish_at` out.", field="publish_at")
    recheck(tx, approved.community_id, asides.put(tx, approved.community_id, approved.id, (flag.space_id, flag.source_id)),
            now=now)  # fmt: skip


def give_back(tx: Tx, suggestion: Suggestion, *, now: datetime) -> None:
    """The post is seen and found again; twice is fine."""
    if suggestion.job == NAME:
        recheck(tx, suggestion.community_id, asides.remove(tx, suggestion.id), now=now)


def recheck(tx: Tx, community_id: str, posts: Iterable[SourceKey], *, now: datetime) -> None:
    """After posts went out of sight, came back or moved: drafts and answers that quote them."""
    from cohost import recall, withdrawal  # they give posts back themselves, where they withdraw a flag

    for space_id, source_id in posts:
        for citing in suggestions.citing(tx, community_id, space_id, source_id):
            withdrawal.recheck(tx, citing, withdrawal.GROUND_GONE, now=now)
            recall.recheck(tx, citing, now=now)
