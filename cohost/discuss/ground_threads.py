"""Threads that are lively or open, and questions nobody has replied to."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from cohost.discuss.grounds import Around, Candidate, Ground, spoken
from cohost.model import Source
from cohost.store import sources

LIVELY, SHORTLY = timedelta(days=7), timedelta(days=2)
FEWEST = 2  # people beside the author who make a thread lively
OPEN = timedelta(days=21)  # since the last reply; later the matter was let go
ASKED = (timedelta(days=1), timedelta(days=30))  # a question waits at least, at most so long
NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")


def threads(around: Around) -> Iterator[Candidate]:
    """The liveliest first, then those whose question may be open; of the destination's own space before others."""
    for space in around.spaces:
        posts = sources.posts_of_people(
            around.tx, space.pk, since=around.now - OPEN - around.patience, until=around.now
        )
        told = [post for post in posts if around.shows(post)]
        keys = {(space.id, post.parent_id) for post in told if post.parent_id}
        roots = sources.quotable(around.tx, around.community_id, keys)
        found = [
            (root, sorted((p for p in told if p.parent_id == root.id), key=_when))
            for root in roots.values() if root.title and root.parent_id is None and around.lets(root)
        ]  # fmt: skip
        found.sort(key=lambda one: (-len(_others(*one)), one[0].id))
        yield from (made for root, replies in found for made in _lively(around, root, replies))
        yield from (made for root, replies in found for made in _open(around, root, replies))


def questions(around: Around) -> Iterator[Candidate]:
    """Asked a day ago or more, and written in by nobody else since; the longest waiting first."""
    least, most = ASKED
    for space in around.spaces:
        posts = sources.posts_of_people(
            around.tx, space.pk, since=around.now - most - around.patience, until=around.now - least
        )
        for post in posts:
            asks = post.title and post.parent_id is None and around.lets(post)
            span = spoken(post.text, asking=True) if asks else None
            if span is not None and not _replied(around, space.pk, post):
                why = f"“{post.title}” was asked {_ago(around.now, _when(post))}, and nobody has replied yet."
                yield _made("question", "question", post, span, why)


def _lively(around: Around, root: Source, replies: Sequence[Source]) -> Iterator[Candidate]:
    for window in (SHORTLY, LIVELY + around.patience):
        late = [post for post in _others(root, replies) if _when(post) >= around.now - window]
        people, span = len({post.author_id for post in late}), spoken(root.text, asking=False)
        if people >= FEWEST and span is not None:
            why = (
                f"{_count(people)} people have replied in the last {NUMBERS[2] if window == SHORTLY else 'seven'} days."
            )
            yield _made("thread", "lively", root, span, why)
            return


def _open(around: Around, root: Source, replies: Sequence[Source]) -> Iterator[Candidate]:
    span, others = spoken(root.text, asking=True), _others(root, replies)
    if span is None or not others or replies[-1].author_id == root.author_id:
        return
    people = len({post.author_id for post in others})
    who = f"{_count(people)} {'person has' if people == 1 else 'people have'} replied"
    why = f"{who}, the last {_ago(around.now, _when(others[-1]))}, and whoever asked has not come back to it so far."
    yield _made("thread", "open", root, span, why)


def _made(ground: Ground, part: str, root: Source, span: tuple[int, int], why: str) -> Candidate:
    return Candidate(ground, part, f"{part}/{root.space_id}/{root.id}", root, (span,), why, {"title": root.title})


def _others(root: Source, replies: Sequence[Source]) -> list[Source]:
    return [post for post in replies if post.author_id != root.author_id]


def _replied(around: Around, space_pk: int, root: Source) -> bool:
    """By anybody else, also by the co-host, also out of sight."""
    return any(one.source.author_id != root.author_id for one in sources.replies(around.tx, space_pk, root.id))


def _when(post: Source) -> datetime:
    assert post.created_at is not None  # noqa: S101  a column that is never empty
    return post.created_at


def _ago(now: datetime, at: datetime) -> str:
    days = (now - at).days
    return "today" if days < 1 else "a day ago" if days == 1 else f"{_number(days)} days ago"


def _number(count: int) -> str:
    return NUMBERS[count] if count < len(NUMBERS) else str(count)


def _count(count: int) -> str:
    return _number(count).capitalize()
