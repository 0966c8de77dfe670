"""Rounds of introductions, and the invitations that came of them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

import sqlalchemy as sa

from cohost.errors import NotFound
from cohost.store import people
from cohost.store.engine import Tx
from cohost.store.tables import invitations, match_rounds, suggestions

Answer = Literal["", "accept", "decline"]
Outcome = Literal["", "met", "not_met"]
Status = Literal["waiting", "proposed", "failed"]
LIVE = ("approved", "publishing", "published", "uncertain")  # states of an introduction whose invitations count

STANDING = ("pending", *LIVE)


@dataclass(frozen=True)
class Approving:
    """How far the approval of a round has come."""

    caller: dict[str, Any]  # who asked for it
    left: tuple[tuple[str, int], ...]  # (introduction, version that they saw), not decided yet
    refused: dict[str, str]  # introduction → why it was not approved


@dataclass(frozen=True)
class StoredRound:
    """One run of matching."""

    id: str
    asked: dict[str, Any]
    deadline: datetime
    made_at: datetime
    status: Status = "waiting"
    left_out: dict[str, str] = field(default_factory=dict)  # member id → reason
    approving: Approving | None = None


@dataclass(frozen=True)
class Invitation:
    """What one invited person receives."""

    id: str
    round_id: str
    suggestion_id: str
    member_id: str
    made_at: datetime
    remind_at: datetime
    answer: Answer = ""
    answered_at: datetime | None = None
    reminded_at: datetime | None = None
    closed_at: datetime | None = None  # all have answered, or the deadline is over
    exchanged_at: datetime | None = None
    outcome: Outcome = ""
    again: bool | None = None


def add(tx: Tx, community_id: str, new: StoredRound) -> None:
    """Store a round."""
    values = {name: value for name, value in vars(new).items() if name != "approving"}
    tx.execute(match_rounds.insert().values(community_id=community_id, **values))


def get(tx: Tx, community_id: str, round_id: str) -> StoredRound:
    """The round; raises NotFound."""
    found = _rounds(tx, (match_rounds.c.community_id == community_id) & (match_rounds.c.id == round_id))
    if not found:
        raise NotFound(f"There is no round {round_id!r}.")
    return found[0]


def listed(tx: Tx, community_id: str, *, limit: int = 50) -> list[StoredRound]:
    """Newest first."""
    return _rounds(tx, match_rounds.c.community_id == community_id, limit=limit)


def leave_out(tx: Tx, community_id: str, round_id: str, left_out: dict[str, str]) -> None:
    """Whom it leaves out, of those who are still here."""
    here = people.hold_active(tx, community_id, left_out)
    known = {member: why for member, why in left_out.items() if member in here}
    tx.execute(match_rounds.update().where(match_rounds.c.id == round_id).values(left_out=known))


def propose(tx: Tx, round_id: str) -> None:
    """Its introductions are there."""
    tx.execute(match_rounds.update().where(match_rounds.c.id == round_id).values(status="proposed"))


def again(tx: Tx, round_id: str, asked: dict[str, Any]) -> None:
    """It is matched anew, with what is asked for now."""
    values = {"status": "waiting", "left_out": {}, "asked": asked}
    tx.execute(match_rounds.update().where(match_rounds.c.id == round_id).values(values))


def set_approving(tx: Tx, round_id: str, new: Approving | None, due: datetime | None) -> None:
    """How far its approval has come, and from when on somebody may go on with it."""
    values = {"approving": vars(new) if new else None, "approving_due": due}
    tx.execute(match_rounds.update().where(match_rounds.c.id == round_id).values(values))


def claim_approval(tx: Tx, now: datetime, until: datetime) -> tuple[str, str, Approving] | None:
    """(community, round, how far it is) of one whose approval goes on, held until a time."""
    due = match_rounds.c.approving_due <= now
    candidate = sa.select(match_rounds.c.id).where(due).order_by(match_rounds.c.approving_due).limit(1)
    found = tx.execute(candidate.with_for_update(skip_locked=True)).scalar_one_or_none()
    taken = match_rounds.update().where(match_rounds.c.id == found, due).values(approving_due=until)
    row = tx.execute(taken.returning(*match_rounds.c)).one_or_none()
    approving = _approving(row.approving) if row else None
    return (row.community_id, row.id, approving) if row and approving else None


def invite(tx: Tx, community_id: str, new: Collection[Invitation]) -> None:
    """Store invitations."""
    for one in new:
        tx.execute(invitations.insert().values(community_id=community_id, **one.__dict__))


def invitation(tx: Tx, community_id: str, invitation_id: str) -> Invitation:
    """The invitation; raises NotFound."""
    where = (invitations.c.community_id == community_id) & (invitations.c.id == invitation_id)
    found = _invitations(tx, where)
    if not found:
        raise NotFound(f"There is no invitation {invitation_id!r}.")
    return found[0]


def of_member(tx: Tx, community_id: str, member_id: str) -> list[Invitation]:
    """To one member, of introductions that stand, newest first."""
    return _invitations(
        tx, (invitations.c.community_id == community_id) & (invitations.c.member_id == member_id) & _live()
    )


def of_suggestions(tx: Tx, community_id: str, ids: Collection[str]) -> dict[str, list[Invitation]]:
    """By introduction, in the order of their members."""
    found: dict[str, list[Invitation]] = {}
    for one in _invitations(tx, (invitations.c.community_id == community_id) & invitations.c.suggestion_id.in_(ids)):
        found.setdefault(one.suggestion_id, []).append(one)
    return {key: sorted(some, key=lambda one: one.member_id) for key, some in found.items()}


def of_rounds(tx: Tx, community_id: str, ids: Collection[str]) -> list[Invitation]:
    """Of introductions that stand, of all these rounds."""
    return _invitations(tx, (invitations.c.community_id == community_id) & invitations.c.round_id.in_(ids) & _live())


def kept_in(tx: Tx, community_id: str, round_id: str) -> list[tuple[str, ...]]:
    """By introduction of a round that stands (locked, approved, or stored by a try that was broken off), its members."""
    query = sa.select(suggestions.c.payload).where(
        suggestions.c.community_id == community_id, suggestions.c.job == "match",
        suggestions.c.status.in_(STANDING),
    )  # fmt: skip
    mine = (row for row in tx.execute(query) if row.payload["round_id"] == round_id)
    return [tuple(person["member_id"] for person in row.payload["people"]) for row in mine]


def introductions(tx: Tx, community_id: str, round_id: str) -> list[str]:
    """Ids of the suggestions that came of a round, oldest first."""
    query = sa.select(suggestions.c.id).where(
        suggestions.c.community_id == community_id, suggestions.c.job == "match",
        suggestions.c.payload["round_id"].as_string() == round_id,
    )  # fmt: skip
    return list(tx.execute(query.order_by(suggestions.c.created_at, suggestions.c.id)).scalars())


def to_remind(tx: Tx, now: datetime, *, limit: int) -> list[tuple[str, Invitation]]:
    """(community, invitation): unanswered, not reminded, and it is time."""
    where = (invitations.c.answer == "") & invitations.c.reminded_at.is_(None) & (invitations.c.remind_at <= now)
    query = sa.select(invitations).where(where, invitations.c.closed_at.is_(None), _live())
    rows = tx.execute(query.order_by(invitations.c.remind_at, invitations.c.id).limit(limit))
    return [(row.community_id, _invitation(row)) for row in rows]


def overdue(tx: Tx, now: datetime, *, limit: int) -> list[tuple[str, str]]:
    """(community, introduction) whose deadline is over and which are not closed."""
    query = (
        sa.select(invitations.c.community_id, invitations.c.suggestion_id)
        .join(match_rounds, match_rounds.c.id == invitations.c.round_id)
        .where(invitations.c.closed_at.is_(None), match_rounds.c.deadline <= now, _live()).distinct().limit(limit)
    )  # fmt: skip
    return [(row.community_id, row.suggestion_id) for row in tx.execute(query)]


def change(tx: Tx, invitation_id: str, **values: Any) -> None:
    """Set what happened to it."""
    tx.execute(invitations.update().where(invitations.c.id == invitation_id).values(values))


def forget_member(tx: Tx, community_id: str, member_id: str) -> None:
    """Their invitations, that rounds left them out, and what they had still to approve."""
    mine = (invitations.c.community_id == community_id) & (invitations.c.member_id == member_id)
    tx.execute(invitations.delete().where(mine))
    for one in _rounds(tx, match_rounds.c.community_id == community_id):
        if member_id in one.left_out:
            rest = {name: why for name, why in one.left_out.items() if name != member_id}
            tx.execute(match_rounds.update().where(match_rounds.c.id == one.id).values(left_out=rest))
        if one.approving and (
            one.approving.caller["member_id"] == member_id or member_id in str(one.approving.refused)
        ):
            set_approving(tx, one.id, None, None)


def _live() -> sa.ColumnElement[bool]:
    stands = (suggestions.c.id == invitations.c.suggestion_id) & suggestions.c.status.in_(LIVE)
    return sa.exists().where(stands)


def _rounds(tx: Tx, where: sa.ColumnElement[bool], limit: int | None = None) -> list[StoredRound]:
    query = sa.select(match_rounds).where(where).order_by(match_rounds.c.made_at.desc(), match_rounds.c.id)
    return [
        StoredRound(
            row.id, row.asked, row.deadline, row.made_at, row.status, dict(row.left_out), _approving(row.approving)
        )
        for row in tx.execute(query.limit(limit))
    ]


def _approving(stored: dict[str, Any] | None) -> Approving | None:
    if stored is None:
        return None
    left = tuple((one, int(version)) for one, version in stored["left"])
    return Approving(stored["caller"], left, stored["refused"])


def _invitations(tx: Tx, where: sa.ColumnElement[bool]) -> list[Invitation]:
    rows = tx.execute(sa.select(invitations).where(where).order_by(invitations.c.made_at.desc(), invitations.c.id))
    return [_invitation(row) for row in rows]


def _invitation(row: sa.Row[Any]) -> Invitation:
    return Invitation(
        row.id, row.round_id, row.suggestion_id, row.member_id, row.made_at, row.remind_at, row.answer,
        row.answered_at, row.reminded_at, row.closed_at, row.exchanged_at, row.outcome, row.again,
    )  # fmt: skip
