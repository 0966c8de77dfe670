"""For a question: members likely to know, from what they wrote where the asker reads, and what they offer.

Who is kept apart from the asker is never among them. Each person is weighed by themselves, so that leaving one out
changes nothing for the others.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from cohost import audience
from cohost.match.helpers import ROOM, Helper, Kind, Said, likely
from cohost.match.stored import facts_of
from cohost.model import Request
from cohost.ports import Embedder, FloatArray
from cohost.store import Store, Tx, askings, people, profiles, safety_cases, written
from cohost.store.profiles import StoredProfile
from cohost.suggestion import in_space

PURPOSE = "helping"
POSTS_READ = 20_000  # newest first: 30 MiB of vectors
SECONDS_A_DAY = 86_400


@dataclass(frozen=True)
class Asked:
    """A question, and who could be asked."""

    request: Request
    spaces: frozenset[str]  # that the asker may read
    willing: frozenset[str]
    able: Mapping[str, StoredProfile]  # of these, whom nothing keeps apart from the asker


def who_knows(store: Store, embedder: Embedder, question: Request, now: datetime) -> list[Helper]:
    """Up to three, likeliest first."""
    vector = embedder.embed([question.payload["text"]])[0]
    with store.read() as tx:
        asked = _asked(tx, question)
        said = list(_posts(tx, asked, embedder, vector, now))
        busy = askings.asked_now(tx, question.community_id)
    said += _offers(asked, embedder, vector)
    room = {member: int(one.fields.get("capacity", ROOM)) for member, one in asked.able.items()}
    return likely(said, busy=busy, room=room)


def may_be_asked(tx: Tx, question: Request, member_ids: Collection[str]) -> bool:
    """Whether all of them still could be."""
    return set(member_ids) <= _asked(tx, question).able.keys()


def _asked(tx: Tx, question: Request) -> Asked:
    """Hosts are left out: they decide about the answer."""
    community_id, asker = question.community_id, question.requested_by or ""
    seen = audience.sight(tx, community_id)
    there = audience.readers(seen, in_space(question.space_id)) if question.space_id else seen.members
    there -= people.active_by_role(tx, community_id).get("host", frozenset()) | {asker}
    apart = safety_cases.kept_apart(tx, community_id)
    stored = [one for one in profiles.of_active(tx, community_id) if PURPOSE in one.purposes and one.member_id in there]
    able = {one.member_id: one for one in stored if frozenset((one.member_id, asker)) not in apart}
    spaces = seen.readable_by(frozenset({asker}))
    return Asked(question, spaces, frozenset(one.member_id for one in stored), able)


def _posts(tx: Tx, asked: Asked, embedder: Embedder, vector: FloatArray, now: datetime) -> Iterator[Said]:
    """All are read, so that leaving somebody out makes no room for more of the others'."""
    community_id = asked.request.community_id
    found, matrix = written.posts(
        tx, community_id, asked.willing, asked.spaces, embedder=embedder.name, dimensions=embedder.dimensions,
        limit=POSTS_READ,
    )  # fmt: skip
    marked = written.marked(tx, community_id, asked.spaces)
    for one, cosine in zip(found, (matrix @ vector).tolist(), strict=True):
        age, post = (now - one.at).total_seconds() / SECONDS_A_DAY, (one.space_id, one.source_id)
        kind: Kind = "asked" if one.asks else "answered" if one.replies else "wrote"
        if one.member_id in asked.able:
            yield Said(one.member_id, kind, cosine, age, post in marked, *post)


def _offers(asked: Asked, embedder: Embedder, vector: FloatArray) -> list[Said]:
    """Of those who show them to a match."""
    facts = [fact for one in asked.able.values() for fact in facts_of(one, "offers")]
    if not facts:
        return []
    cosines = embedder.embed([fact.value for fact in facts]) @ vector
    return [Said(fact.member_id, "offers", float(near)) for fact, near in zip(facts, cosines, strict=True)]
