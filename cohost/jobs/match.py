"""The job `match`: a round in, one introduction for each meeting out; who they are stays between hosts until all accept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from pydantic import BaseModel, Field

from cohost import prompts, safety
from cohost.errors import ModelUnavailable
from cohost.ids import new_id
from cohost.jobs import match_now
from cohost.jobs.answer_payload import evidence_of
from cohost.jobs.match_payload import NAME, IntroductionPayload, Person, StatedFact
from cohost.jobs.match_round import Planned, planned
from cohost.jobs.match_words import (
    NOTHING_SHOWN,
    QUESTION_FOLLOWS,
    exchange,
    invitation,
    listed,
    question,
    question_without_lesson,
    reason_for,
    reason_for_hosts,
    reminder,
    slots,
    tells_who,
)
from cohost.jobs.shape import Job, Outcome, Revision, Tools, addressed, only_text
from cohost.match.plan import Meeting
from cohost.match.reasons import Meanings, Reason, reasons
from cohost.match.stored import Fact, facts_of
from cohost.model import Request
from cohost.ports import Query
from cohost.quotes import Readable
from cohost.store import Tx, requests, rounds
from cohost.store.profiles import StoredProfile
from cohost.store.rounds import Invitation
from cohost.suggestion import Destination, Draft, Evidence, Message, Provenance, Suggestion
from cohost.tone import EXCLUDED, excluded, warning

TITLE = "An introduction"
SHORTEST, LONGEST = 40, 240  # characters of a sentence to talk about
FEWEST_WORDS = 8
POINTS_BACK = frozenset("it this that these those they he she we here there such so then buy to".split())
MOST_ASKED = 30  # introductions of a round whose first question a language model is asked for
QUESTION_WORDS = 40
MOST_REASONS = 8  # of one introduction: nobody reads more, and platforms limit a text
RENEWED_EACH = 100  # introductions: a long round keeps its claim


class FirstQuestion(BaseModel):
    """What a language model is asked to return."""

    question: str = Field(description="one question about the sentence of the lesson")


@dataclass(frozen=True)
class _Talk:
    """What a first conversation could begin with."""

    question: str
    evidence: tuple[Evidence, ...]
    made: Provenance


def propose(request: Request, tools: Tools) -> Sequence[Outcome]:
    """One draft for each meeting of the round; whoever is left out stands in the round, with the reason."""
    round_id = request.payload["round_id"]
    with tools.store.read() as tx:
        stored = rounds.get(tx, request.community_id, round_id)
    if stored.status != "waiting" or tools.embedder is None:
        return []
    plan = planned(tools, stored)
    meanings = Meanings([p for m in plan.meetings for p in plan.profiles_of(m)], tools.embedder.embed)
    drafts = []
    for n, meeting in enumerate(sorted(plan.meetings, key=lambda one: one.member_ids)):
        if n % RENEWED_EACH == 0:
            with tools.store.write() as tx:
                requests.renew(tx, request, tools.clock())
        drafts.append(_draft(meeting, plan, meanings, tools))
    with tools.store.write() as tx:  # it counts as proposed only together with its introductions
        rounds.leave_out(tx, request.community_id, round_id, plan.left_out)
    return drafts


def _draft(meeting: Meeting, plan: Planned, meanings: Meanings, tools: Tools) -> Draft:
    stored, names = plan.profiles_of(meeting), plan.names
    found = reasons(stored, meanings)[:MOST_REASONS]
    facts = list(dict.fromkeys(fact for reason in found for fact in (reason.one, reason.other)))
    to = Destination("introduction", member_ids=meeting.member_ids)
    talk = _talk(facts, _topics(stored), to, plan, tools)
    here = {member: names[member] for member in meeting.member_ids}
    said = tuple(reason_for_hosts(reason, here) for reason in found)
    worded = IntroductionPayload(
        title=f"Introduce {listed([names[m] for m in meeting.member_ids])}", round_id=plan.round.id,
        shape=plan.asked.shape, purpose=plan.asked.purpose,
        people=tuple(Person(member_id=m, name=names[m]) for m in meeting.member_ids),
        parts={name: round(value, 3) for name, value in meeting.parts.items()}, unmet=meeting.unmet,
        reasons=said or (NOTHING_SHOWN,),
        facts=tuple(StatedFact(**fact.__dict__) for fact in facts), text=_text(said, talk.question),
        until=_day(plan.round.deadline), times=_times(meeting, plan, tools.clock()),
    )  # fmt: skip
    shown = _with_messages(worded, found)
    return Draft(
        shown.model_dump(mode="json"), talk.evidence, to, _rationale(shown, tools),
        _share(meeting.compatibility, plan), talk.made, (),
    )  # fmt: skip


def _rationale(shown: IntroductionPayload, tools: Tools) -> str:
    """Why, and which excluded word stands in a sentence that every introduction has."""
    said = "\n\n".join((*shown.invitations.values(), *shown.reminders.values(), shown.text))
    return " ".join(filter(None, (*shown.reasons, warning(said, tools.community.settings.words_excluded))))


def _share(compatibility: float, plan: Planned) -> float:
    """0..1: of the most that the weights could add up to."""
    most = sum(max(weight, 0.0) for weight in vars(plan.asked.weights_of()).values())
    return max(0.0, min(compatibility / most, 1.0)) if most else 0.0


def _with_messages(shown: IntroductionPayload, found: Sequence[Reason]) -> IntroductionPayload:
    others, names = len(shown.people) - 1, {p.member_id: p.name for p in shown.people}
    discreet = [r for r in found if not any(tells_who(fact.value, names[fact.member_id]) for fact in (r.one, r.other))]
    return shown.model_copy(update={
        "invitations": {
            p.member_id: invitation(p.name, others, [reason_for(p.member_id, r) for r in discreet], shown.until)
            for p in shown.people
        },
        "reminders": {p.member_id: reminder(p.name, shown.until) for p in shown.people},
    })  # fmt: skip


def _text(reasons: Sequence[str], first_question: str) -> str:
    why = "\n".join(f"- {reason}" for reason in reasons)
    return "\n\n".join(filter(None, (why, QUESTION_FOLLOWS, first_question)))


def _times(meeting: Meeting, plan: Planned, now: datetime) -> dict[str, tuple[str, ...]]:
    """Only where everybody shows when they are free."""
    shown = [plan.stored[m] for m in meeting.member_ids if "time_zone" in plan.stored[m].shown]
    if len(shown) < len(meeting.member_ids):
        return {}
    zones = {one.member_id: str(one.fields.get("time_zone") or "UTC") for one in shown}
    return slots([plan.hours[m] for m in meeting.member_ids], zones, now)


def _topics(stored: Sequence[StoredProfile]) -> list[str]:
    """What all of them show of what they want and care about."""
    return [fact.value for one in stored for name in ("goals", "interests", "asks") for fact in facts_of(one, name)]


def _talk(facts: Sequence[Fact], topics: Sequence[str], to: Destination, plan: Planned, tools: Tools) -> _Talk:
    """About a sentence of the material that everybody may read; without one, about what they say."""
    shared = [fact.value for fact in facts if fact.field != "languages"]
    about = "; ".join(dict.fromkeys(shared or topics)) or tools.community.name
    passages = [p for p in tools.search.search(Query(tools.community.id, about, to)) if p.kind != "post"]
    best = next((s for s in tools.search.sentences(about, passages) if _is_a_sentence(s.text)), None)
    made = Provenance("embedded", retrieval=tools.search.signature())
    if best is None:
        return _Talk(question_without_lesson(facts), (), made)
    item = evidence_of(passages[best.passage], best.start, best.end)
    written = question(item.title, item.quote, "/".join(to.member_ids), tools.community.settings.words_excluded)
    return _asked(facts, item, tools, _Talk(written, (item,), made)) if len(plan.meetings) <= MOST_ASKED else _Talk(
        written, (item,), made
    )  # fmt: skip


def _is_a_sentence(text: str) -> bool:
    """No heading, no list, no row of a table, nothing that points back: something to talk about by itself."""
    words = text.split()
    whole = text[0].isupper() and text[-1] in ".!?…" and not set("|\n") & set(text)
    alone = words[0].casefold() not in POINTS_BACK and "course" not in text.casefold()
    return SHORTEST <= len(text) <= LONGEST and len(words) >= FEWEST_WORDS and whole and alone


def _asked(facts: Sequence[Fact], item: Evidence, tools: Tools, otherwise: _Talk) -> _Talk:
    """The question in a language model's words, where it is one; the sentence stands before it, as the lesson has it."""
    if tools.model is None:
        return otherwise
    said = [f"{fact.field}: {fact.value}" for fact in facts]
    prompt = prompts.render("match", community_name=tools.community.name, facts=said, lesson=item.quote)
    try:
        done = tools.model.complete(prompt, FirstQuestion, community_id=tools.community.id)
    except ModelUnavailable as failed:
        return replace(otherwise, made=replace(otherwise.made, fallback=failed.fault))
    asked = " ".join(safety.clean(done.output.question, frozenset()).split())
    if not asked.endswith("?") or len(asked.split()) > QUESTION_WORDS or prompts.echoes(prompt, asked):
        return replace(otherwise, made=replace(otherwise.made, fallback="wrong_shape"))
    if excluded(asked, tools.community.settings.words_excluded):
        return replace(otherwise, made=replace(otherwise.made, fallback=EXCLUDED))
    made = prompts.worded_by(otherwise.made, prompt, done, tools.model)
    return _Talk(f"From “{item.title}”: “{item.quote}” {asked}", otherwise.evidence, made)


