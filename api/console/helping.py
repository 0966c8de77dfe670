"""Members first: who may know, who was asked and why, and a member's reply to a question."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import quote as quoted

from fastapi import APIRouter
from fastapi.responses import Response

from api.console.forms import Form, Posted
from api.console.page import AnyMember, Visit, see, source_path
from cohost import audience
from cohost.errors import InvalidInput, NotFound
from cohost.helping import DAYS, could_wait
from cohost.ids import new_id
from cohost.jobs.help_payload import NAME, HelpPayload, Telling
from cohost.model import SourceInput
from cohost.store import sources
from cohost.store.askings import Asking
from cohost.suggestion import Suggestion

router = APIRouter()
REPLY_CHARACTERS = 10_000
SHOWN_CHARACTERS = 80  # of a post without a title
SAYS = {
    "answered": "A reply", "wrote": "The start of a thread", "asked": "A question of their own", "offers": "What they offer",
}  # fmt: skip


@dataclass(frozen=True)
class Why:
    """One thing that says somebody may know."""

    says: str
    near: float  # cosine with the question
    marked: bool
    title: str = ""
    path: str = ""  # of a post, to read it


@dataclass(frozen=True)
class Person:
    """Somebody who may know."""

    name: str
    why: tuple[Why, ...]


@dataclass(frozen=True)
class MembersFirst:
    """What a host sees beside a draft, or an invitation."""

    people: tuple[Person, ...] = ()
    offered: bool = False  # the draft could wait for them
    asking: Asking | None = None  # it waits, or did
    invitation: Suggestion | None = None
    days: int = DAYS


def members_first(visit: Visit, suggestion: Suggestion) -> MembersFirst | None:
    """None where there is nothing to say."""
    if not visit.is_host:
        return None
    if suggestion.job == NAME:
        payload = HelpPayload.model_validate(suggestion.payload)
        return MembersFirst(_people(visit, [(person.name, person.telling) for person in payload.people]))
    if suggestion.job != "answer" or suggestion.request_id is None:
        return None
    asked = visit.core.helping.of_answer(visit.caller, suggestion.id)
    if asked is not None:
        return MembersFirst(asking=asked[0], invitation=asked[1])
    with visit.core.store.read() as tx:
        if not could_wait(tx, suggestion):
            return None
    found = visit.core.helping.helpers(visit.caller, suggestion.request_id)
    told = [
        (one.name, [Telling.model_validate(said, from_attributes=True) for said in one.helper.said]) for one in found
    ]
    return MembersFirst(_people(visit, told), offered=True)


def _people(visit: Visit, told: Sequence[tuple[str, Iterable[Telling]]]) -> tuple[Person, ...]:
    posts = [(one.space_id, one.source_id) for _, telling in told for one in telling if one.source_id]
    with visit.core.store.read() as tx:
        texts = sources.texts(tx, visit.community.id, posts)
    titles = {key: post.title or post.text[:SHOWN_CHARACTERS] for key, post in texts.items()}
    return tuple(
        Person(name, tuple(_why(one, titles) for one in telling if _there(one, titles))) for name, telling in told
    )


def _there(one: Telling, titles: Mapping[tuple[str, str], str]) -> bool:
    """A post that was deleted since is not told of."""
    return not one.source_id or (one.space_id, one.source_id) in titles


def _why(one: Telling, titles: Mapping[tuple[str, str], str]) -> Why:
    path = source_path(one.space_id, one.source_id) if one.source_id else ""
    return Why(SAYS[one.kind], one.cosine_similarity, one.marked, titles.get((one.space_id, one.source_id), ""), path)


@router.post("/board/{space_id}/questions/{question_id}/replies")
def reply(visit: AnyMember, space_id: str, question_id: str, form: Posted) -> Response:
    """A post below a question, seen by everybody who reads the space."""
    here = audience.space_in_sight(visit.sight, visit.caller, space_id)
    if question_id not in {one.id for one in visit.core.questions.in_space(visit.caller, here.id)}:
        raise NotFound(f"There is no question {question_id!r} in space {here.id!r}.")
    text = form.text("text", most=REPLY_CHARACTERS, label="Your reply", required=True)
    post = SourceInput(new_id("post"), "post", "", text, author_id=visit.member.id, parent_id=question_id)
    visit.core.intake.put(visit.community.id, here.id, post, visit.actor)
    return see(f"/board/{quoted(here.id, safe='')}#questions")


def days_of(form: Form) -> int:
    """How long the draft waits; raises InvalidInput."""
    sent = form.text("days", most=2)
    if not sent.isdecimal():
        raise InvalidInput("Say for how many days the draft waits.", field="days")
    return int(sent)
