"""Profiles from a CSV file: what each column holds, and what is wrong with each row."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import cast, get_args

from cohost.errors import InvalidInput
from cohost.match.profile import Field, OptIn, Profile, offset_of, utc_hours
from cohost.store.profiles import StoredProfile

# Lists are divided by semicolons; `free` reads like "mon 18-21; sat 9-12", in the member's own time zone.
COLUMNS = (
    *("member_id", "goals", "interests", "offers", "asks", "level", "languages", "time_zone", "free", "about"),
    *("posts_per_week", "capacity", "shown", "purposes"),
)
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
LEVELS = range(5)
CAPACITIES = range(1, 21)  # people whom one would help at once
BEYOND = ""  # where cells without a column go
WRONG_SHOWN = 20  # rows named in one message


def read_profiles(text: str, at: datetime) -> list[Profile]:
    """One profile for each row; `at` says which clock holds, where clocks change.

    Raises InvalidInput that names each bad row by its line; then nothing was read.
    """
    found: dict[str, Profile] = {}
    wrong: list[str] = []
    for line, row in _rows(text):
        try:
            profile = _profile(row, at)
            if profile.member_id in found:
                raise InvalidInput(f"member {profile.member_id} stands in an earlier row.")
            found[profile.member_id] = profile
        except InvalidInput as error:
            wrong.append(f"line {line}: {error.message}")
    if wrong:
        more = [f"and {len(wrong) - WRONG_SHOWN} more"] if len(wrong) > WRONG_SHOWN else []
        raise InvalidInput("\n".join(("These rows cannot be read:", *wrong[:WRONG_SHOWN], *more)))
    return list(found.values())


@dataclass(frozen=True)
class StoredRow:
    """A row as it would be stored."""

    line: int
    profile: StoredProfile


def stored_rows(text: str, at: datetime) -> list[StoredRow]:
    """The same table as members' own profiles; raises InvalidInput that names each bad row."""
    read = read_profiles(text, at)  # every check, and every message
    lines = list(_rows(text))
    return [StoredRow(line, _stored(row)) for (line, row), _ in zip(lines, read, strict=True)]


def _stored(row: dict[str, str]) -> StoredProfile:
    lists = {name: list(_list(row, name)) for name in ("goals", "interests", "offers", "asks", "languages", "free")}
    single = {name: row[name] for name in ("time_zone", "about") if row.get(name)}
    level = {"level": int(row["level"])} if row.get("level") else {}
    capacity = {"capacity": _capacity(row)} if row.get("capacity") else {}
    fields = {name: value for name, value in (lists | single | capacity).items() if value} | level
    return StoredProfile(row["member_id"], fields, _list(row, "shown"), _list(row, "purposes"))


def _rows(text: str) -> Iterator[tuple[int, dict[str, str]]]:
    reader = csv.DictReader(io.StringIO(text.removeprefix("\ufeff"), newline=""))
    names = reader.fieldnames or ()
    if not {"member_id", "purposes"} <= set(names):
        raise InvalidInput("The first line must name the columns member_id and purposes at least.")
    if unknown := sorted(set(names) - set(COLUMNS)):
        raise InvalidInput(f"Unknown columns: {', '.join(unknown)}. There are {', '.join(COLUMNS)}.")
    try:
        for row in reader:
            yield reader.line_num, {key or BEYOND: _cell(value) for key, value in row.items()}
    except csv.Error as error:
        raise InvalidInput(f"line {reader.line_num} is not CSV: {error}.") from error


def _cell(value: str | list[str] | None) -> str:
    return "; ".join(value) if isinstance(value, list) else (value or "").strip()


def _profile(row: dict[str, str], at: datetime) -> Profile:
    if BEYOND in row:
        raise InvalidInput("it has more cells than the first line names.")
    if not row["member_id"]:
        raise InvalidInput("the member_id is empty.")
    _capacity(row)
    return Profile(
        row["member_id"], goals=_list(row, "goals"), interests=_list(row, "interests"), offers=_list(row, "offers"),
        asks=_list(row, "asks"), level=_level(row.get("level", "")),
        languages=frozenset(code.casefold() for code in _list(row, "languages")),
        hours=hours_of(_list(row, "free"), row.get("time_zone", ""), at),
        utc_offset=zone_offset(row.get("time_zone", ""), at), about=row.get("about", ""),
        posts_per_week=_posts(row.get("posts_per_week", "")),
        shown=cast("frozenset[Field]", _known(row, "shown", get_args(Field))),
        purposes=cast("frozenset[OptIn]", _known(row, "purposes", get_args(OptIn))),
    )  # fmt: skip


def _list(row: dict[str, str], column: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in row.get(column, "").split(";") if part.strip())


def _known(row: dict[str, str], column: str, known: tuple[str, ...]) -> frozenset[str]:
    given = frozenset(_list(row, column))
    if unknown := sorted(given - set(known)):
        raise InvalidInput(f"{column} holds {', '.join(unknown)}; there are {', '.join(known)}.")
    return given


def _level(text: str) -> int | None:
    if not text:
        return None
    if not text.isdecimal() or int(text) not in LEVELS:
        raise InvalidInput(f"level is {text!r}, not a number from 0 (new to it) to 4 (expert).")
    return int(text)


def _capacity(row: dict[str, str]) -> int:
    text = row.get("capacity", "") or "1"
    if not text.isdecimal() or int(text) not in CAPACITIES:
        raise InvalidInput(f"capacity is {text!r}, not a number of people from 1 to {max(CAPACITIES)}.")
    return int(text)


def _posts(text: str) -> float:
    try:
        posts = float(text or 0)
    except ValueError:
        posts = -1.0
    if not 0 <= posts < 10_000:
        raise InvalidInput(f"posts_per_week is {text!r}, not a number from 0 on.")
    return posts


def hours_of(spans: tuple[str, ...], time_zone: str, at: datetime) -> frozenset[int]:
    """Hours of the week in UTC from spans such as "mon 18-21" of a place; raises InvalidInput."""
    if not spans:
        return frozenset()
    if not time_zone:
        raise InvalidInput("free hours need a time_zone.")
    zone_offset(time_zone, at)
    return utc_hours([hour for span in spans for hour in _span(span)], time_zone, at)


def zone_offset(time_zone: str, at: datetime) -> float | None:
    """Hours ahead of UTC; None where no zone is named; raises InvalidInput."""
    try:
        return offset_of(time_zone, at) if time_zone else None
    except (OSError, KeyError, ValueError) as error:  # a folder; no such name; a path
        raise InvalidInput(f"time_zone is {time_zone!r}, not a name such as Europe/Paris.") from error


def _span(span: str) -> range:
    """`mon 18-21` as hours of the week."""
    day, _, hours = span.casefold().partition(" ")
    start, _, end = hours.strip().partition("-")
    if day not in DAYS or not start.isdecimal() or not end.isdecimal() or not 0 <= int(start) < int(end) <= 24:
        raise InvalidInput(f'free holds {span!r}; it is written like "mon 18-21".')
    begin = DAYS.index(day) * 24
    return range(begin + int(start), begin + int(end))
