"""The job `discuss`: a space in, discussion prompts out, each about one sentence of a lesson that all its readers may read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from cohost import audience, safety
from cohost.discuss import links, themed
from cohost.discuss.patterns import FORMATS, Format, Patterns, patterns
from cohost.discuss.payload import NAME, PromptPayload
from cohost.discuss.repeats import ALIKE, Earlier, text_of
from cohost.discuss.serving import Served, Serving
from cohost.discuss.variations import Worded, variations
from cohost.discuss.wording import by_model, by_pattern
from cohost.errors import InvalidInput
from cohost.jobs import discuss_grounds, discuss_kickoff, discuss_recap, discuss_welcome
from cohost.jobs.shape import TEXT_CHARACTERS, Job, Outcome, Revision, Tools
from cohost.model import Passage, Request, Source
from cohost.ports import LessonText, Telling
from cohost.quotes import Readable
from cohost.store import Tx, sources
from cohost.store.sources import StoredSource
from cohost.suggestion import Abstention, Destination, Draft, Evidence, Message, Provenance, Suggestion, in_space
from cohost.tone import NoWords, no_words, warning

MOST = 60  # drafts of one request
FEWEST_READ = 20  # lessons of a request, each a fifth of a second; fewer could not tell what is usual in the course
LESSONS_A_DRAFT = 2
LESSONS_KNOWN = 500
DISCUSSED = 3  # posts about a term from which on a why-now says so
VOICE = 3  # approved edits that show a model the host's voice
NOTHING_TO_SAY = (
    "No lesson that all readers of this space may read holds a sentence that has not been talked about already."
)
SERVES_NOTHING = (
    "What the lessons hold, and was not talked about already, serves no part of your Big Purpose. Look whether its goals, "
    "activities and outcome say what the community is about."
)
NOT_OF_THE_THEME = (
    "No lesson that all readers of this space may read speaks of this theme in a sentence that was not quoted already."
)
Maker = Callable[[Request, Tools], Sequence[Outcome]]


@dataclass(frozen=True)
class _Found:
    """Something to talk about."""

    lesson: Source
    telling: Telling
    heading: tuple[str, ...] = ()

    @property
    def quote(self) -> str:
        """The sentence, verbatim."""
        return self.lesson.text[self.telling.start : self.telling.end]


def propose(request: Request, tools: Tools) -> Sequence[Outcome]:
    """Whatever kind the request asks for; an abstention where the excluded words leave none to write with."""
    asked = request.payload
    try:
        made = KINDS[asked.get("kind", "prompt")](request, tools)
        return [_warned(one, tools.community.settings.words_excluded) for one in made]
    except NoWords as told:
        alone = asked.get("member_id")
        to = Destination("introduction", member_ids=(alone,)) if alone else in_space(asked["space_id"])
        return [Abstention(str(told), to, (), _made(tools), payload={"title": "No draft", "text": ""})]


def _warned(one: Outcome, avoid: Sequence[str]) -> Outcome:
    """With a word to the host where an excluded one could not be avoided."""
    if not isinstance(one, Draft):
        return one
    told = warning("\n\n".join(str(one.payload[name]) for name in ("title", "text", "low_effort")), avoid)
    return replace(one, rationale=f"{one.rationale} {told}") if told else one


def discussion_prompts(request: Request, tools: Tools) -> Sequence[Outcome]:
    """So many drafts as asked for, formats in turn; an abstention where there is nothing new to say."""
    if tools.embedder is None or tools.concepts is None:
        return []
    asked = request.payload
    to, number = in_space(asked["space_id"]), min(int(asked.get("number", 1)), MOST)
    with tools.store.read() as tx:
        earlier = Earlier(tx, request.community_id, tools.embedder)
        lessons = asked.get("ground") in (None, "", "lesson", discuss_grounds.CALENDAR)
        found = list(_found(tx, request, tools, to, earlier)) if lessons else []
        said = _discussed(tx, request.community_id, found)
        timely = discuss_grounds.found(tx, request.community_id, asked, tools.clock(), tools)
    serving, avoid = Serving(tools.community.big_purpose, tools.embedder), tools.community.settings.words_excluded
    turns = _in_turn(found, earlier.used(asked["space_id"]), asked.get("format"), patterns(avoid))
    of_lessons = filter(None, (_draft(one, form, asked, tools, earlier, said, serving) for one, form in turns))
    of_now = discuss_grounds.drafts(timely, asked, tools, earlier, serving, _made(tools))
    drafts: list[Outcome] = list(islice(_mixed(of_now, of_lessons), number))
    if not drafts and lessons and not patterns(avoid).keys() & {asked.get("format") or form for form in FORMATS}:
        raise no_words("discussion prompts", avoid)
    ground = asked.get("ground") or ""
    why = discuss_grounds.NONE_FOUND.get(ground) or (
        SERVES_NOTHING if serving.refused else NOT_OF_THE_THEME if asked.get("theme") and not found else NOTHING_TO_SAY
    )
    return drafts or [Abstention(why, to, (), _made(tools), payload={"title": "No discussion prompt", "text": ""})]


def _found(tx: Any, request: Request, tools: Tools, to: Destination, earlier: Earlier) -> Iterator[_Found]:
    """The lessons' tellings, one of each lesson after the other, so that no lesson crowds out the others."""
    spaces = audience.usable_spaces(audience.sight(tx, request.community_id), to)
    known = sources.lessons(tx, request.community_id, spaces, limit=LESSONS_KNOWN)
    theme = str(request.payload.get("theme") or "")
    chosen = themed.passages(tools.search, request.community_id, theme, to) if theme else []
    ordered = _near(known, chosen) if theme else _least_quoted(known, earlier)
    lessons = ordered[: max(FEWEST_READ, LESSONS_A_DRAFT * int(request.payload.get("number", 1)))]
    assert tools.concepts is not None  # noqa: S101  the caller asked before
    read = tools.concepts.read([_as_text(one) for one in lessons])
    tellings = [
        (lesson.source, [t for t in found if _is_new(t, lesson.source, earlier) and _is_of(t, lesson.source, chosen)])
        for lesson, found in zip(lessons, read, strict=True)
    ]
    for rank in sorted({_rank(t) for _, some in tellings for t in some}):
        listed = [(lesson, [t for t in some if _rank(t) == rank]) for lesson, some in tellings]
        for n in range(max((len(these) for _, these in listed), default=0)):
            for lesson, these in listed:
                if n < len(these):
                    yield _Found(lesson, these[n])


