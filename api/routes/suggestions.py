"""The queue: what jobs propose, and what people decide."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any, Literal, get_args

from fastapi import APIRouter, Query, Response
from pydantic import Field

from api.auth import Staff
from api.core import Core
from api.cursors import pack, unpack_moment
from api.idempotency import IdempotencyKey, IdempotentRoute
from api.schemas import ANY_TEXT, Body, Cursor, Limit, Moment, ObjectPath, Omitted, Page, View, Whole, responses
from cohost import audience, recall
from cohost.audience import Sight
from cohost.bootstrap import App
from cohost.errors import InvalidInput
from cohost.model import Caller
from cohost.store import feedback, publications, suggestions
from cohost.store.feedback import Opinion
from cohost.suggestion import Decision, Status, Suggestion, Verdict

router = APIRouter(tags=["suggestions"])
deciding = APIRouter(tags=["suggestions"], route_class=IdempotentRoute)

STATUSES = get_args(Status)
Statuses = Annotated[
    list[Annotated[str, Field(max_length=200)]],
    Query(
        max_length=20,
        description=f"Repeated or with commas: {', '.join(STATUSES)}. Left out: all.",
        examples=[["pending"]],
    ),
]
Category = Annotated[
    str | Omitted, Query(max_length=50, description="Flags of one category only.", examples=["distress"])
]
JobName = Annotated[str | Omitted, Query(max_length=50, description="One job only.", examples=["answer"])]


class EvidenceView(View):
    """A verbatim span of a source."""

    space_id: str
    source_id: str
    source_version: int
    start: int
    end: int
    quote: str
    place: str
    title: str
    headings: list[str]
    url: str | None


class SuggestionView(View):
    """A draft or an abstention, with everything a person needs to decide."""

    id: str
    job: str
    request_id: str | None
    status: Status
    version: int = Field(description="Send it along with your decision.")
    payload: dict[str, Any] = Field(description="The draft; its shape belongs to the job.")
    original_payload: dict[str, Any] | None = Field(description="As it was before a person's edit.")
    evidence: list[EvidenceView]
    destination: dict[str, Any]
    audience: str = Field(description="Who will read it, in words.")
    rationale: str
    confidence: float = Field(description="0..1, higher is surer.")
    made_by: str = Field(description="`embedded`, or the language model's name.")
    provenance: dict[str, Any]
    assigned_to: str | None
    notice: str = Field(description="Why it was withdrawn, failed or is uncertain, or has to be corrected by hand.")
    corrects: str | None = Field(description="The published suggestion whose place it takes once it is published.")
    outdated_at: datetime | None = Field(
        description="Published, and since then something it quotes does not stand any more: correct or withdraw it."
    )
    verified_at: datetime | None = Field(
        description="Published, and everything it quotes was found again after a source changed."
    )
    held_until: datetime | None = Field(
        description="Pending, and it waits until then: members are asked first. It may be decided all the same."
    )
    erased_at: datetime | None = Field(description="When its texts went because they were those of an erased person.")
    created_at: datetime
    updated_at: datetime


class VerdictView(View):
    """What a person decided."""

    verdict: Verdict
    version: int
    member_id: str
    reason: str
    payload_shown: dict[str, Any]
    payload: dict[str, Any] | None = Field(description="After an edit.")
    decided_at: datetime


class SeenPassageView(View):
    """A passage as the maker of the draft saw it; the text is empty when the source was deleted since."""

    space_id: str
    source_id: str
    source_version: int
    start: int
    end: int
    text: str
    score: float


class ChangeView(View):
    """A quote of a published answer that does not stand any more."""

    title: str
    space_id: str
    source_id: str
    old: str = Field(description="The quote as it was published.")
    new: str = Field(description="The nearest place in the source as it is now; empty unless it was edited.")
    why: Literal["edited", "gone", "restricted"] = Field(
        description="`restricted`: the words stand there, but not every reader of the answer may read them."
    )


class FeedbackCountsView(View):
    """How many members said what."""

    helpful: int
    not_helpful: int
    wrong: int


class RemarkView(View):
    """What a member wrote about the answer; not who."""

    opinion: Opinion
    note: str
    at: datetime


class SuggestionDetail(SuggestionView):
    """A suggestion with its history."""

    changes: list[ChangeView] = Field(description="Of this answer, or of the one that it corrects.")
    feedback: FeedbackCountsView
    remarks: list[RemarkView] = Field(description="Newest first.")

    publish_at: datetime | None = Field(description="When it is due to be sent; null unless it is approved.")
    decisions: list[VerdictView]
    passages_seen: list[SeenPassageView]


class DecisionBody(Body):
    """A verdict."""

    verdict: Verdict
    version: Whole = Field(ge=0, le=2**31 - 1, description="The version you saw.")
    payload: dict[str, Any] | None = Field(None, description="For `edit`: the changed draft.")
    reason: str = Field("", max_length=2000, pattern=ANY_TEXT)
    publish_at: Moment | None = Field(
        None, description="With `approve` and `edit`: not to be sent before this time. Left out: at once."
    )


class DeliveryBody(Body):
    """What a person found on the platform."""

    sent: bool = Field(description="true: the message is there; false: it is not, send it again.")


@router.get("/v1/suggestions", summary="List suggestions", responses=responses(401, 403, 422))
def list_suggestions(
    core: Core, caller: Staff, status: Statuses = [], job: JobName = None, category: Category = None,  # noqa: B006
    limit: Limit = 50, cursor: Cursor = None,
) -> Page[SuggestionView]:  # fmt: skip
    """Oldest first. Moderators see what moderators decide; `category` narrows flags, say to `distress`."""
    after = unpack_moment(cursor) if cursor else None
    page = core.approval.queue(
        caller, statuses=_statuses(status), job=job, category=category, after=after, limit=limit + 1
    )
    with core.store.read() as tx:
        seen = audience.sight(tx, caller.community_id)
    more = page[limit - 1] if len(page) > limit else None
    items = [SuggestionView(**_fields(suggestion, seen)) for suggestion in page[:limit]]
    return Page(items=items, next=pack(more.created_at.isoformat(), more.id) if more else None)


@router.get("/v1/suggestions/{id}", summary="Read a suggestion", responses=responses(401, 403, 404, 422))
def get_suggestion(core: Core, caller: Staff, id: ObjectPath) -> SuggestionDetail:
    """With its decisions and the passages it was made from."""
    return _detail(core, caller, core.approval.visible(caller, id))


@deciding.post(
    "/v1/suggestions/{id}/decision", summary="Decide", responses=responses(400, 401, 403, 404, 409, 413, 415, 422)
)
def decide(
    core: Core,
    caller: Staff,
    id: ObjectPath,
    body: DecisionBody,
    response: Response,
    idempotency_key: IdempotencyKey = None,
) -> SuggestionDetail:
    """Approve as shown, edit and approve, reject, or hand to a host."""
    decision = Decision(body.verdict, body.version, body.payload, body.reason, body.publish_at)
    done = core.approval.decide(caller, id, decision)
    return shown(core, caller, done, response)


@deciding.post("/v1/suggestions/{id}/undo", summary="Take back", responses=responses(401, 403, 404, 409, 422))
def undo(
    core: Core, caller: Staff, id: ObjectPath, response: Response, idempotency_key: IdempotencyKey = None
) -> SuggestionDetail:
    """Reverse a published suggestion; a 409 says what to do by hand where the connector cannot.

    One that is approved and not sent yet loses its approval and waits for a decision again."""
    return shown(core, caller, core.approval.undo(caller, id), response)


@deciding.post(
    "/v1/suggestions/{id}/delivery",
    summary="Say whether it was sent",
    responses=responses(400, 401, 403, 404, 409, 413, 415, 422),
)
def settle_delivery(
    core: Core,
    caller: Staff,
    id: ObjectPath,
    body: DeliveryBody,
    response: Response,
    idempotency_key: IdempotencyKey = None,
) -> SuggestionDetail:
    """For a suggestion whose delivery is `uncertain`."""
    return shown(core, caller, core.approval.delivery(caller, id, sent=body.sent), response)


def shown(core: App, caller: Caller, suggestion: Suggestion, response: Response) -> SuggestionDetail:
    """A suggestion after a change, with where it is read."""
    response.headers["Content-Location"] = f"/v1/suggestions/{suggestion.id}"
    return _detail(core, caller, suggestion)


def _statuses(sent: list[str]) -> list[str]:
    wanted = [name for part in sent for name in part.split(",") if name]
    unknown = [name for name in wanted if name not in STATUSES]
    if unknown:
        raise InvalidInput(f"{unknown[0]!r} is no status; there are: {', '.join(STATUSES)}.", field="query.status")
    return wanted


def _detail(core: App, caller: Caller, suggestion: Suggestion) -> SuggestionDetail:
    with core.store.read() as tx:
        seen = audience.sight(tx, caller.community_id)
        decisions = [VerdictView.model_validate(row) for row in suggestions.decisions_of(tx, suggestion.id)]
        passages = [SeenPassageView.model_validate(row) for row in suggestions.snapshot_rows(tx, suggestion.id)]
        outbox = publications.of_suggestion(tx, suggestion.id)
        changed = [ChangeView.model_validate(change) for change in recall.changes_behind(tx, suggestion)]
        counted = feedback.counts(tx, [suggestion.id]).get(suggestion.id, feedback.Counts())
        said = [RemarkView.model_validate(remark) for remark in feedback.remarks(tx, suggestion.id)]
    due = min((p.available_at for p in outbox if p.status == "approved" and p.available_at), default=None)
    return SuggestionDetail(
        **_fields(suggestion, seen), publish_at=due, decisions=decisions, passages_seen=passages, changes=changed,
        feedback=FeedbackCountsView.model_validate(counted), remarks=said,
    )  # fmt: skip


def _fields(suggestion: Suggestion, seen: Sight) -> dict[str, Any]:
    own = asdict(suggestion)
    return {
        **{name: value for name, value in own.items() if name != "community_id"},
        "audience": audience.describe(seen, suggestion.destination),
        "made_by": suggestion.provenance.made_by,
    }
