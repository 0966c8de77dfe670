"""Questions that have no answer: abstained from, rejected, or answered wrongly in members' eyes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from cohost.store.engine import Tx
from cohost.store.tables import evidence, feedback, requests, suggestions

MOST = 2_000  # the newest ones; grouping compares each with each group


@dataclass(frozen=True)
class Unanswered:
    """A question, with the nearest place that was found for it."""

    question_id: str
    suggestion_id: str
    text: str
    space_id: str | None
    asked_at: datetime
    vector: bytes  # float32, unit length
    place: tuple[str, str, str, tuple[str, ...]] | None  # space, source, title, heading trail


def unanswered(tx: Tx, community_id: str) -> list[Unanswered]:
    """Newest first. Only what nobody has answered since."""
    wrong = sa.select(feedback.c.suggestion_id).where(
        feedback.c.community_id == community_id, feedback.c.opinion == "wrong"
    )
    good = sa.select(suggestions.c.request_id).where(
        suggestions.c.community_id == community_id, suggestions.c.request_id.is_not(None),
        suggestions.c.status.in_(["published", "approved", "publishing", "pending"]), suggestions.c.id.not_in(wrong),
    )  # fmt: skip
    missing = suggestions.c.status.in_(["abstained", "rejected"]) | (
        (suggestions.c.status == "published") & suggestions.c.id.in_(wrong)
    )
    first = sa.and_(evidence.c.suggestion_id == suggestions.c.id, evidence.c.position == 0)
    query = (
        sa.select(
            requests.c.id, requests.c.payload, requests.c.space_id, requests.c.created_at, requests.c.vector,
            suggestions.c.id.label("suggestion_id"), evidence.c.space_id.label("there"), evidence.c.source_id,
            evidence.c.title, evidence.c.headings,
        )
        .join(suggestions, suggestions.c.request_id == requests.c.id)
        .outerjoin(evidence, first)
        .where(requests.c.community_id == community_id, requests.c.job == "answer", requests.c.vector.is_not(None))
        .where(missing, suggestions.c.erased_at.is_(None), requests.c.id.not_in(good))
        .order_by(requests.c.created_at.desc(), requests.c.id, suggestions.c.created_at.desc())
        .limit(MOST)
    )  # fmt: skip
    found = {row.id: row for row in reversed(tx.execute(query).all())}  # of several suggestions the latest
    return [_unanswered(row) for row in sorted(found.values(), key=lambda row: (row.created_at, row.id), reverse=True)]


def _unanswered(row: sa.Row) -> Unanswered:  # type: ignore[type-arg]
    place = (row.there, row.source_id, row.title, tuple(row.headings)) if row.source_id is not None else None
    return Unanswered(row.id, row.suggestion_id, row.payload["text"], row.space_id, row.created_at, row.vector, place)
