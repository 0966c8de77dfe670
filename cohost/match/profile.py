"""What a member says of themselves, and what of it a match may see."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from zoneinfo import ZoneInfo

Purpose = Literal["introductions", "groups", "helping"]
# welcoming: to be named to new members; quoting: that posts are quoted in prompts; no round does either
OptIn = Literal["introductions", "groups", "helping", "welcoming", "quoting"]
Field = Literal["goals", "interests", "offers", "asks", "level", "languages", "time_zone", "about"]

Rows = list[int] | range | slice  # no tuple: NumPy would take it for one place in several dimensions

WEEK_HOURS = 168


@dataclass(frozen=True)
class Profile:
    """One member's profile; nobody is matched for a purpose that they did not opt in to."""

    member_id: str
    goals: tuple[str, ...] = ()
    interests: tuple[str, ...] = ()
    offers: tuple[str, ...] = ()  # can help with
    asks: tuple[str, ...] = ()  # wants help with
    level: int | None = None  # 0 = new to the subject .. 4 = expert
    languages: frozenset[str] = frozenset()  # codes such as "en"
    hours: frozenset[int] = frozenset()  # of the week, in UTC, when free: 0 = Monday 00:00
    utc_offset: float | None = None  # hours that their clock is ahead of UTC
    about: str = ""
    posts_per_week: float = 0.0
    shown: frozenset[Field] = frozenset()  # what a match may be shown
    purposes: frozenset[OptIn] = frozenset()  # what they opted in to
    skipped: int = 0  # rounds in a row in which they were eligible and left out


def eligible(profiles: Iterable[Profile], purpose: Purpose) -> tuple[Profile, ...]:
    """Who opted in: left out most often first, then in the order of their ids."""
    willing = (profile for profile in profiles if purpose in profile.purposes)
    return tuple(sorted(willing, key=lambda profile: (-profile.skipped, profile.member_id)))


def offset_of(time_zone: str, at: datetime) -> float:
    """Hours that the clock of a place is ahead of UTC at a time."""
    offset = at.astimezone(ZoneInfo(time_zone)).utcoffset()
    return offset.total_seconds() / 3600 if offset else 0.0


def utc_hours(local_hours: Iterable[int], time_zone: str, at: datetime) -> frozenset[int]:
    """Hours of the week of a place, as hours of the week in UTC, with the clock that holds there at `at`.

    Where clocks differ by half an hour, an hour counts only when all of it is free, so that a promised overlap is real.
    """
    minutes = int(60 * offset_of(time_zone, at))
    free = {hour % WEEK_HOURS for hour in local_hours}
    touched = {
        hour: {(hour * 60 + minutes) // 60 % WEEK_HOURS, (hour * 60 + minutes + 59) // 60 % WEEK_HOURS}
        for hour in range(WEEK_HOURS)
    }
    return frozenset(hour for hour, local in touched.items() if local <= free)
