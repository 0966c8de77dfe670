"""What a discussion prompt may rest on beside a lesson: who and what may be quoted, and the hand-written words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache, cached_property
from typing import Any, Final, Literal, get_args

import yaml

from cohost import audience
from cohost.audience import Sight
from cohost.discuss.meeting import in_question
from cohost.discuss.patterns import FORMATS, Format
from cohost.discuss.spans import plain, sentences
from cohost.errors import Misconfigured
from cohost.model import Source, Space
from cohost.prompts import FOLDER, pick
from cohost.store import Tx, profiles, safety_cases
from cohost.suggestion import Destination
from cohost.tone import allowed, excluded

FILE: Final = FOLDER / "discuss" / "grounds.yaml"
Ground = Literal["lesson", "event", "question", "thread", "milestone"]
GROUNDS: Final[tuple[Ground, ...]] = get_args(Ground)
GROUND_NAMES: Final[Mapping[Ground, str]] = {
    "lesson": "A lesson", "event": "An event", "question": "A question without a reply", "thread": "A thread",
    "milestone": "A milestone",
}  # fmt: skip
QUOTED = "quoting"  # what people opt in to whose posts may be quoted in a prompt
PLACES = {"title": "X", "day": "Y", "count": "9", "space": "Z"}
Span = tuple[int, int]


@dataclass(frozen=True)
class Candidate:
    """Something that could be talked about, with its proof."""

    ground: Ground
    part: str  # of the hand-written words
    key: str  # the same for the same thing; it is proposed once
    source: Source
    spans: tuple[Span, ...]  # the first is quoted, all are evidence
    why_now: str
    values: Mapping[str, str] = field(default_factory=dict)  # for the words

    @property
    def quote(self) -> str:
        """What is quoted, verbatim."""
        return self.source.text[slice(*self.spans[0])]


@dataclass(frozen=True)
class Around:
    """A destination, and what every reader of it may be shown."""

    tx: Tx
    community_id: str
    to: Destination
    now: datetime
    at: datetime  # when it would be posted
    ahead: timedelta = timedelta(days=14)  # how far an event may be ahead
    patience: timedelta = timedelta()  # beyond the time in which something is proposed, as long as it is true

    @cached_property
    def seen(self) -> Sight:
        """People and spaces."""
        return audience.sight(self.tx, self.community_id)

    @cached_property
    def spaces(self) -> list[Space]:
        """That may be drawn on; the destination first."""
        usable = audience.usable_spaces(self.seen, self.to)
        return [self.seen.spaces[one] for one in sorted(usable, key=lambda one: (one != self.to.space_id, one))]

    @cached_property
    def hidden(self) -> frozenset[tuple[str, str]]:
        """Posts that nothing points to. Secret."""
        return safety_cases.questioned(self.tx, self.community_id)

    def shows(self, post: Source) -> bool:
        """Whether a post may be counted."""
        return not post.set_aside and (post.space_id, post.id) not in self.hidden

    def lets(self, post: Source) -> bool:
        """Whether its words, title included, may be put before the readers: by staff, or by who opted in to it."""
        return self.shows(post) and post.author_id in self._quotable

    @cached_property
    def _quotable(self) -> frozenset[str]:
        """Nobody whom a reader is kept apart from, and no author of a post in question."""
        let = frozenset(
            one.member_id for one in profiles.of_active(self.tx, self.community_id) if QUOTED in one.purposes
        )
        there = audience.readers(self.seen, self.to)
        pairs = safety_cases.kept_apart(self.tx, self.community_id)
        apart = frozenset(member for pair in pairs for member in pair if (pair - {member}) & there)
        return ((self.seen.members & let) | self.seen.staff) - in_question(self.tx, self.community_id) - apart


def spoken(text: str, *, asking: bool) -> Span | None:
    """A sentence to quote: the longest question, with the sentence before it; else, unless `asking`, the first whole one."""
    found = [span for span in sentences(text) if plain(text[slice(*span)])]
    asked = [span for span in found if text[slice(*span)].endswith("?")]
    if asked:
        start, end = max(asked, key=lambda span: span[1] - span[0])
        before = next((s for s, e in found if e <= start and not text[e:start].strip()), start)
        return (before, end) if plain(text[before:end]) else (start, end)
    return None if asking or not found else found[0]


@dataclass(frozen=True)
class Worded:
    """Words around a quotation."""

    title: str
    opening: str
    text: str
    low_effort: str
    options: tuple[str, ...]


def worded(one: Candidate, form: Format, avoid: tuple[str, ...]) -> Worded | None:
    """The same candidate always gets the same words; None where the format does not suit it, or words are excluded."""
    part = _parts()[one.part]
    wanted = part["formats"].get(form)
    if wanted is None or excluded("\n".join((wanted["low_effort"], *wanted.get("options", ()))), avoid):
        return None
    known = {"title": part["titles"], "opening": part["opening"], "text": wanted["texts"]}
    usable = {name: allowed(texts, avoid) for name, texts in known.items()}
    if not all(usable.values()):
        return None
    title, opening, text = (
        pick(texts, f"{one.key}/{form}/{name}").format(**one.values) for name, texts in usable.items()
    )
    return Worded(title, opening, text, wanted["low_effort"], tuple(wanted.get("options", ())))


@cache
def _parts() -> Mapping[str, Any]:
    """Raises Misconfigured where the file is not what it should be."""
    read: dict[str, Any] = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    for name, part in read.items():
        if unknown := part["formats"].keys() - set(FORMATS):
            raise Misconfigured(f"{FILE.name}: {name} has unknown formats {sorted(unknown)}.")
        by_form = (text for one in part["formats"].values() for text in one["texts"])
        for text in (*part["titles"], *part["opening"], *by_form):
            text.format(**PLACES)  # an unknown place is found here, not in a draft
    return read