def messages(shown: dict[str, Any], destination: Destination, request_id: str | None) -> list[Message]:
    """The invitations; one reminder and the names follow under the same approval."""
    payload = IntroductionPayload.model_validate(shown)
    return [_message(member, text) for member, text in payload.invitations.items()]


def later_message(shown: IntroductionPayload, member_id: str, accepted: frozenset[str] | None) -> Message:
    """The reminder, or, once it is known who accepted, the names."""
    text = shown.reminders[member_id] if accepted is None else exchange(shown, member_id, accepted)
    return _message(member_id, text)


def _message(member_id: str, text: str) -> Message:
    return Message(Destination("introduction", member_ids=(member_id,)), title=TITLE, text=safety.clean(text))


def previewed(shown: dict[str, Any], destination: Destination, request_id: str | None) -> list[Message]:
    """What an edit changes follows below the names; its first messages are the invitations."""
    return [Message(destination, title="", text=shown["text"])]


def revise(shown: Suggestion, proposed: dict[str, Any], readable: Readable) -> Revision:
    """What everybody reads below the names may change; who meets, and what invitations say, may not."""
    return only_text(IntroductionPayload.model_validate(shown.payload), shown, proposed)


def emptied(shown: dict[str, Any]) -> dict[str, Any]:
    """Of which round it was, and nothing of anybody."""
    payload = IntroductionPayload.model_validate(shown)
    silent = {"people": (), "unmet": (), "reasons": (), "facts": (), "text": ""}
    messages: dict[str, Any] = {"invitations": {}, "reminders": {}, "times": {}}
    return payload.model_copy(update={"title": TITLE, **silent, **messages}).model_dump(mode="json")


