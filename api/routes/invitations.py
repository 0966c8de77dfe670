"""Invitations to introductions, for those invited."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from fastapi import APIRouter
from pydantic import Field

from api.auth import Person
from api.core import Core
from api.idempotency import IdempotencyKey, IdempotentRoute
from api.schemas import Body, ObjectPath, View, responses

router = APIRouter(tags=["introductions"])
making = APIRouter(tags=["introductions"], route_class=IdempotentRoute)


class InvitationView(View):
    """As its receiver sees it."""

    id: str
    state: Literal["open", "accepted", "declined", "exchanged", "over"] = Field(
        description="`exchanged`: names are in the text; `over`: it did not come about, and nobody learns why."
    )
    text: str
    until: datetime
    outcome: Literal["", "met", "not_met"]
    again: bool | None


class InvitationsView(View):
    """Newest first."""

    items: list[InvitationView]


class AnswerBody(Body):
    """Yes or no."""

    answer: Literal["accept", "decline"]
    not_again: bool = Field(False, description="Never be matched with this person; secret. For two people only.")


class OutcomeBody(Body):
    """How it went."""

    met: bool
    again: bool | None = Field(None, description="Would meet again.")


@router.get("/v1/invitations", summary="List one's own invitations", responses=responses(401, 403, 422))
def list_invitations(core: Core, caller: Person) -> InvitationsView:
    """To the caller, of introductions that a host approved."""
    return InvitationsView(items=[InvitationView.model_validate(one) for one in core.invitations.listed(caller)])


@making.post(
    "/v1/invitations/{id}/answer", summary="Answer an invitation",
    responses=responses(400, 401, 403, 404, 409, 413, 415, 422),
)  # fmt: skip
def answer(
    core: Core, caller: Person, id: ObjectPath, body: AnswerBody, idempotency_key: IdempotencyKey = None
) -> InvitationView:
    """Until the deadline it may be changed, as long as names have not been exchanged."""
    done = core.invitations.answer(caller, id, accept=body.answer == "accept", not_again=body.not_again)
    return InvitationView.model_validate(done)


@making.post(
    "/v1/invitations/{id}/outcome", summary="Tell how it went",
    responses=responses(400, 401, 403, 404, 409, 413, 415, 422),
)  # fmt: skip
def outcome(
    core: Core, caller: Person, id: ObjectPath, body: OutcomeBody, idempotency_key: IdempotencyKey = None
) -> InvitationView:
    """Once names were exchanged. Hosts see counts."""
    return InvitationView.model_validate(core.invitations.outcome(caller, id, met=body.met, again=body.again))
