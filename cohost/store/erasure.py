"""What erasing a member removes besides the sources they wrote."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from cohost.store import appeals, feedback, moderation_fits, readings, rounds, safety_cases
from cohost.store import suggestions as stored
from cohost.store.engine import Tx
from cohost.store.idsets import IDS_PER_QUERY
from cohost.store.tables import (
    board_posts,
    decisions,
    evidence,
    idempotency,
    ingestion_files,
    ingestions,
    members,
    publications,
    requests,
    snapshots,
    sources,
    suggestions,
)
from cohost.suggestion import Suggestion

SourceKey = tuple[str, str]  # space id, source id
SENT = ("publishing", "published", "uncertain")  # states in which a message is, or may be, out in the community


@dataclass(frozen=True)
class Carriers:
    """Suggestions that may hold words of a person."""

    asked: tuple[Suggestion, ...]  # made for their own questions
    others: tuple[Suggestion, ...]  # made for others, and quoting, retelling or edited by them


def hold_member(tx: Tx, community_id: str, member_id: str) -> bool:
    """Make writers that need this member wait (PostgreSQL); False when there is no such row."""
    where = (members.c.community_id == community_id) & (members.c.id == member_id)
    return tx.execute(sa.select(members.c.id).where(where).with_for_update()).one_or_none() is not None


def carriers(tx: Tx, community_id: str, member_id: str, touched: Collection[SourceKey]) -> Carriers:
    """Everything that quotes a touched source, was made for the member, or was edited by them.

    Having only seen a source matters where words could have come over without a quote: from a language model, or from
    a person's edit. A draft of the embedded default holds nothing but its quotes.
    """
    asked = stored.of_requests(tx, _asked(tx, community_id, member_id))
    edited_by = _edited(tx, community_id, decisions.c.member_id == member_id)
    quoting, saw = _naming(tx, evidence, community_id, touched), _naming(tx, snapshots, community_id, touched)
    edited = _edited(tx, community_id, sa.true()) & saw
    introduced = _introduced(tx, community_id, member_id)
    found = stored.some(tx, community_id, quoting | saw | edited_by | introduced)
    mine = {s.id for s in asked}
    others = tuple(
        s for s in found
        if s.id not in mine and (s.id in quoting | edited_by | edited | introduced or s.provenance.made_by != "embedded")
    )  # fmt: skip
    return Carriers(tuple(asked), others)


def forget_member(tx: Tx, community_id: str, member_id: str) -> None:
    """Delete the member with keys, sessions and memberships, what they asked, and what was answered to them."""
    tx.execute(members.delete().where(members.c.community_id == community_id, members.c.id == member_id))
    mine = (requests.c.community_id == community_id) & (requests.c.requested_by == member_id)
    tx.execute(requests.delete().where(mine))
    feedback.forget_member(tx, community_id, member_id)
    safety_cases.forget_member(tx, community_id, member_id)
    readings.forget_member(tx, community_id, member_id)
    rounds.forget_member(tx, community_id, member_id)
    appeals.forget_member(tx, community_id, member_id)
    moderation_fits.forget(tx, community_id)
    tx.execute(
        idempotency.delete().where(idempotency.c.community_id == community_id, idempotency.c.member_id == member_id)
    )
    assigned = (suggestions.c.community_id == community_id) & (suggestions.c.assigned_to == member_id)
    tx.execute(suggestions.update().where(assigned).values(assigned_to=None))
    tx.execute(
        decisions.update().where(decisions.c.community_id == community_id, decisions.c.member_id == member_id)
        .values(reason="", payload=None)
    )  # fmt: skip
    written = (sources.c.community_id == community_id) & (sources.c.author_id == member_id)
    tx.execute(sources.update().where(written).values(author_id=None))


def forget_uploads(tx: Tx, community_id: str, member_id: str) -> list[str]:
    """Delete the member's uploads with names and outcomes; file names of those not read yet."""
    mine = (ingestions.c.community_id == community_id) & (ingestions.c.created_by == member_id)
    gone = tx.execute(ingestions.delete().where(mine).returning(ingestions.c.path)).scalars()
    return [Path(path).name for path in gone if path]


def uploaded(tx: Tx, community_id: str, member_id: str) -> set[SourceKey]:
    """Sources that were read from the member's uploads."""
    query = sa.select(ingestions.c.space_id, ingestion_files.c.name).join(
        ingestions, ingestions.c.id == ingestion_files.c.ingestion_id
    )
    mine = (ingestions.c.community_id == community_id) & (ingestions.c.created_by == member_id)
    read = ingestion_files.c.outcome.in_(["added", "changed", "unchanged"])
    return {(row.space_id, row.name) for row in tx.execute(query.where(mine, read))}


