"""What happened in a space in one week: what was talked about and decided, what waits, and who wrote for the first time."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from cohost.discuss.spans import plain, sentences
from cohost.errors import InvalidInput
from cohost.model import Source
from cohost.store import Tx, safety_cases, sources

FEWEST_POSTS, FEWEST_PEOPLE = 3, 2  # below, a recap would be longer than the week
MOST_TALKS, MOST_SAID, MOST_WAITING, MOST_VOICES = 4, 3, 3, 8
KNOWN_BEFORE = 3  # posts in the space before the week
WAITS_SINCE = timedelta(days=7)  # before the week: older questions were let go
WEEK = timedelta(days=7)
Span = tuple[int, int]
# What a host or moderator says for everybody; a plan of their own ("I will bake") is none.
_FOR_ALL = re.compile(
    r"\b(?:we (?:have |have all )?(?:decided|agreed|settled|chosen)|(?<!nothing )is (?:decided|settled|agreed|fixed)"
    r"|we (?:will|shall|are going to) \w+|we meet|from now on|for every(?:one|body):|please (?:tell|register|sign up|let)"
    r"|(?:starting|as of) (?:today|tomorrow|next week|monday)|decision:|agreed:"
    r"|the (?:next )?(?:date|deadline|plan|theme|bake day|meeting|session) (?:is|will be|has moved|moves)"
    r"|(?:is|are) (?:moved|postponed|cancelled|put off) (?:to|until))",
    re.IGNORECASE,
)  # fmt: skip


@dataclass(frozen=True)
class Week:
    """Monday to Sunday, in UTC."""

    start: datetime

    @property
    def end(self) -> datetime:
        """Monday of the next one."""
        return self.start + WEEK

    def days(self, now: datetime) -> str:
        """In words, up to today: 9 to 15 March."""
        last = min(self.end - timedelta(days=1), max(now, self.start))
        first = f"{self.start.day}" if self.start.month == last.month else f"{self.start.day} {self.start:%B}"
        return f"{first} to {last.day} {last:%B}" if last.date() > self.start.date() else f"{last.day} {last:%B}"

    @property
    def key(self) -> str:
        """As ISO 8601 writes it: 2026-W10."""
        return f"{self.start:%G-W%V}"


@dataclass(frozen=True)
class Talk:
    """A thread that went on in the week."""

    root: Source
    replies: int  # of people, in the week
    people: int
    new: bool  # it was begun in the week


@dataclass(frozen=True)
class Happened:
    """All of it; nothing that was reported or flagged, and nobody's words but those of hosts and moderators."""

    posts: int
    people: int
    talks: tuple[Talk, ...]
    said: tuple[tuple[Source, Span], ...]
    waiting: tuple[tuple[Source, Span], ...]
    voices: tuple[Source, ...]  # the first post of each


def week_of(asked: str, now: datetime) -> Week:
    """The week asked for (2026-W10); without one, the last that is over. Raises InvalidInput."""
    if not asked:
        return last_week(now)
    try:
        start = datetime.strptime(f"{asked}-1", "%G-W%V-%u").replace(tzinfo=UTC)
    except ValueError as error:
        raise InvalidInput("Write the week like 2026-W10.", field="week") from error
    if start > now:
        raise InvalidInput("That week has not begun yet.", field="week")
    return Week(start)


def last_week(now: datetime) -> Week:
    """The last one that is over."""
    monday = (now.astimezone(UTC) - timedelta(days=now.astimezone(UTC).weekday())).replace(
        hour=0, minute=0, second=0, microsecond=0
    )
    return Week(monday - WEEK)


def read(
    tx: Tx, community_id: str, space_pk: int, week: Week, *, staff: Collection[str], here: Collection[str]
) -> Happened:
    """`here` are the members who may be named."""
    hidden = safety_cases.questioned(tx, community_id)
    recent = sources.posts_of_people(tx, space_pk, since=week.start - WAITS_SINCE, until=week.end)
    open_ = [post for post in recent if (post.space_id, post.id) not in hidden and post.author_id]
    posts = [post for post in open_ if post.created_at is not None and post.created_at >= week.start]
    roots = {key[1]: one for key, one in sources.quotable(tx, community_id, {_root(p) for p in posts} - hidden).items()}
    posts = [post for post in posts if (post.parent_id or post.id) in roots]
    return Happened(
        len(posts), len({post.author_id for post in posts}), _talks(posts, roots), _said(posts, staff),
        _waiting(tx, space_pk, open_), _voices(tx, space_pk, posts, set(here) - set(staff)),
    )  # fmt: skip


def enough(happened: Happened) -> bool:
    """Whether there is something to look back at."""
    return happened.posts >= FEWEST_POSTS and happened.people >= FEWEST_PEOPLE


def asks(text: str) -> Span | None:
    """The question that a post ends with or asks first."""
    found = [(s, e) for s, e in sentences(text) if text[s:e].endswith("?")]
    return max(found, key=lambda span: span[1] - span[0]) if found else None


def _root(post: Source) -> tuple[str, str]:
    return post.space_id, post.parent_id or post.id


def _talks(posts: Sequence[Source], roots: Mapping[str, Source]) -> tuple[Talk, ...]:
    made = []
    for root_id, root in roots.items():
        replies = [post for post in posts if post.parent_id == root_id]
        if replies:
            new = any(post.id == root_id for post in posts)
            made.append(Talk(root, len(replies), len({post.author_id for post in replies}), new))
    return tuple(sorted(made, key=lambda t: (-t.people, -t.replies, t.root.id))[:MOST_TALKS])


def _said(posts: Sequence[Source], staff: Collection[str]) -> tuple[tuple[Source, Span], ...]:
    found = []
    for post in posts:
        if post.author_id in staff:
            fitting = [(s, e) for s, e in sentences(post.text) if _speaks_for_all(post.text[s:e])]
            found += [(post, span) for span in fitting[:1]]
    return tuple(found[-MOST_SAID:])


def _speaks_for_all(text: str) -> bool:
    return plain(text) and not text.endswith("?") and bool(_FOR_ALL.search(text))


def _waiting(tx: Tx, space_pk: int, posts: Sequence[Source]) -> tuple[tuple[Source, Span], ...]:
    """Threads that ask something, and nobody but their author has written in them; newest first."""
    found: list[tuple[Source, Span]] = []
    for post in reversed(posts):
        span = asks(post.text) if post.parent_id is None else None
        if span is None or len(found) == MOST_WAITING:
            continue
        others = [one for one in sources.replies(tx, space_pk, post.id) if one.source.author_id != post.author_id]
        if not others:
            found.append((post, span))
    return tuple(found)


def _voices(tx: Tx, space_pk: int, posts: Sequence[Source], here: Collection[str]) -> tuple[Source, ...]:
    """Nobody where no earlier posts are known: then everybody would look new."""
    if not posts or sources.posts_before(tx, space_pk, posts[0]) < KNOWN_BEFORE:
        return ()
    first: dict[str, Source] = {}
    for post in posts:
        if post.author_id in here:
            first.setdefault(str(post.author_id), post)
    return tuple(post for post in first.values() if sources.wrote_before(tx, space_pk, post) == 0)[:MOST_VOICES]
