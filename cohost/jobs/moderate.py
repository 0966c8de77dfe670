"""The job `moderate`: what it sees in a post, where, which guideline, how sure, and the gentlest step. It acts on nobody."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from pydantic import ValidationError

from cohost import audience, safety
from cohost.errors import InvalidInput
from cohost.jobs.moderate_patterns import patterns
from cohost.jobs.moderate_payload import MOST_SPANS, NAME, REPORTED, FlagPayload
from cohost.jobs.moderate_readers import Judged, second_look
from cohost.jobs.moderate_words import ACTING, BY_HAND, CATEGORIES, ORDERS, SILENT, Step, ending, private_note
from cohost.jobs.shape import Job, Outcome, Revision, Tools
from cohost.model import Community, Request, Source
from cohost.ownwords import find_foreign_text
from cohost.ports import Finding, ModerationText
from cohost.quotes import Readable
from cohost.store import Tx, moderation_fits, readings, sources, suggestions
from cohost.store.moderation_fits import Fit
from cohost.suggestion import Destination, Draft, Evidence, Message, Provenance, Status, Suggestion, for_asker, in_space

UNREAD: frozenset[Status] = frozenset({"withdrawn", "expired"})  # nobody has judged these words
REPORT_SHOWN = 300  # characters of a reported post that are marked where nothing else is
TOP, SURE = 0.9, 0.75
CLOSE = 30  # characters between marked words that belong together
SENTENCE_ENDS = frozenset(".!?\n")
REMEMBERED = 1.0  # log-odds below a threshold that are still stored, to measure the budget and to see patterns
UNMEASURED = {"few": 0.7, "balanced": 0.0, "many": -0.7}  # log-odds, until the community's own posts tell
NEVER_HELD_BACK = frozenset({"threat", "distress", "personal_data", REPORTED})  # by the most of a day


def request_payload(source: Source, *, reported: bool = False) -> dict[str, Any]:
    """What a request of this job says."""
    return {"space_id": source.space_id, "source_id": source.id, "version": source.version, "reported": reported}


@dataclass(frozen=True)
class Seen:
    """A post as it was read, with what there is to say about it."""

    post: Source
    parent: Source | None
    findings: tuple[Finding, ...]  # over the bar, most telling first
    fit: Fit


def propose(request: Request, tools: Tools) -> Sequence[Outcome]:
    """One flag of the post at most, and one of what happens over time; nothing where people have judged it already."""
    space_id, source_id = request.payload["space_id"], request.payload["source_id"]
    with tools.store.read() as tx:
        post = sources.texts(tx, request.community_id, [(space_id, source_id)]).get((space_id, source_id))
        parent = _parent(tx, request.community_id, post)
        fit = moderation_fits.in_use(tx, request.community_id, tools.community.settings.moderation_version)
    if post is None or post.origin != "person" or tools.moderation is None:
        return []
    found = tools.moderation.read(
        [ModerationText(post.text, parent.text if parent else "")], learned=fit.learned, leeway=REMEMBERED
    )[0]
    mine = sorted(
        (_joined(post.text, finding) for finding in found if not finding.quoted and _on(finding, tools.community)),
        key=lambda finding: -finding.excess,
    )
    over = tuple(finding for finding in mine if finding.excess >= bar(tools.community, fit))
    reported = bool(request.payload.get("reported"))
    if reported and not over:
        over = (Finding(REPORTED, 0.5, ((0, min(len(post.text), REPORT_SHOWN)),)),)
    return _outcomes(Seen(post, parent, over, fit), mine, tools, reported=reported)


def _joined(text: str, finding: Finding) -> Finding:
    """Words that stand close together are one span: "your fingers" says more than "your" and "fingers"."""
    spans: list[tuple[int, int]] = []
    for start, end in finding.spans:
        between = text[spans[-1][1] : start] if spans else ""
        if spans and len(between) <= CLOSE and not set(between) & SENTENCE_ENDS:
            spans[-1] = (spans[-1][0], end)
        else:
            spans.append((start, end))
    return replace(finding, spans=tuple(spans))


def _outcomes(seen: Seen, near: Sequence[Finding], tools: Tools, *, reported: bool) -> list[Outcome]:
    """What is put to the queue; the reading is stored either way."""
    with tools.store.write() as tx:
        earlier = suggestions.citing(tx, tools.community.id, seen.post.space_id, seen.post.id)
        new = bool(seen.findings) and not _judged(seen.post, seen.findings[0], [s for s in earlier if s.job == NAME])
        outcome = _outcome(tx, seen.findings[0], tools) if new else ""
        if new and reported:
            outcome = "flagged"  # a member is heard whatever the settings say
        readings.put(tx, tools.community.id, _reading(seen, near, outcome, tools.clock()))
        over_time = patterns(tx, tools.community, seen.post, seen.parent, now=tools.clock())
    made: list[Outcome] = []
    if outcome == "flagged":
        topic = CATEGORIES[seen.findings[0].category].meaning
        made.append(_flag(seen, guideline_of(seen.findings[0].category, topic, tools), tools))
    return [*made, *over_time] if not tools.community.settings.moderation_shadow else made


def bar(community: Community, fit: Fit) -> float:
    """Log-odds that a finding needs above its threshold."""
    budget = community.settings.flag_budget
    return fit.bars.get(budget, UNMEASURED[budget])


def _outcome(tx: Tx, top: Finding, tools: Tools) -> readings.Outcome:
    settings = tools.community.settings
    if settings.moderation_shadow:
        return "shadow"
    day = tools.clock() - timedelta(days=1)
    full = readings.count(tx, tools.community.id, "flagged", day) >= settings.flags_per_day
    return "held_back" if full and top.category not in NEVER_HELD_BACK else "flagged"


def _reading(seen: Seen, near: Sequence[Finding], outcome: readings.Outcome, now: datetime) -> readings.Reading:
    post, target = seen.post, seen.parent.author_id if seen.parent else None
    top = max(near, key=lambda finding: finding.excess, default=None)
    return readings.Reading(
        post.space_id, post.id, post.version, post.author_id, target if target != post.author_id else None,
        top.category if top else "", top.excess if top else None, top.spans if top else (), outcome, now,
    )  # fmt: skip


def guideline_of(category: str, meaning: str, tools: Tools) -> int | None:
    """The guideline that a host chose for the category; else the one nearest in meaning."""
    if category == REPORTED:
        return None  # a report names no rule
    guidelines = tools.community.guidelines
    chosen = tools.community.settings.category_guidelines.get(category)
    if chosen in guidelines:
        return guidelines.index(chosen) + 1
    return tools.moderation.guideline(meaning, guidelines) if tools.moderation else None


def _parent(tx: Tx, community_id: str, post: Source | None) -> Source | None:
    if post is None or post.parent_id is None:
        return None
    return sources.texts(tx, community_id, [(post.space_id, post.parent_id)]).get((post.space_id, post.parent_id))


def _on(finding: Finding, community: Community) -> bool:
    return finding.category not in community.settings.categories_off


def _judged(post: Source, finding: Finding, earlier: Sequence[Suggestion]) -> bool:
    """Whether these very words wait for a decision already, or had one."""
    quotes = {post.text[start:end] for start, end in finding.spans}
    return any(s.status not in UNREAD and quotes <= {item.quote for item in s.evidence} for s in earlier)


def _flag(seen: Seen, guideline: int | None, tools: Tools) -> Draft:
    post, parent, top = seen.post, seen.parent, seen.findings[0]
    words = CATEGORIES[top.category]
    items = _evidence(post, top)
    text = tools.community.guidelines[guideline - 1] if guideline else ""
    looked = Judged() if top.category == REPORTED else second_look(post, parent, top, text, tools)
    payload = FlagPayload(
        title=words.name, category=top.category, also=tuple(finding.category for finding in seen.findings[1:]),
        guideline=guideline, guideline_text=text, step=words.step,
        by_hand=_by_hand(words.step, tools.steps),
        text=private_note(top.category, guideline, text, tuple(item.quote for item in items), said=looked.note,
                          step=words.step),
        readers=looked.opinions,
        space_id=post.space_id, source_id=post.id, source_version=post.version, author_id=post.author_id,
        concerned=tuple(filter(None, (post.author_id, parent.author_id if parent else None))),
    )  # fmt: skip
    return Draft(
        payload.model_dump(mode="json"), items, Destination("moderation_desk", source_id=post.id),
        _rationale(top, looked), top.probability, _provenance(seen, looked, tools), (),
    )  # fmt: skip


def _rationale(top: Finding, looked: Judged) -> str:
    doubts = [opinion.name for opinion in looked.opinions if not opinion.sees_it]
    doubted = f" The readers disagree: {', '.join(doubts)} does not see it." if doubts else ""
    return f"The marked words {CATEGORIES[top.category].seen}. {_sureness(top)}{doubted}"


def _provenance(seen: Seen, looked: Judged, tools: Tools) -> Provenance:
    return Provenance(
        looked.made_by or "embedded", looked.prompt, looked.prompt_hash, retrieval=_retrieval(seen, tools),
        input_tokens=looked.input_tokens, output_tokens=looked.output_tokens,
    )  # fmt: skip


def _retrieval(seen: Seen, tools: Tools) -> dict[str, Any]:
    """Which reader, as what was learned moved it, and how far above the threshold."""
    reader = tools.moderation.name if tools.moderation else ""
    return {"reader": reader, "learned": seen.fit.version, "excess": round(seen.findings[0].excess, 3)}


def _evidence(post: Source, finding: Finding) -> tuple[Evidence, ...]:
    return tuple(
        Evidence(post.space_id, post.id, post.version, start, end, post.text[start:end], title=post.title, url=post.url)
        for start, end in finding.spans[:MOST_SPANS]
    )


def _sureness(finding: Finding) -> str:
    """In words: a number would look more exact than it is."""
    if finding.category == REPORTED:
        return "A member asked for a look; the co-host itself sees nothing that it would flag."
    if finding.probability >= TOP:
        return "The co-host is quite sure."
    return (
        "The co-host is fairly sure."
        if finding.probability >= SURE
        else "The co-host is not sure: please look closely."
    )


def messages(shown: dict[str, Any], destination: Destination, request_id: str | None) -> list[Message]:
    """What is to be done to the post, and the private note, if the step has them."""
    flag = FlagPayload.model_validate(shown)
    return [*_order(flag), *_note(flag)]


def _order(flag: FlagPayload) -> list[Message]:
    if flag.step not in ACTING:
        return []
    about = Destination("post", space_id=flag.space_id, source_id=flag.source_id)
    return [Message(about, flag.title, ORDERS[flag.step], step=flag.step, move_to=flag.move_to)]


def _note(flag: FlagPayload) -> list[Message]:
    if flag.step in SILENT or not flag.text.strip() or flag.author_id is None:
        return []
    to = Destination("private_note", member_ids=(flag.author_id,), source_id=flag.source_id)
    return [
        Message(
            to, title="A note from the hosts", text=safety.clean(flag.text, safety.urls_in(flag.text)), step=flag.step
        )
    ]


def revise(shown: Suggestion, proposed: dict[str, Any], readable: Readable) -> Revision:
    """Guideline, step and message may change, never what the post says; raises InvalidInput."""
    flag = FlagPayload.model_validate(shown.payload)
    given = {name: proposed[name] for name in ("step", "text", "guideline", "move_to") if name in proposed}
    try:
        changed = FlagPayload.model_validate({**flag.model_dump(), **given})
    except ValidationError as error:
        first = error.errors()[0]
        raise InvalidInput(f"{first['loc'][0]}: {first['msg']}.", field=f"payload.{first['loc'][0]}") from error
    if flag.author_id and changed.text != flag.text:
        _check_readable(readable, flag, changed.text, shown.evidence)
    kept = changed.text.replace(ending(flag.step), ending(changed.step))  # what it says of the post stays true
    changed = changed.model_copy(update={"text": kept})
    _check_target(readable.tx, readable.community_id, changed)
    changed = changed.model_copy(update={"move_to": changed.move_to if changed.step == "move" else None})
    return Revision(changed.model_dump(mode="json"), shown.evidence, ())


def left_to_people(shown: dict[str, Any], steps: frozenset[str]) -> dict[str, Any]:
    """The flag, saying what a person has to do where the connector cannot."""
    flag = FlagPayload.model_validate(shown)
    return flag.model_copy(update={"by_hand": _by_hand(flag.step, steps)}).model_dump(mode="json")


def _by_hand(step: Step, steps: frozenset[str]) -> str:
    return "" if step in steps else BY_HAND.get(step, "")


def _check_target(tx: Tx, community_id: str, flag: FlagPayload) -> None:
    """A post is moved to nobody who could not read it before."""
    if flag.step != "move":
        return
    seen = audience.sight(tx, community_id)
    if flag.move_to is None or flag.move_to not in seen.spaces or flag.move_to == flag.space_id:
        raise InvalidInput("Say where to: `move_to` is the id of another space.", field="payload.move_to")
    if not audience.contains(seen, in_space(flag.space_id), in_space(flag.move_to)):
        raise InvalidInput(
            f"Some of those who read {seen.spaces[flag.move_to].name} may not read where the post stands now."
            " Choose another space.",
            field="payload.move_to",
        )


def _check_readable(readable: Readable, flag: FlagPayload, text: str, own: Sequence[Evidence]) -> None:
    """Nothing in the note that its one reader may not read; their own post they know."""
    for item in own:
        text = text.replace(item.quote, " ")
    foreign = find_foreign_text(readable.tx, readable.community_id, for_asker(flag.author_id or ""), [text])
    if foreign:
        raise InvalidInput(
            f"“{foreign[:120]}” is taken from a source that the author of the post may not read. Leave it out.",
            field="payload.text",
        )


def emptied(shown: dict[str, Any]) -> dict[str, Any]:
    """The verdict without the note, which quotes the post."""
    return FlagPayload.model_validate(shown).model_copy(update={"text": ""}).model_dump(mode="json")


def concerned(suggestion: Suggestion) -> frozenset[str]:
    """The post's author and whom it answers."""
    return frozenset(FlagPayload.model_validate(suggestion.payload).concerned)


JOB = Job(
    NAME, frozenset({"moderator", "host"}), propose=propose, messages=messages, revise=revise, emptied=emptied,
    expires_after=timedelta(days=30), needs_reason=True, again_after_undo=False, outlives_sources=True, concerned=concerned,
    left_to_people=left_to_people,
)  # fmt: skip
