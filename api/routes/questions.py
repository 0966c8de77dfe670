"""Questions: asked by members, answered by people."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Request, Response
from pydantic import Field, StringConstraints

from api.auth import Person
from api.core import Core
from api.cursors import pack, unpack_moment
from api.idempotency import IdempotencyKey, IdempotentRoute
from api.rates import rates_of
from api.schemas import ANY_TEXT, WORDS, Body, Cursor, Id, Limit, ObjectPath, Page, PassageView, View, responses
from cohost.questions import MAX_CHARACTERS, MAX_HISTORY
from cohost.questions import QuestionView as Question
from cohost.store.feedback import Opinion

router = APIRouter(tags=["questions"])
asking = APIRouter(tags=["questions"], route_class=IdempotentRoute)

Words = Annotated[str, StringConstraints(min_length=1, max_length=MAX_CHARACTERS, pattern=WORDS)]


class Turn(Body):
    """One earlier message of the conversation."""

    role: Literal["member", "cohost"]
    text: Words


class QuestionBody(Body):
    """A question."""

    text: Words = Field(examples=["How do I know that my starter is ready?"])
    space_id: Id | None = Field(
        None, description="Where it is asked, so that all readers there may be shown the answer."
    )
    history: Annotated[list[Turn], Field(max_length=MAX_HISTORY)] = Field(
        [], description="Earlier turns, oldest first."
    )


class FeedbackBody(Body):
    """What a reader thinks of an answer."""

    opinion: Opinion
    note: str = Field(
        "", max_length=1000, pattern=ANY_TEXT, description="For the hosts; they are not told who wrote it."
    )


class CitationView(View):
    """Where a quote stands."""

    title: str
    url: str | None
    place: str
    quote: str
    space_id: str
    source_id: str


class PublishedAnswerView(View):
    """An answer that a person approved."""

    suggestion_id: str
    question: str
    text: str = Field(description="Markdown.")
    citations: list[CitationView]
    published_at: datetime


class QuestionView(View):
    """A question and what is known about it."""

    id: str
    text: str
    space_id: str | None
    asked_by: str | None
    created_at: datetime
    status: Literal["waiting", "answered"]
    notice: str = Field(description="What the asker is told while they wait; empty when answered.")
    passages: list[PassageView] = Field(description="Verbatim, best first.")
    approved_answers: list[PublishedAnswerView] = Field(description="To nearly the same question, approved before.")
    answer: PublishedAnswerView | None
    suggestion_id: str | None = Field(description="For staff; null for members.")
    suggestion_status: str | None = Field(description="For staff; null for members.")
    reason: str | None = Field(description="Why the co-host abstained; for staff, null for members.")


def _at_a_sensible_pace(request: Request, caller: Person) -> None:
    rates_of(request).question(caller)


@asking.post(
    "/v1/questions",
    summary="Ask a question",
    status_code=202,
    dependencies=[Depends(_at_a_sensible_pace)],
    responses=responses(400, 401, 403, 404, 409, 413, 415, 422),
)
def ask(
    core: Core, caller: Person, body: QuestionBody, response: Response, idempotency_key: IdempotencyKey = None
) -> QuestionView:
    """Answered at once with passages and approved answers; a draft goes to the hosts. Look again at `Location`."""
    history = tuple(turn.model_dump() for turn in body.history)
    asked = core.questions.ask(caller, body.text, space_id=body.space_id, history=history)
    response.headers["Location"] = response.headers["Content-Location"] = f"/v1/questions/{asked.id}"
    return _view(asked)


@router.get("/v1/questions", summary="List your questions", responses=responses(401, 403, 422))
def list_questions(core: Core, caller: Person, limit: Limit = 50, cursor: Cursor = None) -> Page[QuestionView]:
    """The caller's own, newest first, without passages."""
    before = unpack_moment(cursor) if cursor else None
    mine = sorted(core.questions.mine(caller), key=lambda q: (q.created_at, q.id), reverse=True)
    page = [q for q in mine if before is None or (q.created_at, q.id) < before][: limit + 1]
    last = page[limit - 1] if len(page) > limit else None
    return Page(
        items=[_view(q) for q in page[:limit]], next=pack(last.created_at.isoformat(), last.id) if last else None
    )


@router.get("/v1/questions/{id}", summary="Look at a question", responses=responses(401, 403, 404, 422))
def get_question(core: Core, caller: Person, id: ObjectPath) -> QuestionView:
    """One of your own; staff look at every one."""
    return _view(core.questions.get(caller, id))


@asking.post(
    "/v1/questions/{id}/feedback",
    summary="Say what you think of an answer",
    status_code=204,
    responses=responses(400, 401, 403, 404, 409, 413, 415, 422),
)
def judge_answer(
    core: Core, caller: Person, id: ObjectPath, body: FeedbackBody, idempotency_key: IdempotencyKey = None
) -> None:
    """By everyone who may read the answer; a second time takes the place of the first. Hosts see counts and notes only."""
    core.questions.judge(caller, id, body.opinion, body.note)


def _view(question: Question) -> QuestionView:
    return QuestionView.model_validate(question)
