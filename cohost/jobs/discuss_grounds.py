"""Drafts about what happens in the community: an event, a question, a thread, a milestone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from cohost.discuss import themed
from cohost.discuss.ground_events import events
from cohost.discuss.ground_milestones import milestones
from cohost.discuss.ground_threads import questions, threads
from cohost.discuss.grounds import Around, Candidate, Ground, worded
from cohost.discuss.links import linked
from cohost.discuss.patterns import FORMATS, Format
from cohost.discuss.payload import PromptPayload
from cohost.discuss.repeats import Earlier, text_of
from cohost.discuss.serving import Served, Serving
from cohost.discuss.spans import evidence
from cohost.jobs.shape import Tools
from cohost.store import Tx
from cohost.suggestion import Draft, Provenance, Suggestion, in_space

FINDERS: Final[Mapping[Ground, Callable[[Around], Iterator[Candidate]]]] = {
    "event": events, "question": questions, "thread": threads, "milestone": milestones,
}  # fmt: skip
OF_THE_WEEK: Final[tuple[Ground, ...]] = ("event", "thread")  # what goes before the lesson in a slot of the calendar
CALENDAR: Final = "calendar"  # an event or a lively thread of the week, else a lesson
WEEK, MOST_AHEAD = timedelta(days=7), timedelta(days=14)
PATIENCE = timedelta(days=30)  # how long a draft may wait for a host, as long as what it says is so
NONE_FOUND: Final[Mapping[str, str]] = {
    "event": "No event that all readers of this space may read is two weeks ahead or less, or was on in the last two weeks, "
    "and names its day, and was not taken up already.",
    "question": "No question that all readers of this space may read has waited for a reply between a day and a month, is by "
    "a host, a moderator or somebody who lets their posts be quoted, and was not taken up already.",
    "thread": "No lively or open thread that all readers of this space may read was begun by a host, a moderator or somebody "
    "who lets their posts be quoted, and was not taken up already.",
    "milestone": "No milestone was reached in the last two weeks that was not taken up already.",
}


def found(tx: Tx, community_id: str, asked: Mapping[str, Any], now: datetime, tools: Tools) -> list[Candidate]:
    """What there is, in turns of ground. A theme keeps what is near it."""
    grounds = wanted(asked)
    at = datetime.fromisoformat(asked["publish_at"]) if asked.get("publish_at") else now
    for_slot = asked.get("ground") == CALENDAR
    ahead = WEEK if for_slot else MOST_AHEAD
    around = Around(tx, community_id, in_space(asked["space_id"]), now, at, ahead)
    queues = [list(FINDERS[one](around)) for one in grounds]
    if for_slot:
        queues = [[one for one in queue if one.part in ("coming", "lively")] for queue in queues]
    ordered = [queue[n] for n in range(max(map(len, queues), default=0)) for queue in queues if n < len(queue)]
    return ordered if for_slot else _near(ordered, str(asked.get("theme") or ""), tools)


def wanted(asked: Mapping[str, Any]) -> tuple[Ground, ...]:
    """The grounds beside lessons that a request asks for: all, unless it names one."""
    named = asked.get("ground") or ""
    if named == CALENDAR:
        return OF_THE_WEEK
    return tuple(one for one in FINDERS if named in ("", one))


def drafts(
    candidates: Sequence[Candidate], asked: Mapping[str, Any], tools: Tools, earlier: Earlier, serving: Serving,
    made: Provenance,
) -> Iterator[Draft]:  # fmt: skip
    """One of each candidate that serves something and was not there before, in the format used least that suits it."""
    counts, done = Counter(earlier.used(asked["space_id"])), set[int]()
    known = {draft.payload.get("about") for draft in earlier.drafts}
    forms = [form for form in FORMATS if asked.get("format") in (None, "", form)]
    for one in candidates:
        if one.key in known or one.source.pk in done:
            continue  # as a question, say, and as an open thread
        serves = serving.of(one.source.title, one.quote)
        if serves is None:
            continue
        for form in sorted(forms, key=lambda form: counts[form]):
            draft = _draft(one, form, asked, tools, earlier, serves, made)
            if draft is not None:
                counts[form] += 1
                done.add(one.source.pk)
                yield draft
                break


def _draft(
    one: Candidate, form: Format, asked: Mapping[str, Any], tools: Tools, earlier: Earlier, serves: Served,
    made: Provenance,
) -> Draft | None:  # fmt: skip
    said = worded(one, form, tools.community.settings.words_excluded)
    if said is None:
        return None
    listed = "\n".join(f"- {option}" for option in said.options)
    below = f"> {' '.join(one.quote.split())}\n\nFrom {linked(tools.community, one.source)}"
    text = "\n\n".join(filter(None, (said.opening, below, said.text, listed)))
    kept = ("tone", "publish_at") if asked.get("ground") == CALENDAR else ("tone", "theme", "publish_at")
    by_host = {name: asked.get(name) or "" for name in kept}
    shown = PromptPayload(
        format=form, title=said.title, text=text, concept=one.key, options=said.options, low_effort=said.low_effort,
        why_now=one.why_now, ground=one.ground, about=one.key,
        people=(one.source.author_id,) if one.source.author_id else (), serves=serves.text,
        serves_part=serves.part or "",
    ).model_copy(update=by_host)  # fmt: skip
    vector = earlier.embed([text_of(shown)])[0]
    if earlier.knows(shown, one.quote, vector):
        return None
    earlier.add(shown, one.quote, vector)
    items = tuple(evidence(one.source, span) for span in one.spans)
    why = " ".join(filter(None, (one.why_now, serves.told())))
    return Draft(shown.model_dump(mode="json"), items, in_space(asked["space_id"]), why, 0.8, made, ())


def _near(candidates: Sequence[Candidate], theme: str, tools: Tools) -> list[Candidate]:
    if not theme or not candidates or tools.embedder is None:
        return list(candidates)
    texts = [f"{one.source.title}. {one.quote}" for one in candidates]
    cosines = tools.embedder.embed(texts) @ tools.embedder.embed([theme])[0]
    return [
        one for one, text, cosine in zip(candidates, texts, cosines, strict=True)
        if cosine >= themed.NEAR or theme.casefold() in text.casefold()
    ]  # fmt: skip


def holds(tx: Tx, suggestion: Suggestion, now: datetime) -> bool:
    """Whether what a prompt rests on is still so: nobody replied to the question, the event is not over, its author lets it."""
    shown = PromptPayload.model_validate(suggestion.payload)
    finder = next((find for ground, find in FINDERS.items() if ground == shown.ground), None)
    if finder is None:
        return True
    around = Around(tx, suggestion.community_id, suggestion.destination, now, now, patience=PATIENCE)
    return any(one.key == shown.about for one in finder(around))
