"""What members let their posts be used for; only they themselves change it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from cohost.errors import NotFound
from cohost.store.engine import Tx
from cohost.store.tables import members, sources


@dataclass(frozen=True)
class Consents:
    """The three switches of a member, all on until they turn one off."""

    answers: bool = True  # quoted in answers, and found for them
    matching: bool = True  # read to find people who fit
    insights: bool = True  # counted in what hosts see of the community


def of_member(tx: Tx, community_id: str, member_id: str) -> Consents:
    """A member's switches; raises NotFound."""
    row = tx.execute(sa.select(members).where(_one(community_id, member_id))).one_or_none()
    if row is None:
        raise NotFound(f"There is no member {member_id!r}.")
    return Consents(row.posts_in_answers, row.posts_in_matching, row.posts_in_insights)


def put(tx: Tx, community_id: str, member_id: str, new: Consents) -> None:
    """Set all three; what waits for a decision is the caller's to check again."""
    values: dict[str, Any] = {
        "posts_in_answers": new.answers, "posts_in_matching": new.matching, "posts_in_insights": new.insights,
    }  # fmt: skip
    tx.execute(members.update().where(_one(community_id, member_id)).values(values))


def lets_answer() -> sa.ColumnElement[bool]:
    """A condition on rows of `sources`: their author, if a member here, lets them be used in answers."""
    author = (members.c.community_id == sources.c.community_id) & (members.c.id == sources.c.author_id)
    return ~sa.exists().where(author, members.c.posts_in_answers.is_(False))


def _one(community_id: str, member_id: str) -> sa.ColumnElement[bool]:
    return (members.c.community_id == community_id) & (members.c.id == member_id)
