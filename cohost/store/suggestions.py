"""Suggestions with their evidence, snapshots and decisions."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from cohost.errors import NotFound
from cohost.model import Passage
from cohost.store.engine import Tx, locked
from cohost.store.idsets import IDS_PER_QUERY
from cohost.store.tables import decisions, evidence, invitations, snapshots, sources, spaces, suggestions
from cohost.suggestion import AGREED, OPEN, Destination, Evidence, Provenance, Status, Suggestion


def add(tx: Tx, new: Suggestion, passages: Sequence[Passage], *, dedupe_key: str) -> bool:
    """Store a suggestion with its evidence and snapshots; False when the same one is there already."""
    known = sa.select(suggestions.c.id).where(suggestions.c.dedupe_key == dedupe_key)
    if tx.execute(known).one_or_none():
        return False
    tx.execute(
        suggestions.insert().values(
            id=new.id, community_id=new.community_id, job=new.job, request_id=new.request_id, status=new.status,
            version=new.version, payload=new.payload, original_payload=new.original_payload,
            destination=asdict(new.destination), rationale=new.rationale, confidence=new.confidence,
            provenance=asdict(new.provenance), assigned_to=new.assigned_to, notice=new.notice, dedupe_key=dedupe_key,
            corrects=new.corrects, outdated_at=new.outdated_at, verified_at=new.verified_at,
            created_at=new.created_at, updated_at=new.updated_at,
        )
    )  # fmt: skip
    set_evidence(tx, new.community_id, new.id, new.evidence)
    _add_snapshots(tx, new, passages)
    return True


def get(tx: Tx, community_id: str, suggestion_id: str) -> Suggestion:
    """The suggestion; raises NotFound. Within `write`, nobody else changes it before the commit."""
    found = _load(tx, (suggestions.c.community_id == community_id) & (suggestions.c.id == suggestion_id))
    if not found:
        raise NotFound(f"There is no suggestion {suggestion_id!r}.")
    return found[0]


def hold(tx: Tx, suggestion_id: str) -> None:
    """Let nobody change the suggestion, if it is still there, before this transaction ends."""
    tx.execute(sa.select(suggestions.c.id).where(suggestions.c.id == suggestion_id).with_for_update())


def queue(
    tx: Tx, community_id: str, *, statuses: Collection[str] = (), job: str | None = None, jobs: Collection[str] | None = None,
    category: str | None = None, without: str | None = None, held: bool | None = None,
    after: tuple[datetime, str] | None = None, limit: int = 50,
) -> list[Suggestion]:  # fmt: skip
    """Oldest first, after a cursor of (created_at, id); `without` leaves out one category of flags.

    `held`: only drafts that wait for members (True), or none of them (False).
    """
    where = suggestions.c.community_id == community_id
    if held is not None:
        where &= suggestions.c.held_until.is_not(None) if held else suggestions.c.held_until.is_(None)
    of_flag = sa.func.coalesce(suggestions.c.payload["category"].as_string(), "")
    if category is not None:
        where &= of_flag == category
    if without is not None:
        where &= of_flag != without
    if statuses:
        where &= suggestions.c.status.in_(statuses)
    if job is not None:
        where &= suggestions.c.job == job
    if jobs is not None:
        where &= suggestions.c.job.in_(jobs)
    if after is not None:
        at, last = after
        where &= (suggestions.c.created_at > at) | ((suggestions.c.created_at == at) & (suggestions.c.id > last))
    return _load(tx, where, limit=limit)


def of_request(tx: Tx, request_id: str) -> list[Suggestion]:
    """All that was ever suggested for a request, oldest first."""
    return _load(tx, suggestions.c.request_id == request_id)


def of_requests(tx: Tx, request_ids: Collection[str]) -> list[Suggestion]:
    """All that was suggested for several requests, oldest first."""
    return _load(tx, suggestions.c.request_id.in_(request_ids))


def some(tx: Tx, community_id: str, ids: Collection[str]) -> list[Suggestion]:
    """Those of the ids that are there, oldest first."""
    wanted, found = sorted(ids), []
    for at in range(0, len(wanted), IDS_PER_QUERY):
        these = suggestions.c.id.in_(wanted[at : at + IDS_PER_QUERY])
        found += _load(tx, (suggestions.c.community_id == community_id) & these)
    return found


def decided_on(tx: Tx, community_id: str, job: str) -> dict[tuple[str, str], str]:
    """What people last decided on a job's suggestions, by (space id, source id) of the evidence: agreed or disagreed."""
    query = (
        sa.select(evidence.c.space_id, evidence.c.source_id, suggestions.c.status)
        .join(suggestions, suggestions.c.id == evidence.c.suggestion_id)
        .where(suggestions.c.community_id == community_id, suggestions.c.job == job)
        .where(suggestions.c.status.in_((*AGREED, "rejected"))).order_by(suggestions.c.updated_at)
    )  # fmt: skip
    return {(r.space_id, r.source_id): "disagreed" if r.status == "rejected" else "agreed" for r in tx.execute(query)}


