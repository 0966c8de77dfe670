"""From what a member wrote of themselves to what a round reads, and what may be said of it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast, get_args

from cohost.errors import InvalidInput
from cohost.match.profile import Field, OptIn, Profile
from cohost.match.table import LEVELS, hours_of, zone_offset
from cohost.store.profiles import StoredProfile

LISTS = ("goals", "interests", "offers", "asks", "languages")
FIELDS = frozenset((*LISTS, "level", "time_zone", "free", "about", "capacity"))
MOST_ITEMS, ITEM_CHARACTERS, ABOUT_CHARACTERS, MOST_CAPACITY = 30, 200, 5_000, 20
SHOWN: tuple[str, ...] = get_args(Field)
PURPOSES: tuple[str, ...] = get_args(OptIn)


@dataclass(frozen=True)
class Fact:
    """Something a member says of themselves, in their own words."""

    member_id: str
    field: str
    value: str


def checked(member_id: str, given: Mapping[str, Any], at: datetime) -> StoredProfile:
    """A profile as it was sent; raises InvalidInput that names the field."""
    fields = {name: value for name, value in given.items() if name in FIELDS and value not in (None, "", [])}
    for name in LISTS:
        if name in fields:
            fields[name] = _items(name, fields[name])
    if not 0 <= int(fields.get("level", 0)) <= max(LEVELS):
        raise InvalidInput("level is a number from 0 (new to it) to 4 (expert).", field="level")
    if not 1 <= int(fields.get("capacity", 1)) <= MOST_CAPACITY:
        raise InvalidInput(
            f"capacity is how many people you would help at once, 1 to {MOST_CAPACITY}.", field="capacity"
        )
    if len(fields.get("about", "")) > ABOUT_CHARACTERS:
        raise InvalidInput(f"about has at most {ABOUT_CHARACTERS} characters.", field="about")
    _check_times(fields, at)
    shown, purposes = _known("shown", given, SHOWN), _known("purposes", given, PURPOSES)
    return StoredProfile(member_id, fields, shown, purposes)


def as_profile(stored: StoredProfile, at: datetime, *, posts_per_week: float = 0.0, skipped: int = 0) -> Profile:
    """As a round reads it; `at` says which clock holds."""
    f = stored.fields
    return Profile(
        stored.member_id, goals=tuple(f.get("goals", ())), interests=tuple(f.get("interests", ())),
        offers=tuple(f.get("offers", ())), asks=tuple(f.get("asks", ())), level=f.get("level"),
        languages=frozenset(code.casefold() for code in f.get("languages", ())),
        hours=hours_of(tuple(f.get("free", ())), f.get("time_zone", ""), at),
        utc_offset=zone_offset(f.get("time_zone", ""), at), about=f.get("about", ""),
        posts_per_week=posts_per_week, shown=frozenset(cast("Collection[Field]", stored.shown)),
        purposes=frozenset(cast("Collection[OptIn]", stored.purposes)), skipped=skipped,
    )  # fmt: skip


def says(stored: StoredProfile | None, fact: Fact) -> bool:
    """Whether the member says so, and shows it to a match."""
    if stored is None or fact.field not in stored.shown:
        return False
    value = stored.fields.get(fact.field)
    return fact.value in value if isinstance(value, list) else fact.value == str(value)


def _items(name: str, value: Any) -> list[str]:
    kept = list(dict.fromkeys(" ".join(str(item).split()) for item in value))
    if len(kept) > MOST_ITEMS or any(len(item) > ITEM_CHARACTERS for item in kept):
        raise InvalidInput(f"{name} holds at most {MOST_ITEMS} entries of {ITEM_CHARACTERS} characters.", field=name)
    return [item for item in kept if item]


def _check_times(fields: Mapping[str, Any], at: datetime) -> None:
    zone = fields.get("time_zone", "")
    try:
        zone_offset(zone, at)
    except InvalidInput as error:
        raise InvalidInput(error.message, field="time_zone") from error
    try:
        hours_of(tuple(fields.get("free", ())), zone, at)
    except InvalidInput as error:
        raise InvalidInput(error.message, field="free") from error


def _known(name: str, given: Mapping[str, Any], known: Collection[str]) -> tuple[str, ...]:
    chosen = tuple(dict.fromkeys(given.get(name) or ()))
    unknown = [value for value in chosen if value not in known]
    if unknown:
        raise InvalidInput(f"{name} holds {unknown[0]!r}; there are: {', '.join(known)}.", field=name)
    return chosen


def facts_of(stored: StoredProfile, name: str) -> Iterator[Fact]:
    """What a match may be told of one field."""
    if name in stored.shown:
        for value in stored.fields.get(name, ()):
            yield Fact(stored.member_id, name, value)
