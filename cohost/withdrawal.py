"""Taking a suggestion back because its ground is gone, and asking for a new one."""

from __future__ import annotations

from datetime import datetime

from cohost.jobs import JOBS
from cohost.store import Tx, audit, publications, requests, suggestions
from cohost.suggestion import Status, Suggestion, check_move

WITHDRAWABLE: frozenset[Status] = frozenset({"pending", "approved", "failed"})  # drafts that nobody has seen posted


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
    audit.record(
        tx, suggestion.community_id, audit.WORKER, "suggestion.withdrawn", "suggestion", suggestion.id, now=now,
        old=suggestion.status, new="withdrawn",
    )  # fmt: skip
    if suggestion.request_id is not None:
        requests.settle(tx, suggestion.request_id, "waiting", available_at=now)