def empty(tx: Tx, emptied: Suggestion, payload: dict[str, Any]) -> None:
    """Take every text out of a suggestion, its outbox rows and its decisions; ids, states and times stay.

    The outbox row is written first: a connector that is about to post waits for it, and then finds it empty.
    """
    for row in tx.execute(sa.select(publications).where(publications.c.suggestion_id == emptied.id)):
        silent = {**row.message, "title": "", "text": ""}
        tx.execute(publications.update().where(publications.c.id == row.id).values(message=silent))
    tx.execute(
        suggestions.update().where(suggestions.c.id == emptied.id).values(
            payload=payload, original_payload=None, rationale="", erased_at=emptied.erased_at, notice=emptied.notice,
            status=emptied.status, version=suggestions.c.version + 1, updated_at=emptied.updated_at,
        )
    )  # fmt: skip
    stored.set_evidence(tx, emptied.community_id, emptied.id, [])
    stored.forget_texts(tx, emptied.id, payload)
    empty_reasons(tx, emptied.id)


def empty_reasons(tx: Tx, suggestion_id: str) -> None:
    """Take out what people wrote when they decided."""
    tx.execute(decisions.update().where(decisions.c.suggestion_id == suggestion_id).values(reason=""))


def delete(tx: Tx, suggestion_id: str) -> None:
    """Remove a suggestion; decisions, evidence, snapshots and outbox rows go with it."""
    tx.execute(suggestions.delete().where(suggestions.c.id == suggestion_id))


def sent(tx: Tx, suggestion_id: str) -> bool:
    """Whether a message of it is, or may be, out in the community."""
    mine = (publications.c.suggestion_id == suggestion_id) & publications.c.status.in_(SENT)
    return tx.execute(sa.select(publications.c.id).where(mine).limit(1)).one_or_none() is not None


def board_keys(tx: Tx, suggestion_id: str) -> list[str]:
    """Keys of the posts that stand on the built-in board for a suggestion."""
    query = sa.select(board_posts.c.key).join(publications, publications.c.id == board_posts.c.key)
    return list(tx.execute(query.where(publications.c.suggestion_id == suggestion_id)).scalars())


def undone(tx: Tx, suggestion_id: str, key: str, notice: str, at: datetime) -> None:
    """The message under this key, and so the suggestion, is taken back."""
    mine = (publications.c.suggestion_id == suggestion_id) & (publications.c.id == key)
    tx.execute(publications.update().where(mine).values(status="undone", claimed_until=None, updated_at=at))
    stored.set_status(tx, suggestion_id, "undone", now=at, notice=notice)


def _asked(tx: Tx, community_id: str, member_id: str) -> list[str]:
    where = (requests.c.community_id == community_id) & (requests.c.requested_by == member_id)
    return list(tx.execute(sa.select(requests.c.id).where(where).with_for_update()).scalars())


def _edited(tx: Tx, community_id: str, by: sa.ColumnElement[bool]) -> set[str]:
    query = sa.select(decisions.c.suggestion_id).where(decisions.c.community_id == community_id, by)
    return set(tx.execute(query.where(decisions.c.verdict == "edit")).scalars())


def _introduced(tx: Tx, community_id: str, member_id: str) -> set[str]:
    """Introductions of this person to others, invitations to help, and welcomes and recaps that name them."""
    where = (suggestions.c.community_id == community_id) & suggestions.c.job.in_(("match", "help", "discuss"))
    rows = tx.execute(sa.select(suggestions.c.id, suggestions.c.destination, suggestions.c.payload).where(where))
    named = (r for r in rows if member_id in (*r.destination["member_ids"], *_people(r.payload)))
    return {row.id for row in named}


def _people(payload: dict[str, Any]) -> list[str]:
    """Members whom a draft of the job `discuss` names."""
    return [one for one in payload.get("people", ()) if isinstance(one, str)]


def _naming(tx: Tx, table: sa.Table, community_id: str, touched: Collection[SourceKey]) -> set[str]:
    found: set[str] = set()
    for keys in _parts(sorted(touched)):
        pairs = sa.tuple_(table.c.space_id, table.c.source_id).in_(keys)
        query = sa.select(table.c.suggestion_id).where(table.c.community_id == community_id, pairs)
        found.update(tx.execute(query).scalars())
    return found


def _parts(keys: list[SourceKey]) -> Iterator[list[SourceKey]]:
    for at in range(0, len(keys), IDS_PER_QUERY):
        yield keys[at : at + IDS_PER_QUERY]
