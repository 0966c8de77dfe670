"""Guidelines to pick from, by answers to plain questions."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, Response
from pydantic import ValidationError

from api.console.errors import status_of
from api.console.forms import Posted
from api.console.page import HostOnly, Visit, see
from api.routes.community import CommunityBody, put_community
from cohost.errors import InvalidInput
from cohost.purpose.guidelines import Proposal, proposals, questions

router = APIRouter()
LONGEST = 1_000  # characters of a guideline


@router.get("/purpose/guidelines")
def ask(visit: HostOnly) -> HTMLResponse:
    """The questions."""
    return _page(visit)


@router.post("/purpose/guidelines/proposals")
def propose(visit: HostOnly, form: Posted) -> HTMLResponse:
    """What is proposed for the answers; nothing is stored."""
    answers = {one.id: form.text(one.id, most=50) for one in questions()}
    try:
        given = {asked: answer for asked, answer in answers.items() if answer}
        made = proposals(given, visit.community.guidelines, visit.core.embedder)
    except InvalidInput as error:
        return _page(visit, answers=answers, trouble=error.message, status=status_of(error))
    return _page(visit, answers=answers, made=made)


@router.post("/purpose/guidelines")
def pick(visit: HostOnly, form: Posted) -> Response:
    """Add those that were ticked, as they were edited, below the guidelines there are."""
    try:
        ids = [one for one in form.several("picked") if one.replace("-", "").isalnum()]
        texts = [form.text(f"text-{one}", most=LONGEST, label="A guideline") for one in ids]
        known = visit.community.guidelines
        new = [text for text in dict.fromkeys(texts) if text and text not in known]
        if not new:
            raise InvalidInput("Tick at least one guideline that is not among yours yet.", field="picked")
        put_community(visit.core, visit.caller, CommunityBody(guidelines=[*known, *new]))
    except ValidationError:
        return _page(visit, trouble="There is room for a hundred guidelines.", status=422)
    except InvalidInput as error:
        return _page(visit, trouble=error.message, status=status_of(error))
    return see("/community?done=saved")


def _page(
    visit: Visit, *, answers: dict[str, str] | None = None, made: list[Proposal] | None = None, trouble: str = "",
    status: int = 200,
) -> HTMLResponse:  # fmt: skip
    shown: dict[str, Any] = {"questions": questions(), "answers": answers or {}, "made": made or []}
    return visit.page("guidelines.html", status=status, trouble=trouble, **shown)
