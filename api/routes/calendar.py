"""The calendar of discussion prompts."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter
from pydantic import Field, StringConstraints

from api.auth import Host, actor
from api.core import Core
from api.idempotency import IdempotencyKey, IdempotentRoute
from api.schemas import WORDS, Body, Id, Moment, ObjectPath, View, Whole, responses

router = APIRouter(tags=["discussion"])
making = APIRouter(tags=["discussion"], route_class=IdempotentRoute)

Theme = Annotated[str, StringConstraints(max_length=200, pattern=WORDS)]


class PlanBody(Body):
    """How to plan a space."""

    space_id: Id
    weeks: Whole = Field(8, ge=1, le=53)
    a_week: Whole = Field(1, ge=1, le=5, description="Prompts of one week.")
    themes: Annotated[list[Theme], Field(max_length=60)] = Field(
        [], description="One a week, in turn; left out: those of the week or month, else the lessons."
    )


class SlotView(View):
    """One planned prompt."""

    id: str
    space_id: str
    at: datetime = Field(description="When it would be posted: at the hour in which most is written in the space.")
    theme: str
    format: str
    status: Literal["planned", "asked", "dropped", "missed"] = Field(description="`asked`: its draft is in the queue.")
    request_id: str | None
    named: bool = Field(
        description="The plan named the theme; otherwise one of the week or month goes before the lesson."
    )


class CalendarView(View):
    """Earliest first."""

    items: list[SlotView]


class MoveBody(Body):
    """A new time."""

    at: Moment


@making.post(
    "/v1/calendar", status_code=201, summary="Plan discussion prompts",
    responses=responses(400, 401, 403, 404, 409, 413, 415, 422),
)  # fmt: skip
def plan(core: Core, caller: Host, body: PlanBody, idempotency_key: IdempotencyKey = None) -> CalendarView:
    """Replaces what is planned in this space and not drafted yet. Drafts appear in the queue five days ahead."""
    made = core.calendar.plan(
        caller, body.space_id, weeks=body.weeks, a_week=body.a_week, themes=body.themes, actor=actor(caller)
    )
    return CalendarView(items=[SlotView.model_validate(one) for one in made])


@router.get("/v1/calendar", summary="Read the calendar", responses=responses(401, 403, 422))
def calendar(core: Core, caller: Host) -> CalendarView:
    """From a week ago on."""
    return CalendarView(items=[SlotView.model_validate(one) for one in core.calendar.listed(caller.community_id)])


@router.put("/v1/calendar/{id}", summary="Move a slot", responses=responses(400, 401, 403, 404, 409, 413, 415, 422))
def move(core: Core, caller: Host, id: ObjectPath, body: MoveBody) -> SlotView:
    """Before its draft is asked for."""
    return SlotView.model_validate(core.calendar.move(caller.community_id, id, body.at))


@router.delete(
    "/v1/calendar/{id}", status_code=204, summary="Drop a slot", responses=responses(401, 403, 404, 409, 422)
)
def drop(core: Core, caller: Host, id: ObjectPath) -> None:
    """Before its draft is asked for."""
    core.calendar.drop(caller.community_id, id)