def _mixed(first: Iterable[Draft], second: Iterable[Draft]) -> Iterator[Draft]:
    """One of each in turn, as long as there are both."""
    left = [iter(first), iter(second)]
    while left:
        one = next(left[0], None)
        left = left[1:] if one is None else [*left[1:], left[0]]
        if one is not None:
            yield one


def still_true(tx: Tx, suggestion: Suggestion, now: datetime) -> bool:
    """Of all kinds: what they name and what they rest on."""
    return discuss_welcome.still_true(tx, suggestion, now) and discuss_grounds.holds(tx, suggestion, now)


def _rank(telling: Telling) -> int:
    """First terms of the lesson's own in sentences that give something to talk about; usual terms last."""
    return 2 if not telling.own else int(telling.kind == "any")


def _is_new(telling: Telling, lesson: Source, earlier: Earlier) -> bool:
    return not earlier.knows_quote(lesson.text[telling.start : telling.end])


def _is_of(telling: Telling, lesson: Source, chosen: Sequence[Passage]) -> bool:
    """Whether it stands in a passage that was chosen for the theme; without a theme every place will do."""
    here = [one for one in chosen if (one.space_id, one.source_id) == (lesson.space_id, lesson.id)]
    return not chosen or themed.among(telling.start, telling.end, here)


def _near(lessons: Sequence[StoredSource], chosen: Sequence[Passage]) -> list[StoredSource]:
    """Those with a chosen passage, nearest first."""
    order = {(one.space_id, one.source_id): n for n, one in reversed(list(enumerate(chosen)))}
    fitting = [one for one in lessons if (one.source.space_id, one.source.id) in order]
    return sorted(fitting, key=lambda one: order[one.source.space_id, one.source.id])


def _least_quoted(lessons: Sequence[StoredSource], earlier: Earlier) -> list[StoredSource]:
    """Those least quoted so far, newest first among them."""
    used = Counter((item.space_id, item.source_id) for one in earlier.drafts for item in one.evidence)
    return sorted(lessons, key=lambda one: used[one.source.space_id, one.source.id])


def _as_text(lesson: StoredSource) -> LessonText:
    kept = tuple((int(s), int(e)) for s, e, *_ in lesson.structure.get("blocks", ()))
    headings = tuple(str(title) for _, _, title, _ in lesson.structure.get("headings", ()))
    return LessonText(lesson.source.title, lesson.source.text, headings, kept)


