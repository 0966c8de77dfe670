"""Members first: who may know, and an invitation to them before a draft is posted."""

from __future__ import annotations

from datetime import datetime

from fastapi import APIRouter
from pydantic import Field

from api.auth import Host, actor
from api.core import Core
from api.idempotency import IdempotencyKey, IdempotentRoute
from api.schemas import Body, ObjectPath, View, Whole, responses
from cohost.helping import DAYS, MOST_DAYS, HelperView
from cohost.match.helpers import Kind

router = APIRouter(tags=["helping"])
making = APIRouter(tags=["helping"], route_class=IdempotentRoute)


class TellingView(View):
    """One thing that says somebody may know; the post is in a space that the asker may read."""

    kind: Kind = Field(
        description="`answered`: a reply; `wrote`, `asked`: the first post of a thread; `offers`: in a profile."
    )
    cosine_similarity: float = Field(description="With the question, -1..1.")
    marked: bool = Field(description="An answer that a host approved quotes it.")
    space_id: str = Field(description="Empty for what is offered.")
    source_id: str


class LikelyView(View):
    """A member who likes to help and may know."""

    member_id: str
    name: str
    strength: float = Field(description="Higher is likelier; of this person alone.")
    said: list[TellingView] = Field(description="What says so, most telling first.")


class HelpersView(View):
    """Likeliest first; up to three."""

    items: list[LikelyView]


class MembersFirstBody(Body):
    """How long the draft waits."""

    days: Whole = Field(DAYS, ge=1, le=MOST_DAYS, description="Then the draft comes back, if no reply answers.")


class AskingView(View):
    """The draft waits; the invitation appears in the queue in a moment, if somebody seems to know."""

    suggestion_id: str = Field(description="Of the draft that waits.")
    request_id: str = Field(description="Of the invitation, a suggestion of the job `help`.")
    until: datetime


@router.get("/v1/questions/{id}/helpers", summary="See who may know", responses=responses(401, 403, 404, 422))
def list_helpers(core: Core, caller: Host, id: ObjectPath) -> HelpersView:
    """Of those who opted in to helping and may read the question: by the few posts of each that come nearest to it, of
    spaces that the asker may read."""
    return HelpersView(items=[_view(one) for one in core.helping.helpers(caller, id)])


@making.post(
    "/v1/suggestions/{id}/members-first", status_code=202, summary="Ask members first",
    responses=responses(400, 401, 403, 404, 409, 413, 415, 422),
)  # fmt: skip
def ask_members_first(
    core: Core, caller: Host, id: ObjectPath, body: MembersFirstBody, idempotency_key: IdempotencyKey = None
) -> AskingView:
    """For the pending draft of an answer. A host approves the invitation; when a reply answers, the draft turns into
    a highlight of it; when nobody replies in time, the draft comes back."""
    made = core.helping.ask(caller, id, actor(caller), days=body.days)
    return AskingView(suggestion_id=made.answer_id, request_id=made.request_id, until=made.until)


def _view(one: HelperView) -> LikelyView:
    said = [TellingView.model_validate(telling) for telling in one.helper.said]
    return LikelyView(member_id=one.member_id, name=one.name, strength=one.helper.strength, said=said)
