"""Discussion prompts for hosts: asked for on demand, and how the earlier ones did."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from cohost import audience
from cohost.discuss.grounds import GROUNDS
from cohost.discuss.occasions import OCCASIONS
from cohost.discuss.patterns import FORMATS
from cohost.discuss.payload import NAME
from cohost.errors import Conflict, InvalidInput
from cohost.ids import new_id
from cohost.model import Caller, Request
from cohost.store import Store, Tx, audit, board, people, places, publications, requests, sources, suggestions
from cohost.store.audit import Actor
from cohost.store.board import BoardPost
from cohost.suggestion import AGREED, Suggestion

WELCOMED_FOR = timedelta(days=14)  # what somebody writes later is no reply to a welcome


@dataclass(frozen=True)
class FormatRecord:
    """How prompts of one format, or welcomes, recaps or kick-offs, did."""

    format: str
    drafted: int
    approved: int
    edited: int
    rejected: int
    replies: int  # of welcomes: of the welcomed members, those who wrote within two weeks
    first_replies: int  # from members who had written nothing in that space, or, once welcomed, anywhere before


class Discussion:
    """Asked for by hosts, drafted by the worker."""

    def __init__(self, store: Store, clock: Callable[[], datetime]) -> None:
        self._store = store
        self._clock = clock

    def ask(self, caller: Caller, space_id: str, asked: Mapping[str, Any], actor: Actor) -> str:
        """The id of the request; raises NotFound for a space out of sight, Conflict where the job is off,
        InvalidInput for a ground that there is not."""
        if (asked.get("ground") or "lesson") not in GROUNDS:
            raise InvalidInput(f"There is no such ground; there are: {', '.join(GROUNDS)}.", field="ground")
        now = self._clock()
        with self._store.write() as tx:
            space = audience.space_in_sight(audience.sight(tx, caller.community_id), caller, space_id)
            if NAME not in people.community(tx, caller.community_id).settings.jobs:
                raise Conflict("Discussion prompts are switched off here. A host switches on the job `discuss` first.")
            payload = {"kind": "prompt", "space_id": space.id, **asked}
            new = Request(new_id("rq"), caller.community_id, NAME, payload, None, space.id, "waiting", 0, now)
            requests.add(tx, new)
            audit.record(tx, caller.community_id, actor, "discussion.asked", "request", new.id, now=now)
        return new.id

    def record(self, community_id: str) -> list[FormatRecord]:
        """By format, then welcomes, recaps and kick-offs; what was never drafted is left out."""
        with self._store.read() as tx:
            drafts = [one for one in suggestions.of_job(tx, community_id, NAME) if one.status != "abstained"]
            replies = {one.id: self._replies(tx, community_id, one) for one in drafts if one.status == "published"}
        made = (
            _record(form, [d for d in drafts if d.payload.get("format") == form], replies)
            for form in (*FORMATS, *OCCASIONS)
        )
        return [one for one in made if one.drafted]

    def _replies(self, tx: Tx, community_id: str, one: Suggestion) -> tuple[int, int]:
        """(replies of people, of them by members who had written nothing in the space before)."""
        posted = [board.find(tx, community_id, p.id) for p in publications.of_suggestion(tx, one.id)]
        if one.payload.get("kind") == "welcome":
            return _wrote_after(tx, community_id, [post for post in posted if post is not None])
        roots = [post for post in posted if post is not None and post.space_id and post.source_id]
        count, first = 0, 0
        for root in roots:
            space = places.space(tx, community_id, str(root.space_id))
            for reply in sources.replies(tx, space.pk, str(root.source_id)):
                if reply.source.origin == "person" and reply.deleted_at is None:
                    count += 1
                    first += sources.wrote_before(tx, space.pk, reply.source) == 0
        return count, first


def _wrote_after(tx: Tx, community_id: str, welcomes: Sequence[BoardPost]) -> tuple[int, int]:
    """(members who wrote something within two weeks after their welcome, those who had written nothing before)."""
    count, first = 0, 0
    for welcome in welcomes:
        found = sources.by_author(tx, community_id, str(welcome.member_id))
        written = [one.source for one in found if one.deleted_at is None]
        times = [post.created_at for post in written if post.kind == "post" and post.created_at is not None]
        wrote = any(welcome.posted_at < at <= welcome.posted_at + WELCOMED_FOR for at in times)
        count += wrote
        first += wrote and min(times) > welcome.posted_at
    return count, first


def _record(form: str, drafts: Sequence[Suggestion], replies: Mapping[str, tuple[int, int]]) -> FormatRecord:
    approved = [one for one in drafts if one.status in AGREED]
    told = [replies[one.id] for one in approved if one.id in replies]
    return FormatRecord(
        form, len(drafts), len(approved), sum(one.original_payload is not None for one in approved),
        sum(one.status == "rejected" for one in drafts), sum(n for n, _ in told), sum(n for _, n in told),
    )  # fmt: skip