def _in_turn(
    found: Sequence[_Found], used: Mapping[str, int], asked: str | None, known: Mapping[Format, Patterns]
) -> Iterator[tuple[_Found, Format]]:
    """Each with a format: the one proposed least so far of those with a pattern for the sentence."""
    counts: Counter[str] = Counter(used)
    for one in found:
        fitting = [form for form in _forms(one, known) if asked in (None, "", form)]
        if fitting:
            form = min(fitting, key=lambda form: counts[form])
            counts[form] += 1
            yield one, form


def _forms(one: _Found, known: Mapping[Format, Patterns]) -> list[Format]:
    """Those with a pattern made for such a sentence."""
    return [form for form in known if known[form].fitting(one.telling)]


def _draft(
    one: _Found,
    form: Format,
    asked: Mapping[str, Any],
    tools: Tools,
    earlier: Earlier,
    said: Mapping[str, int],
    serving: Serving,
) -> Draft | None:
    """None where it, or something like it, was there before, or where it serves nothing."""
    why = _why_now(one, said)
    said_by_host = {name: asked.get(name) or "" for name in ("tone", "theme", "publish_at")}
    serves = serving.of(one.lesson.title, f"{one.telling.term}. {one.quote}")

    def worded(as_form: Format, turn: int) -> Worded | None:
        drafted = _by_pattern(one, as_form, turn, tools)
        if drafted is None:
            return None
        return _in_words(drafted.model_copy(update={"why_now": why, **said_by_host}), one, tools, earlier)

    first = worded(form, 0) if serves is not None else None
    if first is None or serves is None:
        return None
    fitting = [form] if asked.get("format") else _forms(one, patterns(tools.community.settings.words_excluded))
    others = variations(first, fitting, worded, int(asked.get("variations") or 1) - 1)
    for known in (first, *others):
        earlier.add(known.draft, one.quote, known.vector)
    item = Evidence(
        one.lesson.space_id, one.lesson.id, one.lesson.version, one.telling.start, one.telling.end, one.quote,
        title=one.lesson.title, url=one.lesson.url,
    )  # fmt: skip
    beside = tuple(known.as_wording() for known in others)
    shown = first.draft.model_copy(
        update={"serves": serves.text, "serves_part": serves.part or "", "variations": beside}
    )
    return Draft(
        shown.model_dump(mode="json"), (item,), in_space(asked["space_id"]), _rationale(shown, serves),
        min(one.telling.weight / 2, 1.0), first.made, (),
    )  # fmt: skip


def _by_pattern(one: _Found, form: Format, turn: int, tools: Tools) -> PromptPayload | None:
    """None where there are not so many patterns for the sentence."""
    key, avoid = f"{one.lesson.space_id}/{one.lesson.id}", tools.community.settings.words_excluded
    if turn >= len(patterns(avoid)[form].fitting(one.telling)):
        return None
    return by_pattern(form, one.telling, one.quote, one.lesson.title, key, avoid, turn=turn)


def _in_words(drafted: PromptPayload, one: _Found, tools: Tools, earlier: Earlier) -> Worded | None:
    """In a language model's words where there are some that can be used; None where it, or something like it, was there."""
    vector = earlier.embed([text_of(drafted)])[0]
    if earlier.knows(drafted, one.quote, vector):
        return None
    worded, made = by_model(drafted, one.quote, one.lesson.title, tools, _voice(earlier), _made(tools))
    if worded is drafted:
        return Worded(drafted, made, vector)
    reworded = earlier.embed([text_of(worded)])[0]
    if earlier.knows(worded, one.quote, reworded):
        return Worded(drafted, replace(made, made_by="embedded", fallback="repeated"), vector)
    return Worded(worded, made, reworded)


def _why_now(one: _Found, said: Mapping[str, int]) -> str:
    count = said.get(one.telling.term.casefold(), 0)
    if count >= DISCUSSED:
        return f"{count} posts speak of “{one.telling.term}”, and this takes it back to the lesson."
    if count:
        return f"“{one.telling.term}” has come up in the community, and hardly been discussed yet."
    return f"“{one.telling.term}” is at the centre of “{one.lesson.title}”, and nobody has discussed it here yet."


