"""Whom a new member should meet, and which conversation: from what people show and let, and past nobody's safety."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import product

from cohost.match.reasons import Meanings
from cohost.match.stored import Fact, facts_of
from cohost.model import Passage, Source
from cohost.ports import FloatArray
from cohost.store import Tx, profiles, safety_cases, sources
from cohost.store.profiles import StoredProfile

WELCOMING = "welcoming"  # what people opt in to who may be named to new members
# (how they go together, what the new member shows, what the other shows, cosine from which on they do, how much it is worth).
# An offer that meets an ask is the best beginning.
TIES = (
    ("helps_you", "asks", "offers", 0.55, 0.3), ("helps_goal", "goals", "offers", 0.63, 0.2),
    ("helps_goal", "interests", "offers", 0.68, 0.15), ("you_help", "offers", "asks", 0.65, 0.1),
    ("goals", "goals", "goals", 0.7, 0.1), ("interests", "interests", "interests", 0.95, 0.0),
)  # fmt: skip
NAMED_BEFORE = 0.05  # for each earlier welcome, so that it is not always the same person
MOST_SOUGHT = 4
LIVELY = timedelta(days=60)  # an older conversation is over
NEAR = 0.5  # cosine of a post with what the new member looks for


@dataclass(frozen=True)
class Match:
    """Somebody to meet, and why: two texts of fields that each of them shows."""

    kind: str
    mine: Fact
    theirs: Fact
    worth: float

    @property
    def same(self) -> bool:
        """Whether both say it in the same words."""
        return self.mine.value.casefold() == self.theirs.value.casefold()


def somebody(
    me: StoredProfile, others: Sequence[StoredProfile], apart: Collection[frozenset[str]], named: Counter[str],
    embed: Callable[[Sequence[str]], FloatArray],
) -> Match | None:  # fmt: skip
    """The best of those who opted in, share a language and are not kept apart from `me`; None where nothing connects."""
    willing = _willing(me, others, apart)
    meanings = Meanings([me, *willing], embed) if willing else None
    found = [match for one in willing if meanings for match in _ties(me, one, meanings)]
    return max(
        found, key=lambda one: (one.worth - NAMED_BEFORE * named[one.theirs.member_id], one.theirs.member_id),
        default=None,
    )  # fmt: skip


def host(
    me: StoredProfile, others: Sequence[StoredProfile], apart: Collection[frozenset[str]], named: Counter[str],
    hosts: Collection[str],
) -> str | None:  # fmt: skip
    """Where nothing connects: of the hosts who opted in, the one named least."""
    willing = [one.member_id for one in _willing(me, others, apart) if one.member_id in hosts]
    return min(willing, key=lambda one: (named[one], one), default=None)


def _willing(
    me: StoredProfile, others: Sequence[StoredProfile], apart: Collection[frozenset[str]]
) -> list[StoredProfile]:
    return [
        one for one in others
        if WELCOMING in one.purposes and one.member_id != me.member_id
        and frozenset((me.member_id, one.member_id)) not in apart and _can_talk(me, one)
    ]  # fmt: skip


def _ties(me: StoredProfile, other: StoredProfile, meanings: Meanings) -> Iterator[Match]:
    for kind, own, field, least, worth in TIES:
        for mine, theirs in product(facts_of(me, own), facts_of(other, field)):
            cosine = meanings.cosine(mine.value, theirs.value)
            if cosine >= least:
                yield Match(kind, mine, theirs, cosine + worth)


def allowed(tx: Tx, community_id: str, me: str, other: StoredProfile | None) -> bool:
    """Whether somebody may, now, be named to a new member."""
    if other is None or WELCOMING not in other.purposes or other.member_id in in_question(tx, community_id):
        return False
    return frozenset((me, other.member_id)) not in safety_cases.kept_apart(tx, community_id)


def in_question(tx: Tx, community_id: str) -> frozenset[str]:
    """Authors of posts that were reported or flagged. Secret."""
    posts = sources.texts(tx, community_id, safety_cases.questioned(tx, community_id))
    return frozenset(str(post.author_id) for post in posts.values() if post.author_id)


def welcoming(tx: Tx, community_id: str) -> list[StoredProfile]:
    """Everybody who is here and may be named."""
    hidden = in_question(tx, community_id)
    return [one for one in profiles.of_active(tx, community_id) if one.member_id not in hidden]


def conversation(
    tx: Tx, community_id: str, me: str, found: Sequence[Passage], open_spaces: Collection[str], now: datetime
) -> Source | None:
    """The thread that comes nearest, else the liveliest of late; none that was begun by somebody kept apart from them."""
    hidden = safety_cases.questioned(tx, community_id)
    avoided = {other for pair in safety_cases.kept_apart(tx, community_id) if me in pair for other in pair - {me}}
    near = [(p.space_id, p.parent_id or p.source_id) for p in found if p.kind == "post" and p.cosine_similarity >= NEAR]
    late = [
        (post.space_id, post.parent_id or post.id) for post in sources.newest_posts(tx, community_id, limit=200)
        if post.space_id in open_spaces and post.created_at is not None and post.created_at >= now - LIVELY
    ]  # fmt: skip
    lively = [key for key, _ in Counter(late).most_common()]
    keys = [key for key in dict.fromkeys((*[k for k in near if k in set(late)], *lively)) if key not in hidden]
    roots = sources.quotable(tx, community_id, keys)
    fitting = (roots[key] for key in keys if key in roots and roots[key].author_id not in {me, *avoided})
    return next((one for one in fitting if one.title and one.parent_id is None), None)


def sought(me: StoredProfile) -> list[str]:
    """What a new member shows of what they want, each as a text to search with."""
    return [fact.value for name in ("asks", "goals", "interests") for fact in facts_of(me, name)][:MOST_SOUGHT]


def _can_talk(one: StoredProfile, other: StoredProfile) -> bool:
    """Unless both say which languages they speak, and none of them is the same."""
    spoken = [{fact.value.casefold() for fact in facts_of(each, "languages")} for each in (one, other)]
    return not all(spoken) or bool(spoken[0] & spoken[1])
