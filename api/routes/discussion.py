"""Discussion prompts on demand, and what became of the earlier ones."""

from __future__ import annotations

from fastapi import APIRouter
from pydantic import Field

from api.auth import Host, actor
from api.core import Core
from api.idempotency import IdempotencyKey, IdempotentRoute
from api.schemas import ANY_TEXT, Body, Id, View, Whole, responses
from cohost.discuss.grounds import Ground
from cohost.discuss.patterns import Format
from cohost.discuss.variations import MOST

router = APIRouter(tags=["discussion"])
making = APIRouter(tags=["discussion"], route_class=IdempotentRoute)


class PromptsBody(Body):
    """What to draft."""

    space_id: Id = Field(description="Where it would be posted; what all of its readers may read is used.")
    number: Whole = Field(3, ge=1, le=60)
    theme: str = Field("", max_length=200, pattern=ANY_TEXT, description="Only what is near this is used.")
    format: Format | None = Field(None, description="Left out: formats in turn.")
    variations: Whole = Field(
        1, ge=1, le=MOST, description="Wordings of each draft on the same evidence, to choose from side by side."
    )
    ground: Ground | None = Field(
        None,
        description="What to talk about: a lesson, an event coming up or just over, a question nobody has replied to, a lively "
        "or open thread, a milestone. Left out: a mixture. Posts are quoted only of staff and of who opted in to `quoting`.",
    )
    tone: str = Field(
        "", max_length=200, pattern=ANY_TEXT, description="For a language model; patterns have their own."
    )


class RequestedView(View):
    """Drafts appear in the queue in a moment."""

    request_id: str


class FormatRecordView(View):
    """How prompts of one format, or welcomes, recaps or kick-offs, did."""

    format: str = Field(description="Of a prompt its format, else `welcome`, `recap` or `kickoff`.")
    drafted: int
    approved: int
    edited: int
    rejected: int
    replies: int = Field(
        description="Of people, to the posts that came of them; of welcomes, members who wrote within two weeks."
    )
    first_replies: int = Field(
        description="Of these, from members who had written nothing in that space before; once welcomed, anywhere."
    )


class DiscussionRecordView(View):
    """What works here."""

    formats: list[FormatRecordView]


@making.post(
    "/v1/discussion-prompts", status_code=202, summary="Draft discussion prompts",
    responses=responses(400, 401, 403, 404, 409, 413, 415, 422),
)  # fmt: skip
def draft_prompts(core: Core, caller: Host, body: PromptsBody, idempotency_key: IdempotencyKey = None) -> RequestedView:
    """The worker drafts; each draft waits in the queue with what it rests on. Nothing is posted without approval."""
    asked = body.model_dump(exclude={"space_id"})
    return RequestedView(request_id=core.discussion.ask(caller, body.space_id, asked, actor(caller)))


@router.get("/v1/discussion-prompts/record", summary="See what works here", responses=responses(401, 403, 422))
def discussion_record(core: Core, caller: Host) -> DiscussionRecordView:
    """By format, and of welcomes, recaps and kick-offs: drafted, approved, edited, and who replied, some for the first time."""
    return DiscussionRecordView.model_validate({"formats": core.discussion.record(caller.community_id)})
