"""Themes of months and weeks, which the calendar follows wherever a plan names none of its own."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from cohost import audience
from cohost.discuss.themed import passages
from cohost.errors import InvalidInput, NotFound
from cohost.model import Caller, Passage
from cohost.ports import Search
from cohost.store import Store, audit
from cohost.store import themes as stored
from cohost.store.audit import Actor
from cohost.suggestion import in_space

MOST: Final = 400  # two years of weeks and months, and many more
_PERIOD = re.compile(r"(?P<year>[12]\d{3})-(?:W(?P<week>\d\d)|(?P<month>\d\d))")


@dataclass(frozen=True)
class Theme:
    """What a month or a week is about."""

    period: str  # "2026-05", or "2026-W19" by ISO 8601
    title: str
    starts: date
    ends: date  # the last day of it


@dataclass(frozen=True)
class Themes:
    """Set by hosts."""

    store: Store
    clock: Callable[[], datetime]
    search: Search

    def listed(self, community_id: str) -> list[Theme]:
        """Those that are not over, by their beginning; a month before its weeks."""
        with self.store.read() as tx:
            made = [theme(period, title) for period, title in stored.by_period(tx, community_id).items()]
        today = self.clock().date()
        return sorted((one for one in made if one.ends >= today), key=lambda one: (one.starts, "W" in one.period))

    def put(self, community_id: str, period: str, title: str, actor: Actor) -> Theme:
        """Set or replace; raises InvalidInput for what is no month or week, and for too many."""
        made = theme(period, " ".join(title.split()))
        with self.store.write() as tx:
            known = stored.by_period(tx, community_id)
            if len(known) >= MOST and period not in known:
                raise InvalidInput(f"There are {MOST} themes already; remove some that are over.", field="period")
            stored.put(tx, community_id, period, made.title)
            audit.record(tx, community_id, actor, "theme.set", "theme", period, now=self.clock())
        return made

    def remove(self, community_id: str, period: str, actor: Actor) -> None:
        """Raises NotFound."""
        with self.store.write() as tx:
            stored.remove(tx, community_id, period)
            audit.record(tx, community_id, actor, "theme.removed", "theme", period, now=self.clock())

    def passages(self, caller: Caller, period: str, space_id: str) -> list[Passage]:
        """What prompts on this theme would quote from in a space; raises NotFound for a theme or space that is not there."""
        with self.store.read() as tx:
            space = audience.space_in_sight(audience.sight(tx, caller.community_id), caller, space_id)
            title = stored.by_period(tx, caller.community_id).get(period)
        if title is None:
            raise NotFound(f"There is no theme for {period}.")
        return passages(self.search, caller.community_id, title, in_space(space.id))


def theme(period: str, title: str) -> Theme:
    """With its first and last day; raises InvalidInput for what is no month or week."""
    found = _PERIOD.fullmatch(period)
    try:
        if found and found["week"]:
            starts = date.fromisocalendar(int(found["year"]), int(found["week"]), 1)
            return Theme(period, title, starts, starts + timedelta(days=6))
        if found:
            starts = date(int(found["year"]), int(found["month"]), 1)
            following = (starts + timedelta(days=31)).replace(day=1)
            return Theme(period, title, starts, following - timedelta(days=1))
    except ValueError:
        pass  # a month 13, or a week that this year does not have
    raise InvalidInput(f"{period!r} is no month and no week. Write 2026-05, or 2026-W19.", field="period")


def theme_at(themes: Mapping[str, str], at: datetime) -> str:
    """The week's theme, else the month's, else ""; `themes` is period → title, the time is UTC."""
    year, week, _ = at.isocalendar()
    return themes.get(f"{year:04}-W{week:02}") or themes.get(f"{at:%Y-%m}") or ""
