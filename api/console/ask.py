"""Asking a question, and what came of it."""

from __future__ import annotations

from datetime import timedelta
from typing import get_args
from urllib.parse import quote as quoted

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, Response

from api.console.errors import status_of
from api.console.forms import Posted
from api.console.page import AnyMember, Visit, see
from api.rates import rates_of
from cohost import audience
from cohost.errors import InvalidInput, TooManyRequests
from cohost.model import Space
from cohost.store.feedback import Opinion

router = APIRouter()
QUESTION_CHARACTERS = 10_000
SPACE_CHARACTERS = 500
NOTE_CHARACTERS = 1_000
OPINIONS: tuple[Opinion, ...] = get_args(Opinion)
SOON = timedelta(minutes=10)  # a page that was just opened looks every five seconds, one left open overnight does not
SOON_S, LATER_S = 5, 60


@router.get("/ask")
def show(visit: AnyMember, space: str = "") -> HTMLResponse:
    """The form, and what the member asked before."""
    return _form(visit, chosen=space)


@router.post("/ask")
def ask(visit: AnyMember, form: Posted) -> Response:
    """Ask; the answer comes after a host has approved it."""
    space_id = form.text("space", most=SPACE_CHARACTERS)
    try:
        text = form.text("question", most=QUESTION_CHARACTERS, label="Your question", required=True)
        rates_of(visit.request).question(visit.caller)
        question = visit.core.questions.ask(visit.caller, text, space_id=space_id or None)
    except (InvalidInput, TooManyRequests) as error:  # what was typed is shown again
        status = status_of(error)
        return _form(visit, chosen=space_id, text=form.typed("question"), error=error.message, status=status)
    return see(f"/ask/{question.id}")


@router.get("/ask/{question_id}")
def question(visit: AnyMember, question_id: str, thanks: str = "") -> HTMLResponse:
    """The question, passages while it waits, later the approved answer."""
    view = visit.core.questions.get(visit.caller, question_id)
    space = visit.sight.spaces.get(view.space_id or "")
    waited = visit.core.clock() - view.created_at
    return visit.page(
        "question.html", question=view, space=space, asked_by=visit.name(view.asked_by),
        refresh_s=SOON_S if waited < SOON else LATER_S, mine=visit.core.questions.opinion_of(visit.caller, view),
        thanks=bool(thanks),
    )  # fmt: skip


@router.post("/ask/{question_id}/feedback")
def judge(visit: AnyMember, question_id: str, form: Posted) -> Response:
    """Say what one thinks of an answer; back to where it was read."""
    sent, back = form.text("opinion", most=20), form.text("back", most=SPACE_CHARACTERS)
    opinion = next((known for known in OPINIONS if known == sent), None)
    if opinion is None:
        raise InvalidInput("Choose one of the buttons: helpful, not helpful or wrong.", field="opinion")
    visit.core.questions.judge(visit.caller, question_id, opinion, form.text("note", most=NOTE_CHARACTERS))
    return see(f"/board/{quoted(back, safe='')}#questions" if back else f"/ask/{quoted(question_id)}?thanks=yes")


def spaces_of(visit: Visit) -> list[Space]:
    """The spaces this person may read, by name."""
    readable = audience.readable_spaces(visit.sight, visit.caller)
    return sorted((visit.sight.spaces[s] for s in readable), key=lambda space: space.name.lower())


def _form(visit: Visit, *, chosen: str = "", text: str = "", error: str = "", status: int = 200) -> HTMLResponse:
    mine = visit.core.questions.mine(visit.caller)
    return visit.page(
        "ask.html", status=status, spaces=spaces_of(visit), chosen=chosen, text=text, error=error, mine=mine
    )