def still_true(tx: Tx, suggestion: Suggestion, now: datetime) -> bool:
    """Whether all are here, opted in, may meet, and still say and show what goes out."""
    return match_now.may_meet(tx, suggestion) and match_now.may_go_out(tx, suggestion)


def submitted(tx: Tx, request: Request, now: datetime) -> None:
    """The round is there, with all its introductions or not at all."""
    rounds.propose(tx, request.payload["round_id"])


def approved(tx: Tx, suggestion: Suggestion, now: datetime) -> None:
    """An invitation for each of them, with the approval."""
    if rounds.of_suggestions(tx, suggestion.community_id, [suggestion.id]):
        return  # taken back once, and approved again
    payload = IntroductionPayload.model_validate(suggestion.payload)
    ends = rounds.get(tx, suggestion.community_id, payload.round_id).deadline
    middle = now + (ends - now) / 2
    rounds.invite(tx, suggestion.community_id, [
        Invitation(new_id("iv"), payload.round_id, suggestion.id, member, now, middle) for member in payload.member_ids
    ])  # fmt: skip


def _day(moment: datetime) -> str:
    return f"{moment.day} {moment:%B}"


JOB = Job(
    NAME, frozenset({"host"}), propose=propose, messages=messages, revise=revise, emptied=emptied,
    expires_after=timedelta(days=30), again_after_undo=False, remade=False, needs_evidence=False, still_true=still_true,
    submitted=submitted, approved=approved, names=addressed, concerned=addressed, previewed=previewed,
)  # fmt: skip
