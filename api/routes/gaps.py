"""Gaps in the course: what was asked and the material does not hold."""

from __future__ import annotations

from datetime import datetime

from fastapi import APIRouter
from pydantic import Field

from api.auth import Host
from api.core import Core
from api.schemas import Limit, View, responses
from cohost.gaps import gaps

router = APIRouter(tags=["questions"])


class GapQuestionView(View):
    """A question that belongs to a gap."""

    question_id: str
    suggestion_id: str = Field(description="The abstention, the rejected draft, or the answer that was called wrong.")
    text: str
    space_id: str | None
    asked_at: datetime


class PlaceView(View):
    """Where the missing words would best stand."""

    space_id: str
    source_id: str
    title: str
    headings: list[str]


class GapView(View):
    """One thing that is missing."""

    count: int = Field(description="How many questions ask for it.")
    questions: list[GapQuestionView] = Field(description="A few of them, the most typical first.")
    first_asked: datetime
    last_asked: datetime
    place: PlaceView | None = Field(description="The place in the material that is nearest to most of them.")


class GapsView(View):
    """The gaps, the most asked for first."""

    items: list[GapView]


@router.get("/v1/gaps", summary="List gaps in the course", responses=responses(401, 403, 422))
def list_gaps(core: Core, caller: Host, limit: Limit = 50) -> GapsView:
    """Of the newest 2,000 questions that have no answer: abstained from, rejected, or answered wrongly in members' eyes."""
    with core.store.read() as tx:
        found = gaps(tx, caller.community_id)
    return GapsView(items=[GapView.model_validate(gap) for gap in found[:limit]])
