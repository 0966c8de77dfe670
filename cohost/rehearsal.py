"""A rehearsal of `moderate` on past posts: what would have been flagged, before anything is switched on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta

from cohost.jobs.moderate import NAME
from cohost.model import Source
from cohost.ports import Finding, ModerationReader, ModerationText
from cohost.progress import OnProgress
from cohost.store import Store, people, sources, suggestions

BATCH = 64
NEWCOMER = timedelta(days=30)
QUOTE_CHARACTERS = 160


@dataclass(frozen=True)
class WouldFlag:
    """One post that would have been flagged."""

    space_id: str
    source_id: str
    category: str
    probability: float
    quote: str  # the first marked span
    newcomer: bool  # its author had joined less than a month before
    decided: str  # what people decided about a flag on this post, "" where nobody did


@dataclass(frozen=True)
class Rehearsed:
    """What came of it."""

    posts: int
    flags: tuple[WouldFlag, ...]  # most probable first
    by_category: dict[str, int]
    by_newcomers: int
    agreed: int  # of those that were decided: approved, edited or undone later
    disagreed: int  # rejected


def rehearse(
    store: Store, reader: ModerationReader, community_id: str, *, limit: int, off: Collection[str] = (),
    on_progress: OnProgress = lambda done, total, name: None,
) -> Rehearsed:  # fmt: skip
    """Read the newest `limit` posts as the job would; nothing is stored and nobody is told."""
    with store.read() as tx:
        posts = sources.newest_posts(tx, community_id, limit=limit)
        joined = {m.id: m.joined_at for m in people.all_members(tx, community_id)}
        decided = suggestions.decided_on(tx, community_id, NAME)
    flags: list[WouldFlag] = []
    for post, finding in _found(posts, reader, off, on_progress):
        start, end = finding.spans[0]
        since = joined.get(post.author_id or "")
        fresh = bool(since and post.created_at and post.created_at - since < NEWCOMER)
        flags.append(
            WouldFlag(
                post.space_id, post.id, finding.category, finding.probability, post.text[start:end][:QUOTE_CHARACTERS],
                fresh, decided.get((post.space_id, post.id), ""),
            )
        )  # fmt: skip
    flags.sort(key=lambda flag: -flag.probability)
    return Rehearsed(
        len(posts), tuple(flags), dict(Counter(flag.category for flag in flags).most_common()),
        sum(flag.newcomer for flag in flags), sum(flag.decided == "agreed" for flag in flags),
        sum(flag.decided == "disagreed" for flag in flags),
    )  # fmt: skip


def _found(
    posts: Sequence[Source], reader: ModerationReader, off: Collection[str], on_progress: OnProgress
) -> Iterator[tuple[Source, Finding]]:
    for at in range(0, len(posts), BATCH):
        some = posts[at : at + BATCH]
        for post, found in zip(some, reader.read([ModerationText(p.text) for p in some]), strict=True):
            kept = [finding for finding in found if not finding.quoted and finding.category not in off]
            if kept:
                yield post, kept[0]
        on_progress(at + len(some), len(posts), some[-1].id)
