"""Answers of members to a note they were sent, and a second look at the flag behind it."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from fastapi import APIRouter
from pydantic import Field

from api.auth import Person, Staff
from api.core import Core
from api.idempotency import IdempotencyKey, IdempotentRoute
from api.schemas import WORDS, Body, Id, ObjectPath, View, responses
from cohost.model import Caller
from cohost.store.appeals import Appeal

router = APIRouter(tags=["safety"])
making = APIRouter(tags=["safety"], route_class=IdempotentRoute)


class AppealBody(Body):
    """What a member sees differently."""

    note_id: Id = Field(description="The `id` of the note, from `GET /v1/notes` or as the platform was sent it.")
    text: str = Field(min_length=1, max_length=5000, pattern=WORDS)


class AppealDecisionBody(Body):
    """What came of the second look."""

    verdict: Literal["uphold", "overturn"] = Field(description="`overturn` takes the note back.")
    reason: str = Field(min_length=1, max_length=2000, pattern=WORDS, description="Both sides read it.")


class AppealView(View):
    """An appeal."""

    id: str
    verdict: str = Field(description="Empty while it is open; `upheld` or `overturned`.")
    text: str
    reason: str
    made_at: datetime
    decided_at: datetime | None
    suggestion_id: str | None = Field(None, description="For staff: the flag it is about.")
    member_id: str | None = Field(None, description="For staff: who appeals.")
    by_same: bool = Field(description="Nobody else was left, so whoever decided first decided again.")
    by_hand: str = Field("", description="What is left to do where the platform cannot take the note back.")


class AppealsView(View):
    """Open ones first, then the newest."""

    items: list[AppealView]


@making.post(
    "/v1/appeals", status_code=201, summary="Answer a note",
    responses=responses(400, 401, 403, 404, 409, 413, 415, 422),
)  # fmt: skip
def appeal(core: Core, caller: Person, body: AppealBody, idempotency_key: IdempotencyKey = None) -> AppealView:
    """Whoever got the note asks for a second look; once for each note."""
    return _view(core.appeals.make(caller, body.note_id, body.text), caller)


@router.get("/v1/appeals", summary="List appeals", responses=responses(401, 403, 422))
def list_appeals(core: Core, caller: Person) -> AppealsView:
    """Staff see all of them, everybody else their own."""
    return AppealsView(items=[_view(one, caller) for one in core.appeals.listed(caller)])


@making.post(
    "/v1/appeals/{id}/decision", summary="Decide an appeal",
    responses=responses(400, 401, 403, 404, 409, 413, 415, 422),
)  # fmt: skip
def decide_appeal(
    core: Core, caller: Staff, id: ObjectPath, body: AppealDecisionBody, idempotency_key: IdempotencyKey = None
) -> AppealView:
    """Not by whoever decided the flag, unless nobody else is left."""
    settled = core.appeals.decide(caller, id, "overturned" if body.verdict == "overturn" else "upheld", body.reason)
    return _view(settled.appeal, caller, by_hand=settled.by_hand)


def _view(appeal: Appeal, caller: Caller, *, by_hand: str = "") -> AppealView:
    staff = caller.is_staff
    return AppealView(
        id=appeal.id, verdict=appeal.verdict, text=appeal.text, reason=appeal.reason, made_at=appeal.made_at,
        decided_at=appeal.decided_at, suggestion_id=appeal.suggestion_id if staff else None,
        member_id=appeal.member_id if staff else None, by_same=appeal.by_same, by_hand=by_hand,
    )  # fmt: skip
