"""The job `help`: a question whose draft waits in, one invitation to members who may know out."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from cohost import safety
from cohost.jobs.help_payload import NAME, HelpPayload, Likely, Telling
from cohost.jobs.match_words import listed
from cohost.jobs.shape import Job, Outcome, Revision, Tools, addressed, only_text
from cohost.match.helpers import Helper
from cohost.model import Request
from cohost.quotes import Readable
from cohost.store import Tx, askings, people, places, requests
from cohost.suggestion import Destination, Draft, Message, Provenance, Suggestion
from cohost.who_knows import may_be_asked, who_knows

TITLE = "A question you may be able to answer"
SHOWN_CHARACTERS = 2_000  # of a question; the rest is read where it was asked
TEXT = (
    "You have told us that you like to help, and you may know what somebody asked in {space}. If so, please reply there by"
    " {until}. If it does not suit you, you need not do anything.\n\n{question}"
)
WHY = (
    "They like to help, and they wrote, or offer, what comes near the question. The draft of the answer waits for them."
)


def propose(request: Request, tools: Tools) -> Sequence[Outcome]:
    """One invitation, or nothing where nobody seems to know; then the draft comes back."""
    with tools.store.read() as tx:
        asking = askings.of_request(tx, request.id)
        question = requests.find(tx, request.community_id, request.payload["question_id"])
    if asking is None or asking.state != "open" or question is None or tools.embedder is None:
        return []
    helpers = who_knows(tools.store, tools.embedder, question, tools.clock())
    if not helpers:
        return []
    with tools.store.read() as tx:
        names = {member.id: member.name for member in people.all_members(tx, request.community_id)}
        space = places.space(tx, request.community_id, asking.space_id)
    until = f"{asking.until.day} {asking.until:%B}"
    shown = HelpPayload(
        title=f"Ask {listed([names[h.member_id] for h in helpers])} first", question_id=question.id,
        people=tuple(_likely(helper, names[helper.member_id]) for helper in helpers), until=until,
        text=TEXT.format(space=space.name, question=_quoted(question.payload["text"]), until=until),
    )  # fmt: skip
    to = Destination("introduction", member_ids=tuple(helper.member_id for helper in helpers))
    made = Provenance("embedded", embedder=tools.embedder.name)
    return [Draft(shown.model_dump(mode="json"), (), to, WHY, min(helpers[0].strength, 1.0), made, ())]


def _likely(helper: Helper, name: str) -> Likely:
    telling = tuple(
        Telling(
            kind=one.kind, cosine_similarity=round(one.cosine_similarity, 3), marked=one.marked, space_id=one.space_id,
            source_id=one.source_id,
        )
        for one in helper.said
    )  # fmt: skip
    return Likely(member_id=helper.member_id, name=name, strength=round(helper.strength, 3), telling=telling)


def _quoted(question: str) -> str:
    short = question if len(question) <= SHOWN_CHARACTERS else f"{question[: SHOWN_CHARACTERS - 1]}…"
    return "\n".join(f"> {line}" if line.strip() else ">" for line in safety.clean(short).split("\n"))


def messages(shown: dict[str, Any], destination: Destination, request_id: str | None) -> list[Message]:
    """To each of them, without the others' names."""
    payload = HelpPayload.model_validate(shown)
    return [
        Message(
            Destination("introduction", member_ids=(person.member_id,)), title=TITLE,
            text=safety.clean(f"Hello {person.name},\n\n{payload.text}"),
        )
        for person in payload.people
    ]  # fmt: skip


def revise(shown: Suggestion, proposed: dict[str, Any], readable: Readable) -> Revision:
    """The text may change; who is asked may not."""
    return only_text(HelpPayload.model_validate(shown.payload), shown, proposed)


def emptied(shown: dict[str, Any]) -> dict[str, Any]:
    """For which question it was, and nothing of anybody."""
    payload = HelpPayload.model_validate(shown)
    return payload.model_copy(update={"title": TITLE, "people": (), "text": ""}).model_dump(mode="json")


def still_true(tx: Tx, suggestion: Suggestion, now: datetime) -> bool:
    """Whether the question still waits for members, and all of them may still be asked."""
    payload = HelpPayload.model_validate(suggestion.payload)
    question = requests.find(tx, suggestion.community_id, payload.question_id)
    asking = askings.of_request(tx, suggestion.request_id or "")
    if question is None or asking is None or asking.state != "open":
        return False
    people.hold_active(tx, suggestion.community_id, suggestion.destination.member_ids)
    return may_be_asked(tx, question, suggestion.destination.member_ids)


def submitted(tx: Tx, request: Request, now: datetime) -> None:
    """Whatever came of it, the draft that waits is looked at."""
    asking = askings.of_request(tx, request.id)
    if asking is not None:
        askings.change(tx, asking.id, look=True)


JOB = Job(
    NAME, frozenset({"host"}), propose=propose, messages=messages, revise=revise, emptied=emptied,
    expires_after=timedelta(days=30), again_after_undo=False, remade=False, needs_evidence=False, still_true=still_true,
    submitted=submitted, names=addressed,
)  # fmt: skip
