"""Milestones that the database holds: replies in a space, members, the community's age, the last lesson. Of no one person."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from cohost.discuss.grounds import Around, Candidate, spoken
from cohost.discuss.spans import plain, sentences
from cohost.model import Source, Space
from cohost.store import people, places, slots, sources

STEPS = (10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000)
FRESH = timedelta(days=14)  # after it was reached
MOVED_IN = timedelta(days=1)  # who came to Cohost with the whole community made no milestone
YEAR, MONTH = timedelta(days=365), timedelta(days=30)
LESSONS = 500
POSTS_READ = 2_000  # to find a thread that many wrote in


def milestones(around: Around) -> Iterator[Candidate]:
    """Of the destination's space, then of the community."""
    space = around.seen.spaces.get(around.to.space_id or "")
    if space is None:
        return
    yield from _last_lesson(around)
    shown = _remembered(around, space)
    if shown is None:
        return
    source, span = shown
    for part, of, count, why in (*_answers(around, space), *_members(around), *_age(around)):
        values = {"count": count, "space": space.name, "title": source.title}
        yield Candidate("milestone", part, f"{part}/{of}/{count}", source, (span,), why, values)


def reached(times: Sequence[datetime], now: datetime, within: timedelta) -> int | None:
    """The highest step that so many times in their order make, if it was reached lately."""
    done = [step for step in STEPS if step <= len(times)]
    return done[-1] if done and sorted(times)[done[-1] - 1] >= now - within else None


def _answers(around: Around, space: Space) -> Iterator[tuple[str, str, str, str]]:
    times = sources.replied_at(around.tx, space.pk)
    step = reached(times, around.now, FRESH + around.patience)
    if step:
        yield "answers", space.id, f"{step:,}", f"The {step:,}th reply in {space.name} was written lately."


def _members(around: Around) -> Iterator[tuple[str, str, str, str]]:
    here = [one for one in people.all_members(around.tx, around.community_id) if one.active]
    known = [one.joined_at for one in here if one.joined_at is not None]
    step = reached(known, around.now, FRESH + around.patience) if len(known) == len(here) else None
    if step and sorted(known)[step - 1] - min(known) > MOVED_IN:
        yield "members", "all", f"{step:,}", f"The community has come to {step:,} members lately."


def _age(around: Around) -> Iterator[tuple[str, str, str, str]]:
    joined = [one.joined_at for one in people.all_members(around.tx, around.community_id) if one.joined_at is not None]
    age, late = around.now - min(joined, default=around.now), FRESH + around.patience
    years = age // YEAR
    if years and age - years * YEAR <= late:
        count = "a year" if years == 1 else f"{years} years"
    elif MONTH <= age <= MONTH + late:
        count = "a month"
    else:
        return
    yield "age", "all", count, f"The first member joined {count} ago."


def _last_lesson(around: Around) -> Iterator[Candidate]:
    """Where the calendar of the space has come to it."""
    usable = [one.id for one in around.spaces]
    lessons = sources.lessons(around.tx, around.community_id, usable, limit=LESSONS)
    past = slots.listed(around.tx, around.community_id, since=around.now - FRESH - around.patience)
    came = {one.theme for one in past if one.space_id == around.to.space_id and one.at <= around.now}
    last = lessons[-1].source if lessons else None
    span = next((s for s in sentences(last.text) if plain(last.text[slice(*s)])), None) if last else None
    if last is not None and span is not None and last.title in came:
        why = f"The calendar has come to “{last.title}”, the last of the lessons."
        key = f"last_lesson/{last.space_id}/{last.id}"
        yield Candidate("milestone", "last_lesson", key, last, (span,), why, {"title": last.title})


def _remembered(around: Around, space: Space) -> tuple[Source, tuple[int, int]] | None:
    """The thread of the space in which most people wrote, of those that may be quoted."""
    posts = sources.in_space(around.tx, places.space(around.tx, around.community_id, space.id).pk, limit=POSTS_READ)
    said = {
        (one.parent_id, one.author_id) for one in posts if one.kind == "post" and one.parent_id and around.shows(one)
    }
    people_in = Counter(parent for parent, _ in said)
    keys = [(space.id, str(root)) for root, _ in sorted(people_in.items(), key=lambda one: (-one[1], str(one[0])))]
    roots = sources.quotable(around.tx, around.community_id, keys)
    found = (roots[key] for key in keys if key in roots and roots[key].title and around.lets(roots[key]))
    spans = ((one, spoken(one.text, asking=False)) for one in found)
    return next(((one, span) for one, span in spans if span is not None), None)
