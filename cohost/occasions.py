"""Welcomes, recaps and kick-offs: asked for by hosts, or by the worker when they are due; each once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from cohost import audience
from cohost.audience import Sight
from cohost.calendar import AHEAD, active_hour
from cohost.discuss import week as weeks
from cohost.discuss.occasions import Occasion
from cohost.discuss.payload import NAME
from cohost.errors import Conflict, NotFound
from cohost.ids import new_id
from cohost.model import Caller, Request
from cohost.store import Store, Tx, audit, people, profiles, requests, slots, sources, suggestions
from cohost.store.audit import Actor
from cohost.suggestion import in_space

SETTLE_IN = timedelta(days=1)  # after joining: time to fill in a profile
WITHOUT_PROFILE = timedelta(days=3)  # then a welcome comes anyway
NEW = timedelta(days=14)  # later it would be no welcome
MOST_WAITING = 20  # welcomes in a queue: a community that moves in as a whole does not fill it
RECAP_WITHIN = timedelta(days=2)  # after the end of the week; later it would be news of yesterday
KICKOFF_BEFORE = timedelta(days=1)  # before the first prompt about the lesson
TRIES = 3  # of one occasion whose drafts lost their ground
LOOK_EACH = timedelta(minutes=5)  # nothing here is due to the minute
FOUNDING = timedelta(days=1)  # who joined within it after the very first is not new
QUEUE_READ = 500
GONE = frozenset({"withdrawn", "expired", "abstained", "undone"})  # nothing of it stands


Lesson = tuple[str, str]  # space id, source id


@dataclass(frozen=True)
class Due:
    """One occasion."""

    kind: Occasion
    key: str  # within the kind
    payload: dict[str, Any]


class Occasions:
    """Each occasion has a key; what stands, or was rejected, under it is not proposed again."""

    def __init__(self, store: Store, clock: Callable[[], datetime]) -> None:
        self._store = store
        self._clock = clock
        self._look_at: datetime | None = None  # when this process looks for what is due

    def welcome(self, caller: Caller, member_id: str, actor: Actor, *, tone: str = "") -> str:
        """The id of the request; raises NotFound, Conflict where there is one already or the job is off."""
        with self._store.write() as tx:
            _check_on(tx, caller)
            if not people.member(tx, caller.community_id, member_id).active:
                raise NotFound(f"{member_id!r} has left; nobody would read a welcome.")
            return self._ask(tx, caller, _welcome(member_id, tone), actor)

    def recap(self, caller: Caller, space_id: str, week: str, actor: Actor, *, tone: str = "") -> str:
        """The id of the request; raises NotFound, InvalidInput for a week that is none or to come, Conflict."""
        with self._store.write() as tx:
            _check_on(tx, caller)
            space = audience.space_in_sight(audience.sight(tx, caller.community_id), caller, space_id)
            return self._ask(tx, caller, _recap(space.id, weeks.week_of(week, self._clock()).key, tone), actor)

    def kickoff(self, caller: Caller, space_id: str, lesson: Lesson, actor: Actor, *, tone: str = "") -> str:
        """The id of the request; raises NotFound, also for what not all readers of the space may read, and Conflict."""
        with self._store.write() as tx:
            _check_on(tx, caller)
            seen = audience.sight(tx, caller.community_id)
            space = audience.space_in_sight(seen, caller, space_id)
            usable = lesson[0] in audience.usable_spaces(seen, in_space(space.id))
            if not usable or not sources.quotable(tx, caller.community_id, [lesson]):
                raise NotFound(
                    f"There is no lesson {lesson[1]!r} in space {lesson[0]!r} that all readers of {space.id!r} may read."
                )
            return self._ask(tx, caller, _kickoff(space.id, lesson, tone), actor)

    def step(self) -> bool:
        """Ask for what is due; False when nothing is, or somebody looked a moment ago."""
        now = self._clock()
        if self._look_at is not None and now < self._look_at:
            return False
        self._look_at = now + LOOK_EACH
        with self._store.read() as tx:
            on = [one for one in people.all_communities(tx) if NAME in one.settings.jobs]
            due = [
                (one.id, found) for one in on for found in self._due(tx, one.id, now)
                if found.kind not in one.settings.unasked_off
            ]  # fmt: skip
        for community_id, found in due:
            with self._store.write() as tx:
                if _is_open(tx, community_id, found, most=TRIES):
                    self._add(tx, community_id, found, audit.WORKER)
        return bool(due)

    def _due(self, tx: Tx, community_id: str, now: datetime) -> list[Due]:
        seen = audience.sight(tx, community_id)
        found = [*_newcomers(tx, community_id, seen, now), *_weeks(tx, community_id, seen, now)]
        found += _lessons(tx, community_id, seen, now)
        return [one for one in found if _is_open(tx, community_id, one, most=TRIES)]

    def _ask(self, tx: Tx, caller: Caller, wanted: Due, actor: Actor) -> str:
        if not _is_open(tx, caller.community_id, wanted):
            raise Conflict(
                f"There is a {wanted.kind} for this already, or it was turned down: look for it in the queue with job=discuss."
            )
        return self._add(tx, caller.community_id, wanted, actor)

    def _add(self, tx: Tx, community_id: str, wanted: Due, actor: Actor) -> str:
        key, now = _keys(tx, community_id, wanted)[-1], self._clock()
        payload = {"kind": wanted.kind, **wanted.payload}
        # a welcome is made for its reader: whoever erases them erases it
        new = Request(
            new_id("rq"), community_id, NAME, payload, wanted.payload.get("member_id"), wanted.payload.get("space_id"),
            "waiting", 0, now,
        )  # fmt: skip
        requests.add(tx, new, dedupe_key=key)
        audit.record(tx, community_id, actor, f"{wanted.kind}.asked", "request", new.id, now=now)
        return new.id


def _check_on(tx: Tx, caller: Caller) -> None:
    if NAME not in people.community(tx, caller.community_id).settings.jobs:
        raise Conflict("Welcomes, recaps and kick-offs are off here. A host switches on the job `discuss` first.")


def _welcome(member_id: str, tone: str = "") -> Due:
    return Due("welcome", member_id, {"member_id": member_id, "tone": tone})


def _recap(space_id: str, week: str, tone: str = "", publish_at: str = "") -> Due:
    return Due(
        "recap", f"{space_id}/{week}", {"space_id": space_id, "week": week, "tone": tone, "publish_at": publish_at}
    )


def _kickoff(space_id: str, lesson: Lesson, tone: str = "", publish_at: str = "") -> Due:
    payload = {"lesson_space_id": lesson[0], "lesson_id": lesson[1], "tone": tone, "publish_at": publish_at}
    return Due("kickoff", "/".join((space_id, *lesson)), {"space_id": space_id, **payload})


def _keys(tx: Tx, community_id: str, wanted: Due) -> list[str]:
    """Those of all tries so far, and the next one."""
    tries, base = [f"{NAME}/{community_id}/{wanted.kind}/{wanted.key}"], 1
    while requests.is_known(tx, tries[-1]):
        tries.append(f"{tries[0]}#{base}")
        base += 1
    return tries


def _is_open(tx: Tx, community_id: str, wanted: Due, *, most: int | None = None) -> bool:
    """Whether nothing of an earlier try stands or was turned down; with `most`, not after so many tries."""
    *before, _ = _keys(tx, community_id, wanted)
    if most is not None and len(before) >= most:
        return False
    return all(_is_gone(tx, key) for key in before)


def _is_gone(tx: Tx, key: str) -> bool:
    request = requests.of_key(tx, key)
    if request is None or request.status in ("waiting", "claimed"):
        return request is None
    return all(one.status in GONE for one in suggestions.of_request(tx, request.id))


def _newcomers(tx: Tx, community_id: str, seen: Sight, now: datetime) -> Iterator[Due]:
    """Who joined lately, and had time to say something of themselves; nobody who was there from the first day."""
    members = [one for one in people.all_members(tx, community_id) if one.active and one.joined_at is not None]
    founded = min((one.joined_at for one in members if one.joined_at), default=now)
    waiting = suggestions.queue(tx, community_id, statuses=("pending",), job=NAME, limit=QUEUE_READ)
    free = MOST_WAITING - sum(one.payload.get("kind") == "welcome" for one in waiting)
    for member in sorted(members, key=lambda one: (one.joined_at or now, one.id)):
        age = now - (member.joined_at or now)
        here = member.joined_at is not None and member.joined_at - founded > FOUNDING and member.id not in seen.staff
        if free > 0 and here and SETTLE_IN <= age <= NEW:
            stored = profiles.find(tx, community_id, member.id)
            wanted = _welcome(member.id)
            if (age >= WITHOUT_PROFILE or (stored is not None and stored.shown)) and _is_open(tx, community_id, wanted):
                free -= 1
                yield wanted


def _weeks(tx: Tx, community_id: str, seen: Sight, now: datetime) -> Iterator[Due]:
    """Spaces in which enough was written in the week that has just ended."""
    week = weeks.last_week(now)
    if now - week.end > RECAP_WITHIN:
        return
    for space in seen.spaces.values():
        found = weeks.read(tx, community_id, space.pk, week, staff=seen.staff, here=seen.members)
        if weeks.enough(found):
            at = week.end.replace(hour=active_hour(tx, community_id, space.id, now))
            yield _recap(space.id, week.key, publish_at=at.isoformat() if at > now else "")


def _lessons(tx: Tx, community_id: str, seen: Sight, now: datetime) -> Iterator[Due]:
    """Lessons that the calendar comes to next, each a day before the first prompt about it."""
    planned = [one for one in slots.listed(tx, community_id, since=now) if one.at <= now + AHEAD and one.theme]
    for slot in planned:
        usable = audience.usable_spaces(seen, in_space(slot.space_id))
        known = sources.titled(tx, community_id, usable, slot.theme)
        at = slot.at - KICKOFF_BEFORE
        if known is not None and at > now:
            yield _kickoff(slot.space_id, (known.space_id, known.id), publish_at=at.isoformat())
