"""What must still hold until a suggestion is sent; what no longer holds is taken back, and a new one asked for."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from cohost import audience, quotes, steps
from cohost.jobs import JOBS
from cohost.store import Tx, audit, publications, requests, sources, suggestions
from cohost.suggestion import Evidence, Status, Suggestion, check_move

WITHDRAWABLE: frozenset[Status] = frozenset({"pending", "approved", "failed"})  # drafts that nobody has seen posted
DELETED_SINCE = (
    "A post that it is about was deleted since, and its words are gone here too. What to do about it stays open."
)
GROUND_GONE = "Something that it relied on changed, or may no longer be read there."


def still_stands(tx: Tx, suggestion: Suggestion, now: datetime) -> bool:
    """Whether every quote is in place, every source readable by all who will see it, and somebody there to see it."""
    if suggestion.erased_at is not None:
        return False
    standing = quotes.stand(tx, suggestion.community_id, suggestion.destination, suggestion.evidence, hold=True)
    seen = audience.sight(tx, suggestion.community_id)
    there = None not in standing and bool(audience.readers(seen, suggestion.destination))
    return there and JOBS[suggestion.job].still_true(tx, suggestion, now)


def recheck(tx: Tx, suggestion: Suggestion, reason: str, *, now: datetime) -> None:
    """After a change: follow quotes that moved, and withdraw what has lost its ground."""
    if suggestion.status != "abstained" and suggestion.status not in WITHDRAWABLE:
        return
    standing = quotes.stand(tx, suggestion.community_id, suggestion.destination, suggestion.evidence)
    items = tuple(item for item in standing if item)
    if suggestion.status == "pending" and JOBS[suggestion.job].outlives_sources and _deleted(tx, suggestion):
        _keep_open(tx, suggestion, items, now=now)
    elif suggestion.status != "abstained" and (
        _outdated(suggestion.evidence, standing) or not JOBS[suggestion.job].still_true(tx, suggestion, now)
    ):
        withdraw(tx, suggestion, reason, now=now)
    elif items != suggestion.evidence:
        suggestions.set_evidence(tx, suggestion.community_id, suggestion.id, items)


def _outdated(items: Sequence[Evidence], standing: Sequence[Evidence | None]) -> bool:
    """Whether a draft shows what is not so any more: a quote that is gone, or the title of where it stands."""
    return any(now is None or now.title != item.title for item, now in zip(items, standing, strict=True))


def _deleted(tx: Tx, suggestion: Suggestion) -> bool:
    """Whether something it quotes is not there any more at all."""
    posts = {(item.space_id, item.source_id) for item in suggestion.evidence}
    return posts != sources.texts(tx, suggestion.community_id, posts).keys()


def _keep_open(tx: Tx, suggestion: Suggestion, items: Sequence[Evidence], *, now: datetime) -> None:
    """Take the words out, and leave the matter to whoever decides it."""
    empty = JOBS[suggestion.job].emptied(suggestion.payload)
    suggestions.update(tx, suggestion.id, from_version=suggestion.version, now=now, payload=empty, notice=DELETED_SINCE)
    suggestions.set_evidence(tx, suggestion.community_id, suggestion.id, items)
    suggestions.forget_texts(tx, suggestion.id, empty)


def withdraw(tx: Tx, suggestion: Suggestion, reason: str, *, now: datetime) -> None:
    """Stop it, empty its texts, and let its request be worked on again."""
    check_move(suggestion.id, suggestion.status, "withdrawn")
    empty = JOBS[suggestion.job].emptied(suggestion.payload)
    suggestions.update(
        tx, suggestion.id, from_version=suggestion.version, now=now, status="withdrawn", notice=reason, payload=empty,
        original_payload=None, rationale="",
    )  # fmt: skip
    suggestions.set_evidence(tx, suggestion.community_id, suggestion.id, [])
    suggestions.forget_texts(tx, suggestion.id, empty)
    publications.discard(tx, suggestion.id)
    steps.give_back(tx, suggestion, now=now)
    audit.record(
        tx, suggestion.community_id, audit.WORKER, "suggestion.withdrawn", "suggestion", suggestion.id, now=now,
        old=suggestion.status, new="withdrawn",
    )  # fmt: skip
    if suggestion.request_id is not None and JOBS[suggestion.job].remade:
        requests.settle(tx, suggestion.request_id, "waiting", available_at=now)
