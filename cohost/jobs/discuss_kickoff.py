"""The kind `kickoff` of the job `discuss`: what a lesson is about, in its own words, and one first question."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from cohost import audience, safety
from cohost.discuss.links import linked
from cohost.discuss.occasions import words
from cohost.discuss.payload import PromptPayload
from cohost.discuss.spans import evidence, outside, plain, sentences
from cohost.discuss.wording import marked
from cohost.jobs.discuss_words import Parts, written
from cohost.jobs.match_words import listed
from cohost.jobs.shape import Outcome, Tools
from cohost.model import Community, Request
from cohost.ports import LessonText, Telling
from cohost.store import Tx, places, sources
from cohost.store.sources import StoredSource
from cohost.suggestion import Abstention, Destination, Draft, Provenance, in_space

Span = tuple[int, int]
BEGINNING = 2_500  # characters in which a lesson speaks of itself
READ = 6_000  # characters from the beginning in which a lesson says what it is about
MOST_TERMS, MOST_HEADINGS = 3, 5
HEADING_WORDS = 9
NOTHING_QUOTABLE = "“{title}” holds no sentence that says by itself what it is about."
LESSONS_COMPARED = 12  # others of its space, so that terms of the whole course are left out
FRAGMENT = ("Because ", "Which ", "Whereas ")  # speech is written down in halves
FEWEST_WORDS = 8  # of a sentence that says what a lesson is about
TELLING = frozenset({"definition", "contrast", "reason", "pitfall", "advice"})  # kinds with something to ask about
# Where a lesson speaks of itself.
_OF_ITSELF = re.compile(
    r"\b(?:(?:in|by the end of|after) this (?:lesson|chapter|unit|section|module|workshop|tutorial|part|notebook)"
    r"|this (?:lesson|chapter|unit|section|module|workshop|tutorial|notebook) \w+"
    r"|(?:you will|you'll|you’ll|we will|we'll|we’ll) (?:learn|explore|build|discover|cover|find out|look at))\b",
    re.IGNORECASE,
)
# It points to what stands before it, or only says hello.
_ELSEWHERE = re.compile(
    r"^(?:previously|earlier|so far|in the (?:previous|last)|as (?:you|we)|good (?:morning|evening|afternoon)|hello|hi|welcome"
    r"|with me|it|that|these|those|they|on the other hand|but|and|by|lesson|chapter|next|also|however|if you (?:have|get|want)"
    r"|note|click|in the next|to (?:install|run|follow)|make sure|before (?:you|we)|up to now)\b",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"^\d+(?:\.\d+)*[.):]?\s+")
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
        others = _others(tx, request.community_id, asked)
    if lesson is None or tools.concepts is None:
        return []
    tellings = tools.concepts.read([_as_text(one) for one in (lesson, *others)])[0]
    of_itself, about = _about(lesson)
    made = Provenance("embedded", embedder=tools.embedder.name if tools.embedder else "")
    if about is None:
        title = lesson.source.title
        return [
            Abstention(NOTHING_QUOTABLE.format(title=title), to, (), made, payload={"title": "No kick-off", "text": ""})
        ]
    opening = "opening" if of_itself else "opening_lead"
    return [_draft(lesson, tellings, about, opening, tools, asked, made)]


def _draft(
    lesson: StoredSource, tellings: Sequence[Telling], about: Span, part: str, tools: Tools, asked: Any,
    made: Provenance,
) -> Draft:  # fmt: skip
    source, first = lesson.source, _first(lesson.source.text, tellings, about)
    key = f"{source.space_id}/{source.id}"
    opening = words(tools.community, "kickoff", part, key, lesson=linked(tools.community, source))
    parts = _parts(tools.community, opening, lesson, tellings, about, first)
    done = written("kickoff", parts, tools, made, tone=asked.get("tone") or "")
    items = [evidence(source, about), *([evidence(source, (first.start, first.end))] if first else [])]
    why = f"“{source.title}” is the next lesson here. This opens it, with one question that can be answered before reading."
    shown = PromptPayload(
        format="kickoff", kind="kickoff", title=words(tools.community, "kickoff", "title", key, title=source.title),
        text=done.text,
        concept=first.term if first else "", low_effort=words(tools.community, "kickoff", "low_effort", key), why_now=why,
        about=key, publish_at=asked.get("publish_at") or "", tone=asked.get("tone") or "",
    )  # fmt: skip
    return Draft(shown.model_dump(mode="json"), tuple(items), in_space(asked["space_id"]), why, 0.8, done.made, ())


def _parts(
    community: Community,
    opening: str,
    lesson: StoredSource,
    tellings: Sequence[Telling],
    about: Span,
    first: Telling | None,
) -> Parts:
    source, key = lesson.source, lesson.source.id
    body = [_quote(source.text[slice(*about)]), _trail(community, lesson) or _terms(community, tellings, key)]
    if first is not None:
        body += [words(community, "kickoff", "first", key), _quote(source.text[first.start : first.end])]
    asks = words(community, "kickoff", "question" if first else "question_without", key)
    return Parts(opening, "\n\n".join(filter(None, body)), asks)


def _first(text: str, tellings: Sequence[Telling], about: Span) -> Telling | None:
    """What the first question is about: the most telling sentence that can be discussed, apart from the one above it."""
    apart = [one for one in tellings if one.end <= about[0] or about[1] <= one.start]
    others = [one for one in apart if not text[one.start : one.end].startswith(FRAGMENT)]
    return next((one for one in others if one.kind in TELLING), others[0] if others else None)


def _quote(text: str) -> str:
    return f"> {' '.join(text.split())}"


def _terms(community: Community, tellings: Sequence[Telling], key: str) -> str:
    terms = [marked(one.noun) for one in tellings[:MOST_TERMS]]
    return words(community, "kickoff", "terms", key, terms=listed(terms)) if len(terms) > 1 else ""


def _trail(community: Community, lesson: StoredSource) -> str:
    """The headings just below the title, where they say something."""
    found = [(int(level), " ".join(str(title).split())) for _, level, title, _ in lesson.structure.get("headings", ())]
    telling = [
        (level, title.rstrip(":")) for level, title in found if title != lesson.source.title and not _USUAL.match(title)
    ]
    top = min((level for level, _ in telling), default=0)
    said = [title for level, title in telling if level == top and len(title.split()) <= HEADING_WORDS]
    lines = [f"- {_NUMBER.sub('', safety.clean(title))}" for title in list(dict.fromkeys(said))[:MOST_HEADINGS]]
    return "\n".join((f"{words(community, 'kickoff', 'trail', '')}\n", *lines)) if len(lines) > 1 else ""


def _about(lesson: StoredSource) -> tuple[bool, Span | None]:
    """Where the lesson says what it is about, and whether it does; else its first whole sentence that stands for itself."""
    text, apart = lesson.source.text[:READ], [(int(s), int(e)) for s, e, *_ in lesson.structure.get("blocks", ())]
    spans = [span for span in sentences(text) if outside(span, apart) and _stands_alone(text[slice(*span)])]
    of_itself = next(((s, e) for s, e in spans if s < BEGINNING and _OF_ITSELF.search(text[s:e])), None)
    return of_itself is not None, of_itself or next(iter(spans), None)


def _stands_alone(text: str) -> bool:
    return plain(text) and len(text.split()) >= FEWEST_WORDS and not text.endswith("?") and not _ELSEWHERE.match(text)


def _others(tx: Tx, community_id: str, asked: Any) -> list[StoredSource]:
    known = sources.lessons(tx, community_id, [asked["lesson_space_id"]], limit=LESSONS_COMPARED + 1)
    return [one for one in known if one.source.id != asked["lesson_id"]][:LESSONS_COMPARED]


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
