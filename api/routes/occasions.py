"""Welcomes, recaps and kick-offs on demand."""

from __future__ import annotations

from fastapi import APIRouter
from pydantic import Field

from api.auth import Host, actor
from api.core import Core
from api.idempotency import IdempotencyKey, IdempotentRoute
from api.routes.discussion import RequestedView
from api.schemas import ANY_TEXT, Body, Id, SourceId, responses

making = APIRouter(tags=["discussion"], route_class=IdempotentRoute)
TONE = "For a language model; the hand-written words have their own."


class WelcomeBody(Body):
    """Whom to welcome."""

    member_id: Id
    tone: str = Field("", max_length=200, pattern=ANY_TEXT, description=TONE)


class RecapBody(Body):
    """What to look back at."""

    space_id: Id
    week: str = Field(
        "",
        pattern=r"^(\d{4}-W\d{2})?$",
        description="As in 2026-W10, Monday to Sunday in UTC; left out: the last one that is over.",
    )
    tone: str = Field("", max_length=200, pattern=ANY_TEXT, description=TONE)


class KickoffBody(Body):
    """Which lesson to open, and where."""

    space_id: Id = Field(description="Where it would be posted.")
    lesson_space_id: Id = Field(description="Where the lesson is; all readers of `space_id` must be able to read it.")
    lesson_id: SourceId = Field(description="The lesson's id in that space.")
    tone: str = Field("", max_length=200, pattern=ANY_TEXT, description=TONE)


@making.post(
    "/v1/welcomes", status_code=202, summary="Draft a welcome for a new member",
    responses=responses(400, 401, 403, 404, 409, 413, 415, 422),
)  # fmt: skip
def draft_welcome(core: Core, caller: Host, body: WelcomeBody, idempotency_key: IdempotencyKey = None) -> RequestedView:
    """From what the member shows of themselves, for them alone; it names a person who opted in to it, and a conversation.

    The worker asks for one by itself a day or three after somebody joined. 409 where there is one already.
    """
    return RequestedView(request_id=core.occasions.welcome(caller, body.member_id, actor(caller), tone=body.tone))


@making.post(
    "/v1/recaps", status_code=202, summary="Draft the recap of a week",
    responses=responses(400, 401, 403, 404, 409, 413, 415, 422),
)  # fmt: skip
def draft_recap(core: Core, caller: Host, body: RecapBody, idempotency_key: IdempotencyKey = None) -> RequestedView:
    """What was talked about and announced, what waits for a reply, and thanks to those who wrote for the first time.

    Hosts and moderators are quoted, members are not. The worker asks for one by itself when a week is over.
    """
    asked = core.occasions.recap(caller, body.space_id, body.week, actor(caller), tone=body.tone)
    return RequestedView(request_id=asked)


@making.post(
    "/v1/kickoffs", status_code=202, summary="Draft the kick-off of a lesson",
    responses=responses(400, 401, 403, 404, 409, 413, 415, 422),
)  # fmt: skip
def draft_kickoff(core: Core, caller: Host, body: KickoffBody, idempotency_key: IdempotencyKey = None) -> RequestedView:
    """What the lesson is about, in its own words, and one first question.

    The worker asks for one by itself a day before the calendar comes to a lesson.
    """
    lesson = (body.lesson_space_id, body.lesson_id)
    asked = core.occasions.kickoff(caller, body.space_id, lesson, actor(caller), tone=body.tone)
    return RequestedView(request_id=asked)