def _discussed(tx: Any, community_id: str, found: Sequence[_Found]) -> dict[str, int]:
    """term → how many posts of the community speak of it."""
    return {
        term: sources.posts_with(tx, community_id, term)
        for term in {one.telling.term.casefold() for one in found[: MOST * 2]}
    }


def _rationale(shown: PromptPayload, served: Served) -> str:
    return " ".join(filter(None, (shown.why_now, served.told())))


def _voice(earlier: Earlier) -> list[str]:
    """What hosts made of earlier drafts, in their own words alone, for a model to take their tone from."""
    edited = [one for one in earlier.drafts if one.original_payload and one.status in ("approved", "published")]
    return [_own_words(str(one.payload["text"])) for one in edited[-VOICE:]]


def _own_words(text: str) -> str:
    """Without quotations: those are facts of another lesson."""
    return "\n".join(line for line in text.splitlines() if not line.startswith(">")).strip()


def _made(tools: Tools) -> Provenance:
    name = tools.embedder.name if tools.embedder else ""
    return Provenance("embedded", embedder=name, retrieval={"alike_from": ALIKE})


def messages(shown: dict[str, Any], destination: Destination, request_id: str | None) -> list[Message]:
    """One post: the text, and the easy way to take part below it."""
    payload = PromptPayload.model_validate(shown)
    text = "\n\n".join(filter(None, (payload.text, f"*{payload.low_effort}*" if payload.low_effort else "")))
    return [
        Message(destination, title=payload.title, text=safety.clean(text, safety.urls_in(text) | links.own_in(text)))
    ]


def revise(shown: Suggestion, proposed: dict[str, Any], readable: Readable) -> Revision:
    """Title, text and the easy way may change; a quotation that stays must stand as it does in its lesson."""
    old = PromptPayload.model_validate(shown.payload)
    given: dict[str, Any] = {
        name: str(proposed[name]).strip() for name in ("title", "text", "low_effort") if name in proposed
    }
    changed = old.model_copy(update=given)
    if not changed.text or len(changed.text) > TEXT_CHARACTERS or len(changed.title) > TEXT_CHARACTERS:
        raise InvalidInput(f"Write between 1 and {TEXT_CHARACTERS} characters.", field="payload.text")
    kept = tuple(item for item in shown.evidence if " ".join(item.quote.split()) in " ".join(changed.text.split()))
    quoted = [line.lstrip("> ").strip() for line in changed.text.splitlines() if line.startswith(">")]
    known = " ".join(" ".join(item.quote.split()) for item in shown.evidence)
    strange = [line for line in quoted if line and line not in known]
    if strange:
        raise InvalidInput(
            f"“{strange[0][:120]}” is quoted, but its source has other words. Copy them again, or take the > away.",
            field="payload.text",
        )
    own = "\n".join(line for line in changed.text.splitlines() if not line.startswith(">"))
    items = shown.evidence if changed.kind == "recap" else kept or shown.evidence  # a recap stands on all it points to
    return Revision(changed.model_dump(mode="json"), items, (changed.title, own, changed.low_effort))


def planned_for(suggestion: Suggestion) -> datetime | None:
    """The time of its slot in the calendar, if it has one."""
    at = PromptPayload.model_validate(suggestion.payload).publish_at
    return datetime.fromisoformat(at) if at else None


def named(suggestion: Suggestion) -> frozenset[str]:
    """Members whose profiles it repeats."""
    return frozenset(suggestion.payload.get("people", ()))  # an abstention has none


def emptied(shown: dict[str, Any]) -> dict[str, Any]:
    """Its form, without a word of any source."""
    payload = PromptPayload.model_validate(shown)
    silent = {
        "title": "A discussion prompt", "text": "", "concept": "", "options": (), "low_effort": "", "why_now": "",
        "people": (), "facts": (), "earlier": (), "variations": (), "reworded": "",
    }  # fmt: skip
    return payload.model_copy(update=silent).model_dump(mode="json")


KINDS: dict[str, Maker] = {
    "prompt": discussion_prompts, "welcome": discuss_welcome.propose, "recap": discuss_recap.propose,
    "kickoff": discuss_kickoff.propose,
}  # fmt: skip
JOB = Job(
    NAME, frozenset({"host"}), propose=propose, messages=messages, revise=revise, emptied=emptied,
    expires_after=timedelta(days=60), again_after_undo=False, remade=False, planned_for=planned_for,
    still_true=still_true, names=named,
)  # fmt: skip
