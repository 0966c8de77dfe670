"""A rehearsal of `moderate` on past posts: what would have been flagged, and what it costs, before it is switched on."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from cohost import prompts
from cohost.jobs.moderate import REMEMBERED, UNMEASURED, bar
from cohost.jobs.moderate_payload import NAME
from cohost.jobs.moderate_readers import MARKED_CHARACTERS, POST_CHARACTERS
from cohost.jobs.moderate_words import CATEGORIES
from cohost.model import Community, Source
from cohost.ports import Finding, ModerationReader, ModerationText
from cohost.progress import OnProgress
from cohost.store import Store, Tx, moderation_fits, people, sources, suggestions
from cohost.store.moderation_fits import Fit
from cohost.store.rehearsals import Found, Near
from cohost.store.sources import Since
from cohost.structured import estimated_tokens

BATCH = 128  # posts, a second or two
NEWCOMER = timedelta(days=30)
QUOTE_CHARACTERS = 160
MILLION = 1_000_000


@dataclass(frozen=True)
class Prices:
    """Of a second reader, for a million tokens; 0 = not known."""

    input: float = 0.0
    output: float = 0.0

    def of(self, input_tokens: int, output_tokens: int) -> float | None:
        """In the currency of the prices; None where they are not known."""
        if not (self.input or self.output):
            return None
        return round((input_tokens * self.input + output_tokens * self.output) / MILLION, 4)


@dataclass(frozen=True)
class Cost:
    """Of reading these posts: measured for the embedded reader, estimated for a second one, which reads flags alone."""

    seconds: float
    cpu_s: float
    second_reader_calls: int
    input_tokens: int
    output_tokens: int  # at most
    money: float | None


@dataclass(frozen=True)
class WouldFlag:
    """One post that would have been flagged."""

    space_id: str
    source_id: str
    category: str
    probability: float
    quote: str  # the first marked span, "" where the post changed since
    newcomer: bool
    decided: str  # what people decided about a flag on this post, "" where nobody did


@dataclass(frozen=True)
class ByCategory:
    """The flags of one category."""

    category: str
    flags: int
    by_newcomers: int
    agreed: int
    disagreed: int


@dataclass(frozen=True)
class Rehearsed:
    """What came of it."""

    posts: int
    newcomer_posts: int
    flags: tuple[WouldFlag, ...]  # most probable first
    by_category: tuple[ByCategory, ...]  # most flags first
    by_newcomers: int
    agreed: int  # of those that were decided: approved, edited or undone later
    disagreed: int  # rejected
    by_budget: dict[str, int]  # how many would be flagged with each budget
    cost: Cost


def rehearse(
    store: Store, reader: ModerationReader, community: Community, *, limit: int, prices: Prices,
    on_progress: OnProgress = lambda done, total, name: None,
) -> Rehearsed:  # fmt: skip
    """Read the newest `limit` posts as the job would; nothing is stored and nobody is told."""
    with store.read() as tx:
        total = min(limit, sources.count_posts(tx, community.id))
    found = Found()
    while found.posts < total:
        before = found.posts
        found = read_some(store, reader, community, found, most=min(BATCH, total - before))
        if found.posts == before:
            break  # some were deleted meanwhile
        on_progress(found.posts, total, "")
    with store.read() as tx:
        return summed_up(tx, community, found, prices)


def read_some(
    store: Store, reader: ModerationReader, community: Community, found: Found, *, most: int,
    clock: Callable[[], float] = time.perf_counter,
) -> Found:  # fmt: skip
    """Go on with the next posts, newest first."""
    begun, cpu = clock(), time.process_time()
    with store.read() as tx:
        posts = sources.newest_posts(tx, community.id, limit=most, after=found.last)
        joined = {m.id: m.joined_at for m in people.all_members(tx, community.id)}
        fit = moderation_fits.in_use(tx, community.id, community.settings.moderation_version)
    fresh = {post.pk: _is_newcomer(post, joined) for post in posts}
    near = [_near(post, top, fresh[post.pk]) for post, top in _tops(posts, reader, community, fit)]
    return replace(
        found, posts=found.posts + len(posts), newcomer_posts=found.newcomer_posts + sum(fresh.values()),
        near=(*found.near, *near), seconds=found.seconds + clock() - begun,
        cpu_s=found.cpu_s + time.process_time() - cpu, last=Since.of(posts[-1]) if posts else found.last,
    )  # fmt: skip


def summed_up(tx: Tx, community: Community, found: Found, prices: Prices) -> Rehearsed:
    """What the settings of today make of it."""
    fit = moderation_fits.in_use(tx, community.id, community.settings.moderation_version)
    decided = suggestions.decided_on(tx, community.id, NAME)
    over = sorted((n for n in found.near if n.excess >= bar(community, fit)), key=lambda near: -near.probability)
    texts = sources.texts(tx, community.id, ((near.space_id, near.source_id) for near in over))
    flags = tuple(
        WouldFlag(near.space_id, near.source_id, near.category, near.probability,
                  _quote(near, texts.get((near.space_id, near.source_id))), near.newcomer,
                  decided.get((near.space_id, near.source_id), ""))
        for near in over
    )  # fmt: skip
    budgets = {name: fit.bars.get(name, shipped) for name, shipped in UNMEASURED.items()}
    return Rehearsed(
        found.posts, found.newcomer_posts, flags, _by_category(flags), sum(flag.newcomer for flag in flags),
        sum(flag.decided == "agreed" for flag in flags), sum(flag.decided == "disagreed" for flag in flags),
        {name: sum(near.excess >= at for near in found.near) for name, at in budgets.items()},
        _cost(found, over, prices),
    )  # fmt: skip


def _tops(
    posts: Sequence[Source], reader: ModerationReader, community: Community, fit: Fit
) -> list[tuple[Source, Finding]]:
    """What comes near in each post, the most telling finding of it."""
    off, found = community.settings.categories_off, []
    read = reader.read([ModerationText(p.text) for p in posts], learned=fit.learned, leeway=REMEMBERED) if posts else []
    for post, findings in zip(posts, read, strict=True):
        kept = [finding for finding in findings if not finding.quoted and finding.category not in off]
        if kept:
            found.append((post, max(kept, key=lambda finding: finding.excess)))
    return found


def _near(post: Source, top: Finding, newcomer: bool) -> Near:
    start, end = top.spans[0]
    return Near(
        post.space_id, post.id, post.version, top.category, top.probability, round(top.excess, 4), start, end, newcomer,
        _second_reader_tokens(post, top),
    )  # fmt: skip


def _second_reader_tokens(post: Source, top: Finding) -> int:
    marked = " … ".join(post.text[start:end] for start, end in top.spans)[:MARKED_CHARACTERS]
    words = CATEGORIES[top.category]
    asked = prompts.render(
        "moderate", community_name="", suspicion=words.seen, guideline=words.meaning, parent="",
        post=post.text[:POST_CHARACTERS], marked=marked,
    )  # fmt: skip
    return estimated_tokens(asked.system + asked.user)


def _is_newcomer(post: Source, joined: Mapping[str, datetime | None]) -> bool:
    since = joined.get(post.author_id or "")
    return bool(since and post.created_at and post.created_at - since < NEWCOMER)


def _quote(near: Near, post: Source | None) -> str:
    unchanged = post is not None and post.version == near.version
    return post.text[near.start : near.end][:QUOTE_CHARACTERS] if post and unchanged else ""


def _by_category(flags: Sequence[WouldFlag]) -> tuple[ByCategory, ...]:
    counted = Counter(flag.category for flag in flags)
    return tuple(
        ByCategory(
            name, count, sum(f.newcomer for f in flags if f.category == name),
            *(sum(f.decided == said for f in flags if f.category == name) for said in ("agreed", "disagreed")),
        )
        for name, count in counted.most_common()
    )  # fmt: skip


def _cost(found: Found, over: Sequence[Near], prices: Prices) -> Cost:
    tokens = sum(near.tokens for near in over)
    written = len(over) * prompts.load("moderate").max_output_tokens
    return Cost(
        round(found.seconds, 2), round(found.cpu_s, 2), len(over), tokens, written, prices.of(tokens, written)
    )  # fmt: skip
