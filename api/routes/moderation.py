"""A text before it is posted, and a rehearsal on past posts."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Response
from pydantic import Field, StringConstraints

from api.auth import Person, Staff, actor
from api.core import Core
from api.idempotency import IdempotencyKey, IdempotentRoute
from api.schemas import ANY_TEXT, Body, ObjectPath, View, Whole, responses
from cohost.jobs.moderate_words import CATEGORIES
from cohost.ports import Finding, ModerationText
from cohost.rehearsal import Rehearsed
from cohost.store import people
from cohost.store.rehearsals import Rehearsal

router = APIRouter(tags=["moderation"])
asking = APIRouter(tags=["moderation"], route_class=IdempotentRoute)

TEXT_CHARACTERS = 100_000
MOST = 10_000  # posts of a rehearsal; the command line reads more
FLAGS_SHOWN = 500
Text = Annotated[str, StringConstraints(max_length=TEXT_CHARACTERS, pattern=ANY_TEXT)]


class CheckBody(Body):
    """A text that is not posted yet."""

    text: Text = Field(examples=["You clearly did not read the lesson."])
    parent: Text | None = Field(None, description="What it answers.")


class SpanView(View):
    """Which characters carry it."""

    start: int
    end: int


class FlagView(View):
    """What was seen in the text."""

    category: str
    probability: float = Field(description="0..1.")
    quoted: bool = Field(description="It stands in words that are quoted; a post is not flagged for those.")
    spans: list[SpanView]
    guideline: int | None = Field(description="The number of the guideline that speaks of it.")
    step: str = Field(description="The mildest step that would help.")
    message: str = Field(description="What could be said to the author.")


class CheckView(View):
    """For members the advice alone: numbers would let a bully tune a text."""

    advice: list[str] = Field(description="Friendly hints; empty where there is nothing to say.")
    probabilities: dict[str, float] | None = Field(None, description="For staff: 0..1 by category.")
    flags: list[FlagView] | None = Field(None, description="For staff.")


class RehearsalBody(Body):
    """How much of the past to read."""

    limit: Whole = Field(1_000, ge=1, le=MOST, description="How many of the newest posts; the command line reads more.")


class WouldFlagView(View):
    """A post that would have been flagged."""

    space_id: str
    source_id: str
    category: str
    probability: float
    quote: str = Field(description="The first marked words; empty where the post changed since.")
    newcomer: bool = Field(description="The author had joined less than a month before.")
    decided: str = Field(
        description="`agreed` or `disagreed`, where people decided on a flag of this post; else empty."
    )


class ByCategoryView(View):
    """The flags of one category, and how people decided those that they have seen."""

    category: str
    flags: int
    by_newcomers: int
    agreed: int
    disagreed: int


class CostView(View):
    """Measured for the embedded reader, estimated for a second one, which would read what is flagged."""

    seconds: float
    cpu_s: float = Field(description="Processor seconds of the process while it read.")
    second_reader_calls: int
    input_tokens: int
    output_tokens: int = Field(description="At most.")
    money: float | None = Field(description="By `COHOST_MODEL_INPUT_PRICE` and `_OUTPUT_PRICE`; null without them.")


class RehearsedView(View):
    """What would have happened with the settings of now."""

    posts: int
    newcomer_posts: int = Field(description="Those of members who had joined less than a month before.")
    flags: list[WouldFlagView] = Field(description=f"Most probable first, at most {FLAGS_SHOWN}.")
    flags_total: int
    by_category: list[ByCategoryView]
    by_newcomers: int
    agreed: int
    disagreed: int
    by_budget: dict[str, int] = Field(description="How many would be flagged with each `flag_budget`.")
    cost: CostView


class RehearsalView(View):
    """How far it is, and what came of it."""

    id: str
    status: Literal["waiting", "running", "done", "failed"]
    done: int = Field(description="Posts that were read.")
    total: int
    created_at: datetime
    finished_at: datetime | None
    result: RehearsedView | None = Field(description="Once it is done.")


class VersionView(View):
    """What was learned from the community's own posts and decisions."""

    version: int = Field(description="What `moderation_version` may name.")
    at: datetime | None
    bars: dict[str, float] = Field(description="Log-odds added to every threshold, by `flag_budget`.")
    posts: int = Field(description="Ordinary posts that the bars rest on.")
    decisions: int = Field(description="Decisions at that time; from 50 on they count.")
    in_use: bool


