"""What only shows over time: one member harsh to another again and again, or several to one at once.

A single sharp sentence is nothing here. What counts is how far the posts that answer one person stay above what is
ordinary, and that it comes from one side; posts that were too mild to be flagged count as well.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from cohost.jobs.moderate_payload import MOST_SPANS, NAME, FlagPayload
from cohost.jobs.moderate_words import CATEGORIES, private_note
from cohost.model import Community, Source
from cohost.store import Tx, readings, sources, suggestions
from cohost.store.readings import Reading
from cohost.suggestion import Destination, Draft, Evidence, Provenance

ONE_SIDED, PILE_ON = "one_sided", "pile_on"
HOSTILE = frozenset({"harassment", "hate", "threat"})
REPEATED_WITHIN, AT_ONCE_WITHIN = timedelta(days=14), timedelta(hours=24)
FEWEST = 3  # harsh posts, or people
WEIGHT = 3.0  # that they come to together: a post at the threshold is 1, the mildest that is remembered 0, the worst 2
SHARE = 0.2  # of all that one answered the other: friends who write a lot are not judged by their rare bad days
SILENT_FOR = timedelta(days=30)  # the same is not told twice


def patterns(tx: Tx, community: Community, post: Source, parent: Source | None, *, now: datetime) -> list[Draft]:
    """What this post adds up to with earlier ones; its own reading is stored already."""
    author, target = post.author_id, parent.author_id if parent else None
    if author is None or target is None or author == target:
        return []
    made = (_one_sided(tx, community, author, target, now=now), _pile_on(tx, community, target, now=now))
    return [draft for draft in made if draft is not None and _has(draft, post)]


def _has(draft: Draft, post: Source) -> bool:
    """A kind post is no occasion to speak of the harsh ones before it."""
    return any((item.space_id, item.source_id) == (post.space_id, post.id) for item in draft.evidence)


def _one_sided(tx: Tx, community: Community, author: str, target: str, *, now: datetime) -> Draft | None:
    since = now - REPEATED_WITHIN
    all_of_it = readings.between(tx, community.id, author, target, since)
    harsh = _harsh(all_of_it)
    back = _harsh(readings.between(tx, community.id, target, author, since))
    if len(harsh) < FEWEST or _weight(harsh) < WEIGHT or len(harsh) < SHARE * len(all_of_it) or back:
        return None
    return _draft(tx, community, ONE_SIDED, harsh, frozenset({author, target}), author, now=now)


def _pile_on(tx: Tx, community: Community, target: str, *, now: datetime) -> Draft | None:
    harsh = _harsh(readings.since(tx, community.id, now - AT_ONCE_WITHIN, target_id=target))
    authors = {one.author_id for one in harsh if one.author_id}
    if len(authors) < FEWEST or _weight(harsh) < WEIGHT:
        return None
    return _draft(tx, community, PILE_ON, harsh, frozenset(authors | {target}), None, now=now)


def _harsh(read: Sequence[Reading]) -> list[Reading]:
    return [one for one in read if one.category in HOSTILE and one.excess is not None]


def _weight(harsh: Sequence[Reading]) -> float:
    return sum(min(max(1 + (one.excess or 0.0), 0.0), 2.0) for one in harsh)


def _draft(
    tx: Tx, community: Community, kind: str, events: Sequence[Reading], people: frozenset[str], author: str | None, *,
    now: datetime,
) -> Draft | None:  # fmt: skip
    items = _evidence(tx, community.id, events)
    if kind in community.settings.categories_off or not items or _told(tx, community.id, kind, people, now=now):
        return None
    words, last = CATEGORIES[kind], items[-1]
    own = tuple(item.quote for item in items)
    payload = FlagPayload(
        title=words.name, category=kind, guideline=None, step=words.step,
        text=private_note(kind, None, "", own) if author else "",
        space_id=last.space_id, source_id=last.source_id, source_version=last.source_version, author_id=author,
        concerned=tuple(sorted(people)),
    )  # fmt: skip
    gone = len(events) - len({(item.space_id, item.source_id) for item in items})
    since = f" {gone} of them are gone or changed since." if gone else ""
    return Draft(
        payload.model_dump(mode="json"), items, Destination("moderation_desk", source_id=last.source_id),
        f"{len(events)} posts to the same person {words.seen}.{since} Each is listed below; none of them alone says much.",
        min(0.5 + _weight(events) / 20, 0.9), Provenance("embedded", retrieval={"posts": len(events)}), (),
    )  # fmt: skip


def _evidence(tx: Tx, community_id: str, events: Sequence[Reading]) -> tuple[Evidence, ...]:
    """The marked words of every event that still stands as it was read, oldest first."""
    texts = sources.texts(tx, community_id, [(one.space_id, one.source_id) for one in events])
    found = []
    for one in events:
        post = texts.get((one.space_id, one.source_id))
        if post is not None and post.version == one.version:
            found += [
                Evidence(post.space_id, post.id, post.version, s, e, post.text[s:e], title=post.title, url=post.url)
                for s, e in one.spans[:1]
            ]
    return tuple(found[-MOST_SPANS:])


def _told(tx: Tx, community_id: str, kind: str, people: frozenset[str], *, now: datetime) -> bool:
    """Whether the same people were spoken of lately."""
    lately = suggestions.since(tx, community_id, NAME, now - SILENT_FOR)
    told = (FlagPayload.model_validate(one.payload) for one in lately)
    return any(flag.category == kind and people & frozenset(flag.concerned) == people for flag in told)