def of_job(tx: Tx, community_id: str, job: str) -> list[Suggestion]:
    """All of a job, in any state, oldest first."""
    return _load(tx, (suggestions.c.community_id == community_id) & (suggestions.c.job == job))


def since(tx: Tx, community_id: str, job: str, at: datetime) -> list[Suggestion]:
    """All of a job that were made from then on, in any state, oldest first."""
    where = (suggestions.c.community_id == community_id) & (suggestions.c.job == job)
    return _load(tx, where & (suggestions.c.created_at >= at))


def open_ones(tx: Tx, community_id: str) -> list[Suggestion]:
    """All that can still be stopped before it is sent, held until this transaction ends."""
    return _load(tx, (suggestions.c.community_id == community_id) & suggestions.c.status.in_(OPEN))


def answered_by(tx: Tx, community_id: str, members: Collection[str]) -> list[Suggestion]:
    """Introductions whose invitations to some of the members are out and not closed, held until this transaction ends."""
    ids = sa.select(invitations.c.suggestion_id).where(
        invitations.c.community_id == community_id,
        invitations.c.closed_at.is_(None),
        invitations.c.member_id.in_(members),
    )
    reached = suggestions.c.status.in_(("publishing", "published", "uncertain"))
    return _load(tx, (suggestions.c.community_id == community_id) & suggestions.c.id.in_(ids) & reached)


def untouched(tx: Tx, since: Mapping[str, datetime], *, limit: int) -> list[Suggestion]:
    """Pending ones of all communities that have not changed since the time given for their job; no two workers' same."""
    old = [(suggestions.c.job == job) & (suggestions.c.updated_at < at) for job, at in since.items()]
    where = (suggestions.c.status == "pending") & sa.or_(sa.false(), *old)
    return _load(tx, where, limit=limit, skip_held=True)


def citing(tx: Tx, community_id: str, space_id: str, source_id: str) -> list[Suggestion]:
    """All, in any state, whose evidence lies in the source, held until this transaction ends."""
    ids = sa.select(evidence.c.suggestion_id).where(
        evidence.c.community_id == community_id, evidence.c.space_id == space_id, evidence.c.source_id == source_id
    )
    return _load(tx, suggestions.c.id.in_(ids))


def published_for(tx: Tx, request_id: str) -> Suggestion | None:
    """The answer in effect to a request, held until this transaction ends; None when there is none."""
    where = (suggestions.c.request_id == request_id) & (suggestions.c.status == "published")
    found = _load(tx, where & suggestions.c.erased_at.is_(None))
    return found[-1] if found else None


def citing_author(tx: Tx, community_id: str, member_id: str) -> list[Suggestion]:
    """Published ones that quote what a member wrote, held until this transaction ends."""
    same = (sources.c.space_pk == spaces.c.pk) & (sources.c.id == evidence.c.source_id)
    ids = (
        sa.select(evidence.c.suggestion_id)
        .join(spaces, (spaces.c.community_id == evidence.c.community_id) & (spaces.c.id == evidence.c.space_id))
        .join(sources, same)
        .where(evidence.c.community_id == community_id, sources.c.author_id == member_id)
    )
    return _load(tx, suggestions.c.id.in_(ids) & (suggestions.c.status == "published"))


def placed(tx: Tx, community_id: str) -> set[tuple[Destination, str]]:
    """Where published ones are seen, and the spaces that they quote there: each pair once, not each suggestion."""
    place = sa.cast(suggestions.c.destination, sa.Text)
    query = sa.select(place.label("place"), evidence.c.space_id).distinct().join(evidence)
    mine = (suggestions.c.community_id == community_id) & (suggestions.c.status == "published")
    rows = tx.execute(query.where(mine)).all()
    return {(destination_of(json.loads(row.place)), row.space_id) for row in rows}


