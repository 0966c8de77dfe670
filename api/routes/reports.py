"""What members tell in confidence, and what is told to them: reports, blocks, notes."""

from __future__ import annotations

from datetime import datetime

from fastapi import APIRouter
from pydantic import Field

from api.auth import Person
from api.core import Core
from api.idempotency import IdempotencyKey, IdempotentRoute
from api.schemas import ANY_TEXT, Body, Id, ObjectPath, SourceId, View, responses

router = APIRouter(tags=["safety"])
making = APIRouter(tags=["safety"], route_class=IdempotentRoute)


class ReportBody(Body):
    """Which post, and why."""

    space_id: Id
    source_id: SourceId
    reason: str = Field("", max_length=2000, pattern=ANY_TEXT, description="For moderators; they do not see from whom.")


class BlocksView(View):
    """Whom the caller never wants to be brought together with."""

    member_ids: list[str]


class NoteView(View):
    """A private note from the hosts."""

    id: str = Field(description="What an appeal names.")
    text: str = Field(description="Markdown.")
    posted_at: datetime


class NotesView(View):
    """Newest first."""

    items: list[NoteView]


@making.post(
    "/v1/reports", status_code=204, summary="Report a post",
    responses=responses(400, 401, 403, 404, 409, 413, 415, 422),
)  # fmt: skip
def report(core: Core, caller: Person, body: ReportBody, idempotency_key: IdempotencyKey = None) -> None:
    """A moderator looks at it. Nobody learns who reported; reporting again changes nothing."""
    core.reports.report(caller, body.space_id, body.source_id, body.reason)


@router.get("/v1/blocks", summary="List one's own blocks", responses=responses(401, 403, 422))
def list_blocks(core: Core, caller: Person) -> BlocksView:
    """For the member themself."""
    return BlocksView(member_ids=core.reports.blocked(caller))


@router.put("/v1/blocks/{id}", status_code=204, summary="Block a member", responses=responses(401, 403, 404, 409, 422))
def block(core: Core, caller: Person, id: ObjectPath) -> None:
    """Secret: the two are never brought together, and nobody is told why."""
    core.reports.block(caller, id)


@router.delete("/v1/blocks/{id}", status_code=204, summary="Unblock a member", responses=responses(401, 403, 422))
def unblock(core: Core, caller: Person, id: ObjectPath) -> None:
    """Twice is fine."""
    core.reports.unblock(caller, id)


@router.get("/v1/notes", summary="Read notes from the hosts", responses=responses(401, 403, 422))
def notes(core: Core, caller: Person) -> NotesView:
    """Private notes that a person approved, to the caller."""
    return NotesView(
        items=[NoteView(id=note.key, text=note.text, posted_at=note.posted_at) for note in core.reports.notes(caller)]
    )
