"""Events that are coming up or just over, by the day that their own text names."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Final

from cohost.discuss.grounds import Around, Candidate, Span
from cohost.discuss.spans import plain, sentences
from cohost.model import Source
from cohost.store import sources

OVER = timedelta(days=14)
MOST = 500
_MONTHS: Final = "january february march april may june july august september october november december".split()
_NAMED = "|".join(f"{name[:3]}(?:{name[3:]})?" if name[3:] else name for name in _MONTHS) + "|sept"
_DAY = re.compile(
    rf"\b(?P<iso>\d{{4}}-\d\d-\d\d)|\b(?P<d>\d{{1,2}})(?:st|nd|rd|th)?\.? (?P<m>{_NAMED})\.?,? (?P<y>\d{{4}})\b"
    rf"|\b(?P<m2>{_NAMED})\.? (?P<d2>\d{{1,2}})(?:st|nd|rd|th)?,? (?P<y2>\d{{4}})\b",
    re.IGNORECASE,
)


def events(around: Around) -> Iterator[Candidate]:
    """Those coming up, the next first; then those just over, the last first."""
    found = sources.of_kind(around.tx, around.community_id, "event", [one.id for one in around.spaces], limit=MOST)
    dated = [(day, one) for one in found if _may_be_shown(around, one) for day in (day_of(one.text),) if day]
    today = around.at.date()
    for (day, span), one in sorted(dated, key=lambda item: (item[0][0], item[1].id)):
        if today < day <= today + around.ahead + around.patience:
            yield _made(one, day, span, "coming", f"“{one.title}” is on {in_words(day)}.")
    for (day, span), one in sorted(dated, key=lambda item: (item[0][0], item[1].id), reverse=True):
        if today - OVER - around.patience <= day < today and day < around.now.date():
            yield _made(one, day, span, "over", f"“{one.title}” was on {in_words(day)}, and is fresh in mind.")


def day_of(text: str) -> tuple[date, Span] | None:
    """The first day that a text names with its year, and the line in which it does; of several days, none is sure."""
    named = [(day, match.span()) for match in _DAY.finditer(text) if (day := _read(match))]
    if not named or len({day for day, _ in named}) > 1:
        return None
    day, (start, end) = named[0]
    begins, ends = text.rfind("\n", 0, start) + 1, text.find("\n", end)
    return day, (begins, ends if ends >= 0 else len(text))


def in_words(day: date) -> str:
    """Sunday 6 December."""
    return f"{day:%A} {day.day} {day:%B}"


def _may_be_shown(around: Around, event: Source) -> bool:
    """The platform's and the hosts' own, and those of members who let themselves be quoted."""
    return bool(event.title) and (around.lets(event) if event.author_id else around.shows(event))


def _made(event: Source, day: date, dated: Span, part: str, why: str) -> Candidate:
    text = event.text
    said = next((s for s in sentences(text) if s[0] >= dated[1] and plain(text[slice(*s)])), dated)
    spans = (said, dated) if said != dated else (dated,)
    values = {"title": event.title, "day": in_words(day)}
    return Candidate("event", part, f"{part}/{event.space_id}/{event.id}", event, spans, why, values)


def _read(match: re.Match[str]) -> date | None:
    try:
        if match["iso"]:
            return datetime.strptime(match["iso"], "%Y-%m-%d").date()
        month = next(n for n, name in enumerate(_MONTHS, 1) if (match["m"] or match["m2"]).lower()[:3] == name[:3])
        return date(int(match["y"] or match["y2"]), month, int(match["d"] or match["d2"]))
    except ValueError:
        return None  # a 31 February
