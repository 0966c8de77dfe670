"""Guidelines to pick from: plain questions, and what is proposed for the answers."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter
from pydantic import Field

from api.auth import Host
from api.core import Core
from api.schemas import Body, Id, View, responses
from cohost.purpose import guidelines
from cohost.store import people

router = APIRouter(tags=["purpose"])


class GuidelineChoiceView(View):
    """One answer."""

    id: str
    label: str


class GuidelineQuestionView(View):
    """What a host is asked."""

    id: str
    question: str
    answers: list[GuidelineChoiceView]


class GuidelineQuestionsView(View):
    """In the order in which they are asked."""

    items: list[GuidelineQuestionView]


class GuidelineAnswersBody(Body):
    """Answers by question; leave out what does not matter."""

    answers: Annotated[dict[Id, Id], Field(max_length=50)] = Field({}, examples=[{"self-promotion": "in-its-place"}])


class ProposalView(View):
    """A guideline to pick and edit."""

    id: str = Field(description="The question's, or of one that fits every community.")
    text: str
    reason: str = Field(description="For you, not for members.")
    like: int | None = Field(
        description="Number of a guideline you have that says much the same; null where none does."
    )


class ProposalsView(View):
    """Nothing is stored: save those you pick by `PUT /v1/community`."""

    items: list[ProposalView]


@router.get("/v1/guidelines/questions", summary="List questions about guidelines", responses=responses(401, 403, 422))
def guideline_questions(core: Core, caller: Host) -> GuidelineQuestionsView:
    """Such as whether self-promotion is welcome, each with a few answers."""
    return GuidelineQuestionsView.model_validate({"items": guidelines.questions()})


@router.post(
    "/v1/guidelines/proposals", summary="Propose guidelines", responses=responses(400, 401, 403, 413, 415, 422)
)  # fmt: skip
def propose_guidelines(core: Core, caller: Host, body: GuidelineAnswersBody) -> ProposalsView:
    """Guidelines in plain words, each with a reason, for the answers given. Stores nothing."""
    with core.store.read() as tx:
        known = people.community(tx, caller.community_id).guidelines
    return ProposalsView.model_validate({"items": guidelines.proposals(body.answers, known, core.embedder)})