class AgreementView(View):
    """How people decided the flags of one category so far."""

    category: str
    agreed: int
    decided: int


class RecordView(View):
    """How moderation did here."""

    agreement: list[AgreementView]
    versions: list[VersionView] = Field(description="Newest first.")
    shadow: int = Field(description="Posts that would have been flagged in shadow mode, in the last 90 days.")
    held_back: int = Field(description="Posts beyond the most flags of a day, in the last 90 days.")


@router.get("/v1/moderation/record", summary="Read how moderation did", responses=responses(401, 403, 422))
def record(core: Core, caller: Staff) -> RecordView:
    """Agreement by category, what was learned, and what was not put to the queue."""
    return RecordView.model_validate(core.tuner.record(caller.community_id))


@router.post("/v1/moderation/check", summary="Check a text", responses=responses(400, 401, 403, 413, 415, 422))
def check(core: Core, caller: Person, body: CheckBody) -> CheckView:
    """Before it is posted; stores nothing."""
    post = ModerationText(body.text, body.parent or "")
    (found,) = core.moderation.read([post])
    advice = [CATEGORIES[finding.category].advice for finding in found if not finding.quoted]
    if not caller.is_staff:
        return CheckView(advice=advice, probabilities=None, flags=None)
    with core.store.read() as tx:
        guidelines = people.community(tx, caller.community_id).guidelines
    flags = [
        _flag(finding, core.moderation.guideline(CATEGORIES[finding.category].meaning, guidelines)) for finding in found
    ]
    return CheckView(advice=advice, probabilities=core.moderation.probabilities(post), flags=flags)


@asking.post(
    "/v1/moderation/rehearsals",
    summary="Rehearse on past posts",
    status_code=202,
    responses=responses(400, 401, 403, 409, 413, 415, 422),
)
def rehearsals(
    core: Core, caller: Staff, body: RehearsalBody, response: Response, idempotency_key: IdempotencyKey = None
) -> RehearsalView:
    """What would have been flagged in the newest posts; flags nothing and tells nobody. Follow it at `Location`.

    The newest rehearsal of a community is kept, as numbers about posts.
    """
    asked = core.rehearsals.ask(caller.community_id, body.limit, actor(caller))
    response.headers["Location"] = f"/v1/moderation/rehearsals/{asked.id}"
    return _rehearsal(asked, None)


@router.get("/v1/moderation/rehearsals/{id}", summary="Follow a rehearsal", responses=responses(401, 403, 404, 422))
def get_rehearsal(core: Core, caller: Staff, id: ObjectPath) -> RehearsalView:
    """Progress, and the result once it is done."""
    return _rehearsal(*core.rehearsals.get(caller.community_id, id))


def _rehearsal(current: Rehearsal, came: Rehearsed | None) -> RehearsalView:
    result = None
    if came is not None:
        shown = {**came.__dict__, "flags": came.flags[:FLAGS_SHOWN], "flags_total": len(came.flags)}
        result = RehearsedView.model_validate(shown)
    return RehearsalView(
        id=current.id, status=current.status, done=current.found.posts, total=current.total,
        created_at=current.created_at, finished_at=current.finished_at, result=result,
    )  # fmt: skip


def _flag(finding: Finding, guideline: int | None) -> FlagView:
    words = CATEGORIES[finding.category]
    spans = [SpanView(start=start, end=end) for start, end in finding.spans]
    return FlagView(
        category=finding.category, probability=finding.probability, quoted=finding.quoted, spans=spans,
        guideline=guideline, step=words.step, message=words.note,
    )  # fmt: skip
