"""The Big Purpose: built from a few answers, kept in versions, and the themes of weeks and months."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, Response

from api.console.errors import status_of
from api.console.forms import Form, Posted
from api.console.page import HostOnly, Visit, see
from api.routes.community import BigPurposeBody, CommunityBody, put_community
from cohost.errors import CohostError, Conflict, InvalidInput, NotFound, StaleVersion
from cohost.purpose.drafts import Answers, Drafts, Voice

router = APIRouter()
ANSWER, LINES, SENTENCE, LINE = 300, 20_000, 2_000, 1_000  # characters
MOST_LINES, MOST_PARTS = 5, 100
NEWEST = 2**31 - 1  # a higher version cannot be
TOLD = ("who", "together", "brings", "goals", "voice")
DONE = {"saved": "Saved.", "restored": "The words of that version hold again.", "themes": "The calendar follows."}
REFUSALS = (Conflict, InvalidInput, NotFound, StaleVersion)


@router.get("/purpose")
def show(visit: HostOnly, done: str = "") -> HTMLResponse:
    """What holds now, the builder, and the versions."""
    return _page(visit, done=DONE.get(done, ""))


@router.post("/purpose/drafts")
def build(visit: HostOnly, form: Posted) -> HTMLResponse:
    """Sentences to choose from; nothing is stored."""
    told = {name: form.typed(name) for name in TOLD}
    try:
        made = visit.core.purposes.draft(visit.community.id, _answers(form), with_model=form.ticked("with_model"))
    except InvalidInput as error:
        return _page(visit, told=told, trouble=error)
    return _page(visit, told=told, drafts=made)


@router.post("/purpose")
def choose(visit: HostOnly, form: Posted) -> Response:
    """Save the sentence that was chosen or written, and the parts; it becomes the next version."""
    try:
        sentence = form.text("own", most=SENTENCE) or form.text("sentence", most=SENTENCE)
        if not sentence:
            raise InvalidInput("Choose a sentence, or write your own.", field="sentence")
        parts = BigPurposeBody(
            version=min(form.number("version"), NEWEST), sentence=sentence, for_whom=form.text("for_whom", most=SENTENCE),
            goals=_lines(form, "goals"), activities=_lines(form, "activities"), outcome=form.text("outcome", most=SENTENCE),
        )  # fmt: skip
        put_community(visit.core, visit.caller, CommunityBody.model_validate({"big_purpose": parts}))
    except REFUSALS as error:
        return _page(visit, trouble=error)
    return see("/purpose?done=saved")


@router.post("/purpose/restore")
def restore(visit: HostOnly, form: Posted) -> Response:
    """Take an earlier version again."""
    try:
        number, seen = min(form.number("version"), NEWEST), form.number("seen")
        visit.core.purposes.restore(visit.community.id, number, seen=seen, actor=visit.actor)
    except REFUSALS as error:
        return _page(visit, trouble=error)
    return see("/purpose?done=restored")


@router.post("/purpose/themes")
def set_theme(visit: HostOnly, form: Posted) -> Response:
    """Say what a month or a week is about."""
    try:
        period, title = form.text("period", most=20, required=True), form.text("title", most=200, required=True)
        visit.core.themes.put(visit.community.id, period, title, visit.actor)
    except REFUSALS as error:
        return _page(visit, trouble=error)
    return see("/purpose?done=themes")


@router.post("/purpose/themes/remove")
def remove_theme(visit: HostOnly, form: Posted) -> Response:
    """Leave the period to its month, or to the lessons."""
    try:
        visit.core.themes.remove(visit.community.id, form.text("period", most=20, required=True), visit.actor)
    except REFUSALS as error:
        return _page(visit, trouble=error)
    return see("/purpose?done=themes")


def _answers(form: Form) -> Answers:
    several = {name: tuple(_lines(form, name)) for name in ("together", "brings", "goals")}
    for name, lines in several.items():
        if len(lines) > MOST_LINES or any(len(line) > ANSWER for line in lines):
            raise InvalidInput(f"Write at most {MOST_LINES} lines of {ANSWER} characters each.", field=name)
    voice: Voice = "I" if form.typed("voice") == "I" else "We"
    return Answers(form.text("who", most=ANSWER), **several, voice=voice)


def _lines(form: Form, name: str) -> list[str]:
    """Within what the API takes."""
    lines = [line.strip() for line in form.text(name, most=LINES).splitlines() if line.strip()]
    if len(lines) > MOST_PARTS or any(len(line) > LINE for line in lines):
        raise InvalidInput(f"Write at most {MOST_PARTS} lines of {LINE:,} characters each.", field=name)
    return lines


def _page(
    visit: Visit, *, told: dict[str, str] | None = None, drafts: Drafts | None = None, trouble: CohostError | None = None,
    done: str = "",
) -> HTMLResponse:  # fmt: skip
    shown: dict[str, Any] = {
        "now_holds": visit.community.big_purpose, "versions": visit.core.purposes.versions(visit.community.id),
        "themes": visit.core.themes.listed(visit.community.id), "told": told or dict.fromkeys(TOLD, ""),
    }  # fmt: skip
    status = status_of(trouble) if trouble else 200
    said = trouble.message if trouble else ""
    return visit.page("purpose.html", status=status, drafts=drafts, trouble=said, done=done, **shown)
