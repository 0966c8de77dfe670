"""A text before it is posted, and a rehearsal on past posts."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter
from pydantic import Field, StringConstraints

from api.auth import Person, Staff
from api.core import Core
from api.schemas import ANY_TEXT, Body, View, Whole, responses
from cohost.jobs.moderate_words import CATEGORIES
from cohost.ports import Finding, ModerationText
from cohost.rehearsal import rehearse
from cohost.store import people

router = APIRouter(tags=["moderation"])

TEXT_CHARACTERS = 100_000
AT_ONCE = 500  # posts of a rehearsal over HTTP: what is read while somebody waits; the command line reads all
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

    limit: Whole = Field(200, ge=1, le=AT_ONCE, description="The newest posts; the command line reads more.")


class WouldFlagView(View):
    """A post that would have been flagged."""

    space_id: str
    source_id: str
    category: str
    probability: float
    quote: str
    newcomer: bool = Field(description="The author had joined less than a month before.")
    decided: str = Field(
        description="`agreed` or `disagreed`, where people decided on a flag of this post; else empty."
    )


class RehearsalView(View):
    """What would have happened."""

    posts: int
    flags: list[WouldFlagView] = Field(description="Most probable first.")
    by_category: dict[str, int]
    by_newcomers: int
    agreed: int
    disagreed: int
    by_budget: dict[str, int] = Field(description="How many would be flagged with each `flag_budget`.")


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


@router.post(
    "/v1/moderation/rehearsals",
    summary="Rehearse on past posts",
    responses=responses(400, 401, 403, 413, 415, 422),
)
def rehearsals(core: Core, caller: Staff, body: RehearsalBody) -> RehearsalView:
    """What would have been flagged in the newest posts; stores nothing, tells nobody."""
    with core.store.read() as tx:
        community = people.community(tx, caller.community_id)
    done = rehearse(core.store, core.moderation, community, limit=body.limit)
    return RehearsalView.model_validate(done)


def _flag(finding: Finding, guideline: int | None) -> FlagView:
    words = CATEGORIES[finding.category]
    spans = [SpanView(start=start, end=end) for start, end in finding.spans]
    return FlagView(
        category=finding.category, probability=finding.probability, quoted=finding.quoted, spans=spans,
        guideline=guideline, step=words.step, message=words.note,
    )  # fmt: skip
