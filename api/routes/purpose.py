"""The Big Purpose: drafts to choose from, its versions, and an earlier one taken again."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Path
from pydantic import Field, StringConstraints

from api.auth import Host, actor
from api.core import Core
from api.idempotency import IdempotencyKey, IdempotentRoute
from api.routes.community import BigPurposeView
from api.schemas import WORDS, Body, View, Whole, responses
from cohost.purpose.drafts import Answers
from cohost.store.purposes import PurposeVersion

router = APIRouter(tags=["purpose"])
making = APIRouter(tags=["purpose"], route_class=IdempotentRoute)

Answer = Annotated[str, StringConstraints(min_length=1, max_length=300, pattern=WORDS)]
FewAnswers = Annotated[list[Answer], Field(min_length=1, max_length=5)]
VersionPath = Annotated[int, Path(ge=1, le=2**31 - 1, description="A version of the Big Purpose.")]


class AnswersBody(Body):
    """A few answers, each a phrase or one short sentence in English."""

    who: Answer = Field(description="Who you bring together.", examples=["people who bake at home"])
    together: FewAnswers = Field(description="What they do together.", examples=[["bake one lesson a week"]])
    brings: FewAnswers = Field(description="What it brings.", examples=[["everyone bakes a loaf to give away"]])
    goals: Annotated[list[Answer], Field(max_length=5)] = Field([], description="What they want to reach.")
    voice: Literal["We", "I"] = "We"
    with_model: bool = Field(False, description="Also ask the language model, where one is set up.")


class PurposeDraftView(View):
    """One sentence to choose."""

    sentence: str
    stresses: str = Field(description="What sets it apart from the others.")
    made_by: str = Field(description="`pattern`, or the language model's name.")


class PurposePartsView(View):
    """The answers as parts of the Big Purpose; a host saves them with the sentence by `PUT /v1/community`."""

    for_whom: str
    goals: list[str]
    activities: list[str]
    outcome: str


class PurposeDraftsView(View):
    """Three or more sentences; nothing is stored."""

    drafts: list[PurposeDraftView]
    purpose: PurposePartsView
    doubts: list[str] = Field(description="What was not plain in the answers; look at it before you choose.")
    fallback: str = Field(description="Why a language model that was asked for wrote none; empty otherwise.")


class PurposeVersionView(BigPurposeView):
    """A Big Purpose as it was from a time on."""

    made_by: str | None = Field(description="A member's id, `platform` or `operator`; null where it was not kept.")
    made_at: datetime | None
    restored_from: int | None = Field(description="The version whose words it took again.")


class PurposeVersionsView(View):
    """Newest first."""

    items: list[PurposeVersionView]


class RestorationBody(Body):
    """What holds now."""

    seen: Whole = Field(
        ge=0, le=2**31 - 1, description="The version that you saw as the current one; another is a 409."
    )


@router.post(
    "/v1/big-purpose/drafts", summary="Draft a Big Purpose", responses=responses(400, 401, 403, 413, 415, 422)
)  # fmt: skip
def draft_purpose(core: Core, caller: Host, body: AnswersBody) -> PurposeDraftsView:
    """Sentences of the form "We bring together … in order to … so that …", by hand-written patterns. Stores nothing."""
    told = Answers(body.who, tuple(body.together), tuple(body.brings), tuple(body.goals), body.voice)
    made = core.purposes.draft(caller.community_id, told, with_model=body.with_model)
    return PurposeDraftsView.model_validate(made)


@router.get("/v1/big-purpose/versions", summary="List versions of the Big Purpose", responses=responses(401, 403, 422))
def purpose_versions(core: Core, caller: Host) -> PurposeVersionsView:
    """Every version, newest first, with who made it and when."""
    return PurposeVersionsView(items=[_view(one) for one in core.purposes.versions(caller.community_id)])


@router.get(
    "/v1/big-purpose/versions/{version}", summary="Read a version of the Big Purpose", responses=responses(401, 403, 404, 422)
)  # fmt: skip
def purpose_version(core: Core, caller: Host, version: VersionPath) -> PurposeVersionView:
    """One version, word for word."""
    return _view(core.purposes.version(caller.community_id, version))


@making.post(
    "/v1/big-purpose/versions/{version}/restoration", summary="Restore a version of the Big Purpose",
    responses=responses(400, 401, 403, 404, 409, 413, 415, 422),
)  # fmt: skip
def restore_purpose(
    core: Core, caller: Host, version: VersionPath, body: RestorationBody, idempotency_key: IdempotencyKey = None
) -> BigPurposeView:
    """Its words become the next version; the ones between stay readable."""
    restored = core.purposes.restore(caller.community_id, version, seen=body.seen, actor=actor(caller))
    return BigPurposeView.model_validate(restored)


def _view(made: PurposeVersion) -> PurposeVersionView:
    told = {name: getattr(made, name) for name in ("made_by", "made_at", "restored_from")}
    return PurposeVersionView(**BigPurposeView.model_validate(made.purpose).model_dump(), **told)
