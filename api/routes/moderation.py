"""A text before it is posted, and a rehearsal on past posts."""

from __future__ import annotations

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
        off = people.community(tx, caller.community_id).settings.categories_off
    done = rehearse(core.store, core.moderation, caller.community_id, limit=body.limit, off=off)
    return RehearsalView.model_validate(done)


def _flag(finding: Finding, guideline: int | None) -> FlagView:
    words = CATEGORIES[finding.category]
    spans = [SpanView(start=start, end=end) for start, end in finding.spans]
    return FlagView(
        category=finding.category, probability=finding.probability, quoted=finding.quoted, spans=spans,
        guideline=guideline, step=words.step, message=words.note,
    )  # fmt: skip