def published_at(tx: Tx, community_id: str, pairs: Collection[tuple[Destination, str]]) -> list[Suggestion]:
    """Published ones that are seen at a place and quote a space there, held until this transaction ends."""
    found: dict[str, Suggestion] = {}
    for space_id in {space_id for _, space_id in pairs}:
        quoting = sa.select(evidence.c.suggestion_id).where(
            evidence.c.community_id == community_id, evidence.c.space_id == space_id
        )
        these = _load(tx, suggestions.c.id.in_(quoting) & (suggestions.c.status == "published"))
        found |= {s.id: s for s in these if (s.destination, space_id) in pairs}
    return list(found.values())


def outdated(tx: Tx, community_id: str) -> list[Suggestion]:
    """Published ones that quote what does not stand any more, held until this transaction ends."""
    mine = (suggestions.c.community_id == community_id) & (suggestions.c.status == "published")
    return _load(tx, mine & suggestions.c.outdated_at.is_not(None))


def corrections_of(tx: Tx, suggestion_id: str) -> list[Suggestion]:
    """What was proposed to take its place, oldest first, held until this transaction ends."""
    return _load(tx, suggestions.c.corrects == suggestion_id)


def superseded(tx: Tx, *, limit: int) -> list[Suggestion]:
    """Published ones whose correction is published too, of all communities; no two workers' same."""
    new = suggestions.alias()
    taken = sa.select(new.c.corrects).where(new.c.status == "published", new.c.corrects.is_not(None))
    where = suggestions.c.id.in_(taken) & (suggestions.c.status == "published")
    return _load(tx, where, limit=limit, skip_held=True)


def mark(tx: Tx, suggestion_id: str, *, now: datetime, **values: Any) -> None:
    """Change what is known of it without a version check; a host who reads it sees that it changed."""
    new = {"version": suggestions.c.version + 1, "updated_at": now, **values}
    tx.execute(suggestions.update().where(suggestions.c.id == suggestion_id).values(new))


def update(tx: Tx, suggestion_id: str, *, from_version: int, now: datetime, **values: Any) -> bool:
    """Change and count the version up; False when somebody else changed it first."""
    where = (suggestions.c.id == suggestion_id) & (suggestions.c.version == from_version)
    changed = tx.execute(suggestions.update().where(where).values(version=from_version + 1, updated_at=now, **values))
    return changed.rowcount == 1


def set_status(tx: Tx, suggestion_id: str, status: Status, *, now: datetime, notice: str | None = None) -> None:
    """Move without a version check: for the outbox, whose own row is the lock."""
    values: dict[str, Any] = {"status": status, "updated_at": now, "version": suggestions.c.version + 1}
    if notice is not None:
        values["notice"] = notice
    tx.execute(suggestions.update().where(suggestions.c.id == suggestion_id).values(values))


def set_notice(tx: Tx, suggestion_id: str, notice: str, *, now: datetime) -> None:
    """Tell hosts what happened to it; what was decided stays as it is."""
    values = {"notice": notice, "updated_at": now}
    tx.execute(suggestions.update().where(suggestions.c.id == suggestion_id).values(values))


def set_evidence(tx: Tx, community_id: str, suggestion_id: str, items: Sequence[Evidence]) -> None:
    """Replace the evidence."""
    tx.execute(evidence.delete().where(evidence.c.suggestion_id == suggestion_id))
    rows = [
        {"suggestion_id": suggestion_id, "position": n, "community_id": community_id, **asdict(item)}
        for n, item in enumerate(items)
    ]
    if rows:
        tx.execute(evidence.insert(), rows)


def snapshot_rows(tx: Tx, suggestion_id: str) -> list[dict[str, Any]]:
    """The passages as the maker of the draft saw them, best first."""
    query = sa.select(snapshots).where(snapshots.c.suggestion_id == suggestion_id).order_by(snapshots.c.position)
    hidden = {"suggestion_id", "position", "community_id"}
    return [{k: v for k, v in row._mapping.items() if k not in hidden} for row in tx.execute(query)]


def forget_source(tx: Tx, community_id: str, space_id: str, source_id: str) -> None:
    """Empty a deleted source's text in every snapshot."""
    tx.execute(
        snapshots.update().where(
            snapshots.c.community_id == community_id, snapshots.c.space_id == space_id, snapshots.c.source_id == source_id
        ).values(text="")
    )  # fmt: skip


