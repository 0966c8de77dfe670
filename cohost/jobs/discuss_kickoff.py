"""The kind `kickoff` of the job `discuss`: what a lesson is about, in its own words, and one first question."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from cohost import audience
from cohost.discuss.links import linked
from cohost.discuss.occasions import words
from cohost.discuss.payload import PromptPayload
from cohost.discuss.spans import evidence, outside, plain, sentences
from cohost.discuss.wording import by_pattern, marked
from cohost.jobs.discuss_words import Parts, written
from cohost.jobs.match_words import listed
from cohost.jobs.shape import Outcome, Tools
from cohost.model import Request
from cohost.ports import LessonText, Telling
from cohost.store import Tx, places, sources
from cohost.store.sources import StoredSource
from cohost.suggestion import Abstention, Destination, Draft, Provenance, in_space

READ = 6_000  # characters from the beginning in which a lesson says what it is about
MOST_TERMS, MOST_HEADINGS = 3, 5
HEADING_WORDS = 9
NOTHING_QUOTABLE = "“{title}” holds no sentence that says by itself what it is about."
# Where a lesson speaks of itself.
_OF_ITSELF = re.compile(
    r"\b(?:(?:in|by the end of|after) this (?:lesson|chapter|unit|section|module|workshop|tutorial|part"
    r"|course)"
    r"|this (?:lesson|chapter|unit|section|module|workshop|tutorial) (?:is|covers|introduces|explains|shows|teaches"
    r"|looks|will|helps)"
    r"|(?:you will|you'll|you’ll|we will|we'll|we’ll) (?:learn|explore|build|see|look at|discover|cover|use|find out"
    r"|make|bake|read))\b",
    re.IGNORECASE,
)
_BACK = re.compile(r"^(?:previously|earlier|so far|in the (?:previous|last)|as (?:you|we))\b", re.IGNORECASE)
# A heading that every lesson has says nothing of this one.
_USUAL = re.compile(
    r"^(?:introduction|overview|summary|conclusion|quiz|assignment|homework|exercises?|(?:pre|post)-?lecture.*|review.*|self.?study.*"
    r"|resources?|references?|further reading|learning (?:goals|objectives)|prerequisites?|what.?s next|next steps?|setup"
    r"|installation|.*challenge|credits?|glossary|acknowledge?ments?|wrap.?up|.*quiz|recap|tldr|in short|test.*"
    r"|key takeaways?)\W*$",
    re.IGNORECASE,
)


def propose(request: Request, tools: Tools) -> Sequence[Outcome]:
    """One draft; an abstention where the lesson says nothing that can be quoted, nothing where it is gone."""
    asked, to = request.payload, in_space(request.payload["space_id"])
    with tools.store.read() as tx:
        lesson = _lesson(tx, request.community_id, to, asked)
    if lesson is None or tools.concepts is None:
        return []
    tellings = tools.concepts.read([_as_text(lesson)])[0]
    about = _about(lesson) or next(((t.start, t.end) for t in tellings), None)
    made = Provenance("embedded", embedder=tools.embedder.name if tools.embedder else "")
    if about is None:
        title = lesson.source.title
        return [
            Abstention(NOTHING_QUOTABLE.format(title=title), to, (), made, payload={"title": "No kick-off", "text": ""})
        ]
    return [_draft(lesson, tellings, about, tools, asked, made)]


def _draft(
    lesson: StoredSource,
    tellings: Sequence[Telling],
    about: tuple[int, int],
    tools: Tools,
    asked: Any,
    made: Provenance,
) -> Draft:
    source, first = lesson.source, next((t for t in tellings if (t.start, t.end) != about), None)
    key = f"{source.space_id}/{source.id}"
    concept = first.noun if first else source.title
    opening = words("kickoff", "opening", key, lesson=linked(tools.community, source))
    parts = _parts(opening, lesson, tellings, about, first)
    done = written("kickoff", parts, tools, made, tone=asked.get("tone") or "")
    items = [evidence(source, about), *([evidence(source, (first.start, first.end))] if first else [])]
    why = f"“{source.title}” is the next lesson here. This opens it, with one question that can be answered before reading."
    shown = PromptPayload(
        format="kickoff", kind="kickoff", title=words("kickoff", "title", key, title=source.title), text=done.text,
        concept=first.term if first else "", low_effort=words("kickoff", "low_effort", key, concept=concept), why_now=why,
        about=key, publish_at=asked.get("publish_at") or "", tone=asked.get("tone") or "",
    )  # fmt: skip
    return Draft(shown.model_dump(mode="json"), tuple(items), in_space(asked["space_id"]), why, 0.8, done.made, ())


def _parts(
    opening: str, lesson: StoredSource, tellings: Sequence[Telling], about: tuple[int, int], first: Telling | None
) -> Parts:
    source, key = lesson.source, lesson.source.id
    body = [_quote(source.text[slice(*about)]), _trail(lesson) or _terms(tellings, key)]
    if first is None:
        return Parts(
            opening, "\n\n".join(filter(None, body)), "What do you expect of it, and what do you know already?"
        )
    prompt = by_pattern("question", first, source.text[first.start : first.end], source.title, (), key)
    body += [words("kickoff", "first", key), _quote(source.text[first.start : first.end])]
    return Parts(opening, "\n\n".join(filter(None, body)), prompt.text.rsplit("\n\n", 1)[-1])


def _quote(text: str) -> str:
    return f"> {' '.join(text.split())}"


def _terms(tellings: Sequence[Telling], key: str) -> str:
    terms = [marked(one.noun) for one in tellings[:MOST_TERMS]]
    return words("kickoff", "terms", key, terms=listed(terms)) if len(terms) > 1 else ""


def _trail(lesson: StoredSource) -> str:
    """The headings just below the title, where they say something."""
    found = [(int(level), " ".join(str(title).split())) for _, level, title, _ in lesson.structure.get("headings", ())]
    telling = [
        (level, title.rstrip(":")) for level, title in found if title != lesson.source.title and not _USUAL.match(title)
    ]
    top = min((level for level, _ in telling), default=0)
    said = [title for level, title in telling if level == top and len(title.split()) <= HEADING_WORDS]
    said = list(dict.fromkeys(said))[:MOST_HEADINGS]
    return words("kickoff", "trail", "", headings="; ".join(said)) if len(said) > 1 else ""


def _about(lesson: StoredSource) -> tuple[int, int] | None:
    """Where the lesson says what it is about."""
    text, apart = lesson.source.text[:READ], [(int(s), int(e)) for s, e, *_ in lesson.structure.get("blocks", ())]
    fitting = [
        (s, e) for s, e in sentences(text)
        if plain(text[s:e]) and outside((s, e), apart) and _OF_ITSELF.search(text[s:e]) and not _BACK.match(text[s:e])
    ]  # fmt: skip
    return fitting[0] if fitting else None


def _lesson(tx: Tx, community_id: str, to: Destination, asked: Any) -> StoredSource | None:
    """Only where all readers of the space may read it."""
    space_id = asked["lesson_space_id"]
    if space_id not in audience.usable_spaces(audience.sight(tx, community_id), to):
        return None
    found = sources.find(tx, places.space(tx, community_id, space_id).pk, asked["lesson_id"])
    return found if found is not None and found.deleted_at is None and found.source.origin == "person" else None


def _as_text(lesson: StoredSource) -> LessonText:
    kept = tuple((int(s), int(e)) for s, e, *_ in lesson.structure.get("blocks", ()))
    headings = tuple(str(title) for _, _, title, _ in lesson.structure.get("headings", ()))
    return LessonText(lesson.source.title, lesson.source.text, headings, kept)
