"""A rehearsal of `moderate` on past posts: what would have been flagged, before anything is switched on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from cohost.jobs.moderate import REMEMBERED, UNMEASURED, bar
from cohost.jobs.moderate_payload import NAME
from cohost.model import Community, Source
from cohost.ports import Finding, ModerationReader, ModerationText
from cohost.progress import OnProgress
from cohost.store import Store, moderation_fits, people, sources, suggestions
from cohost.store.moderation_fits import Fit

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
    by_budget: dict[str, int]  # how many would be flagged with each budget


def rehearse(
    store: Store, reader: ModerationReader, community: Community, *, limit: int,
    on_progress: OnProgress = lambda done, total, name: None,
) -> Rehearsed:  # fmt: skip
    """Read the newest `limit` posts as the job would; nothing is stored and nobody is told."""
    with store.read() as tx:
        posts = sources.newest_posts(tx, community.id, limit=limit)
        joined = {m.id: m.joined_at for m in people.all_members(tx, community.id)}
        decided = suggestions.decided_on(tx, community.id, NAME)
        fit = moderation_fits.in_use(tx, community.id, community.settings.moderation_version)
    near = list(_found(posts, reader, community, fit, on_progress))
    needed = bar(community, fit)
    over = [(post, finding) for post, finding in near if finding.excess >= needed]
    flags = sorted(
        (_would_flag(post, finding, joined, decided) for post, finding in over), key=lambda flag: -flag.probability
    )
    budgets = {name: fit.bars.get(name, shipped) for name, shipped in UNMEASURED.items()}
    return Rehearsed(
        len(posts), tuple(flags), dict(Counter(flag.category for flag in flags).most_common()),
        sum(flag.newcomer for flag in flags), sum(flag.decided == "agreed" for flag in flags),
        sum(flag.decided == "disagreed" for flag in flags),
        {name: sum(finding.excess >= at for _, finding in near) for name, at in budgets.items()},
    )  # fmt: skip


def _would_flag(
    post: Source, finding: Finding, joined: Mapping[str, datetime | None], decided: Mapping[tuple[str, str], str]
) -> WouldFlag:
    start, end = finding.spans[0]
    since = joined.get(post.author_id or "")
    fresh = bool(since and post.created_at and post.created_at - since < NEWCOMER)
    return WouldFlag(
        post.space_id, post.id, finding.category, finding.probability, post.text[start:end][:QUOTE_CHARACTERS], fresh,
        decided.get((post.space_id, post.id), ""),
    )  # fmt: skip


def _found(
    posts: Sequence[Source], reader: ModerationReader, community: Community, fit: Fit, on_progress: OnProgress
) -> Iterator[tuple[Source, Finding]]:
    """What comes near in each post, the most telling finding of it."""
    off = community.settings.categories_off
    for at in range(0, len(posts), BATCH):
        some = posts[at : at + BATCH]
        read = reader.read([ModerationText(p.text) for p in some], learned=fit.learned, leeway=REMEMBERED)
        for post, found in zip(some, read, strict=True):
            kept = [finding for finding in found if not finding.quoted and finding.category not in off]
            if kept:
                yield post, max(kept, key=lambda finding: finding.excess)
        on_progress(at + len(some), len(posts), some[-1].id)