def forget_outdated(tx: Tx, community_id: str, space_id: str, source_id: str, text: str) -> None:
    """Empty what snapshots hold of a source and is no longer in its text: what a person edited away is gone."""
    of = (snapshots.c.community_id == community_id) & (snapshots.c.space_id == space_id)
    seen = tx.execute(sa.select(snapshots).where(of, snapshots.c.source_id == source_id, snapshots.c.text != ""))
    for row in seen.all():
        if row.text not in text:
            this = (snapshots.c.suggestion_id == row.suggestion_id) & (snapshots.c.position == row.position)
            tx.execute(snapshots.update().where(this).values(text=""))


def forget_texts(tx: Tx, suggestion_id: str, empty: dict[str, Any]) -> None:
    """Take source texts out of what was shown to people who decided, and out of the snapshots."""
    tx.execute(
        decisions.update().where(decisions.c.suggestion_id == suggestion_id).values(payload_shown=empty, payload=None)
    )
    tx.execute(snapshots.delete().where(snapshots.c.suggestion_id == suggestion_id))


def add_decision(tx: Tx, community_id: str, suggestion_id: str, **values: Any) -> None:
    """Store a person's verdict."""
    tx.execute(decisions.insert().values(community_id=community_id, suggestion_id=suggestion_id, **values))


def decisions_of(tx: Tx, suggestion_id: str) -> list[dict[str, Any]]:
    """All verdicts on a suggestion, oldest first."""
    query = sa.select(decisions).where(decisions.c.suggestion_id == suggestion_id).order_by(decisions.c.id)
    return [dict(row._mapping) for row in tx.execute(query)]


def replace_draft(tx: Tx, new: Suggestion, passages: Sequence[Passage], *, now: datetime) -> None:
    """Another draft in its place, under the same id; nothing of the old one stays."""
    forget_texts(tx, new.id, new.payload)
    set_evidence(tx, new.community_id, new.id, new.evidence)
    _add_snapshots(tx, new, passages)
    mark(
        tx, new.id, now=now, payload=new.payload, original_payload=None, rationale=new.rationale, notice=new.notice,
        confidence=new.confidence, provenance=asdict(new.provenance), held_until=new.held_until,
    )  # fmt: skip


def _add_snapshots(tx: Tx, new: Suggestion, passages: Sequence[Passage]) -> None:
    rows = [
        {"suggestion_id": new.id, "position": n, "community_id": new.community_id, "space_id": p.space_id,
         "source_id": p.source_id, "source_version": p.source_version, "start": p.start, "end": p.end, "text": p.text,
         "score": p.score}
        for n, p in enumerate(passages)
    ]  # fmt: skip
    if rows:
        tx.execute(snapshots.insert(), rows)


def _load(
    tx: Tx, where: sa.ColumnElement[bool], *, limit: int | None = None, skip_held: bool = False
) -> list[Suggestion]:
    # where they are held, always in this order, so that two who hold many do not wait for each other
    query = sa.select(suggestions).where(where).order_by(suggestions.c.created_at, suggestions.c.id).limit(limit)
    query = locked(tx, query, skip_held=skip_held)
    rows = tx.execute(query).all()
    items: dict[str, list[Evidence]] = {row.id: [] for row in rows}
    found = sa.select(evidence).where(evidence.c.suggestion_id.in_(list(items)))
    for row in tx.execute(found.order_by(evidence.c.suggestion_id, evidence.c.position)):
        items[row.suggestion_id].append(_evidence(row))
    return [_suggestion(row, tuple(items[row.id])) for row in rows]


def _evidence(row: sa.Row[Any]) -> Evidence:
    return Evidence(
        row.space_id, row.source_id, row.source_version, row.start, row.end, row.quote, row.place, row.title,
        tuple(row.headings), row.url,
    )  # fmt: skip


def destination_of(stored: dict[str, Any]) -> Destination:
    """A destination as it was stored in JSON."""
    return Destination(**{**stored, "member_ids": tuple(stored["member_ids"])})


def _suggestion(row: sa.Row[Any], items: tuple[Evidence, ...]) -> Suggestion:
    return Suggestion(
        id=row.id, community_id=row.community_id, job=row.job, request_id=row.request_id, status=row.status,
        version=row.version, payload=row.payload, evidence=items, destination=destination_of(row.destination),
        rationale=row.rationale, confidence=row.confidence, provenance=Provenance(**row.provenance),
        created_at=row.created_at, updated_at=row.updated_at, original_payload=row.original_payload,
        assigned_to=row.assigned_to, notice=row.notice, erased_at=row.erased_at, corrects=row.corrects,
        outdated_at=row.outdated_at, verified_at=row.verified_at, held_until=row.held_until,
    )  # fmt: skip
