"""The calendar: prompts planned for weeks ahead, drafted in good time, posted when members of the space are there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from cohost import audience
from cohost.discuss.patterns import FORMATS
from cohost.discuss.payload import NAME
from cohost.errors import Conflict, InvalidInput
from cohost.ids import new_id
from cohost.model import Caller, Request
from cohost.store import Store, Tx, audit, people, requests, slots, sources
from cohost.store import themes as themes_of
from cohost.store.audit import Actor
from cohost.store.slots import Slot
from cohost.suggestion import in_space
from cohost.themes import theme_at

AHEAD = timedelta(days=5)  # a draft waits in the queue so long before its slot
AT_ONCE = 10
MOST_WEEKS, MOST_A_WEEK = 53, 5
LESSONS = 500
LOOKED_BACK = timedelta(days=90)
USUAL_HOUR = 16  # UTC, where nobody has written yet


@dataclass(frozen=True)
class Calendar:
    """Planned by hosts; the worker asks for the drafts, and skips what is over."""

    store: Store
    clock: Callable[[], datetime]

    def plan(
        self, caller: Caller, space_id: str, *, weeks: int, a_week: int, themes: Sequence[str], actor: Actor
    ) -> list[Slot]:
        """Plan a space anew, from tomorrow on; what is drafted already stays.

        Themes take the weeks in turn; without any, those of the week or the month hold, and else the lessons in their
        order. Raises NotFound or InvalidInput.
        """
        if not 1 <= weeks <= MOST_WEEKS or not 1 <= a_week <= MOST_A_WEEK:
            raise InvalidInput(f"Plan 1 to {MOST_WEEKS} weeks with 1 to {MOST_A_WEEK} prompts each.", field="weeks")
        now = self.clock()
        with self.store.write() as tx:
            seen = audience.sight(tx, caller.community_id)
            space = audience.space_in_sight(seen, caller, space_id)
            settings = people.community(tx, caller.community_id).settings
            if NAME not in settings.jobs:
                raise Conflict("Discussion prompts are switched off here. A host switches on the job `discuss` first.")
            if "prompt" in settings.unasked_off:
                raise Conflict(
                    "Prompts come only when you ask for them. Take `prompt` out of `unasked_off` to plan some."
                )
            usable = audience.usable_spaces(seen, in_space(space.id))
            lessons = [one.source.title for one in sources.lessons(tx, caller.community_id, usable, limit=LESSONS)]
            given = [theme.strip() for theme in themes if theme.strip()]
            topics = given or lessons or [""]
            hour = active_hour(tx, caller.community_id, space.id, now)
            made = [
                replace(one, named=bool(given)) for one in _slots(space.id, topics, weeks, a_week, _first(now, hour))
            ]
            slots.clear(tx, caller.community_id, space.id, since=now)
            slots.add(tx, caller.community_id, made)
            audit.record(
                tx, caller.community_id, actor, "calendar.planned", "space", space.id, now=now, slots=len(made)
            )
            return _themed(tx, caller.community_id, made)

    def listed(self, community_id: str) -> list[Slot]:
        """From a week ago on."""
        with self.store.read() as tx:
            found = slots.listed(tx, community_id, since=self.clock() - timedelta(days=7))
            return _themed(tx, community_id, found)

    def move(self, community_id: str, slot_id: str, at: datetime) -> Slot:
        """Raises NotFound, Conflict once its draft is asked for, InvalidInput for a time that is over."""
        with self.store.write() as tx:
            found = self._open(tx, community_id, slot_id)
            if at <= self.clock():
                raise InvalidInput("That time is over already; choose a later one.", field="at")
            slots.change(tx, found.id, at=at)
            return _themed(tx, community_id, [slots.get(tx, community_id, slot_id)])[0]

    def drop(self, community_id: str, slot_id: str) -> None:
        """Raises NotFound, Conflict once its draft is asked for."""
        with self.store.write() as tx:
            slots.change(tx, self._open(tx, community_id, slot_id).id, status="dropped")

    def step(self) -> bool:
        """Ask for the drafts of some slots that come near; False when there are none. What is over is skipped."""
        now = self.clock()
        with self.store.read() as tx:
            if not slots.due(tx, now + AHEAD, now=now, resting=_resting(tx), limit=1):
                return False
        with self.store.write() as tx:
            for community_id, slot in slots.due(tx, now + AHEAD, now=now, resting=_resting(tx), limit=AT_ONCE):
                self._ask(tx, community_id, slot, now)
        return True

    def _ask(self, tx: Tx, community_id: str, slot: Slot, now: datetime) -> None:
        if slot.at <= now:  # nobody was there to work on it: not made up for, so that prompts do not bunch
            slots.change(tx, slot.id, status="missed")
            return
        lesson = slot.theme
        (slot,) = _themed(tx, community_id, [slot])
        chosen = slot.named or slot.theme != lesson  # by a host: nothing goes before it
        payload = {
            "kind": "prompt", "space_id": slot.space_id, "number": 1, "theme": slot.theme, "format": slot.format or None,
            "tone": "", "publish_at": slot.at.isoformat(), "ground": "lesson" if chosen else "calendar",
        }  # fmt: skip
        asked = Request(new_id("rq"), community_id, NAME, payload, None, slot.space_id, "waiting", 0, now)
        requests.add(tx, asked)
        slots.change(tx, slot.id, status="asked", request_id=asked.id, theme=slot.theme)

    def _open(self, tx: Tx, community_id: str, slot_id: str) -> Slot:
        found = slots.get(tx, community_id, slot_id)
        if found.status != "planned":
            raise Conflict(f"Slot {slot_id} is {found.status}: its draft is in the queue, decide about that one.")
        return found


def active_hour(tx: Tx, community_id: str, space_id: str, now: datetime) -> int:
    """The hour of the day, in UTC, in which most was written in the space lately."""
    hours = Counter(at.hour for at in sources.posted_at(tx, community_id, space_id, since=now - LOOKED_BACK))
    return max(hours, key=lambda hour: (hours[hour], -hour)) if hours else USUAL_HOUR


def _resting(tx: Tx) -> list[str]:
    """Communities in which prompts are made only when a host asks."""
    return [one.id for one in people.all_communities(tx) if "prompt" in one.settings.unasked_off]


def _themed(tx: Tx, community_id: str, found: Sequence[Slot]) -> list[Slot]:
    """As they would be drafted now: what is open, and named by no plan, follows the themes."""
    known = themes_of.by_period(tx, community_id)
    free = [one.status == "planned" and not one.named for one in found]
    return [
        replace(one, theme=theme_at(known, one.at) or one.theme) if follows else one
        for one, follows in zip(found, free, strict=True)
    ]


def _first(now: datetime, hour: int) -> datetime:
    """Tomorrow, when members are there."""
    return (now + timedelta(days=1)).replace(hour=hour, minute=0, second=0, microsecond=0)


def _slots(space_id: str, topics: Sequence[str], weeks: int, a_week: int, first: datetime) -> list[Slot]:
    apart = timedelta(days=7) / a_week
    times = [(first + timedelta(weeks=week) + n * apart, week) for week in range(weeks) for n in range(a_week)]
    return [
        Slot(new_id("sl"), space_id, at.replace(hour=first.hour), topics[week % len(topics)], FORMATS[n % len(FORMATS)])
        for n, (at, week) in enumerate(times)
    ]
